//! What is taken from the data before training: scales, energies of atoms, room for neighbours.
//!
//! ```text
//! over all slots of all centres of a species, n of them, filled or not:
//!   s̄ = Σ R_0/n,   σ_r² = Σ R_0²/n − s̄²,   σ_a² = Σ ⅓|R_1..3|²/n − (Σ ⅓(R_1 + R_2 + R_3)/n)²
//! b = argmin |N b − E|²,  N the atoms of each species in every snapshot; the shortest where there are many
//! ```
//! The reference program takes them from batches that it draws; here they are those of all snapshots.

use std::collections::BTreeMap;

use ground::{Result, array, linalg, par};

use crate::form::{Statistics, Switch};
use crate::model::{Snapshot, in_frame};
use crate::neighbours::{self, AT_ONE_PLACE, Grid, Surroundings, at_one_place};

/// What the environments of a set of snapshots are like.
#[derive(Clone, Debug, PartialEq)]
pub struct Environments {
    /// The most neighbours of each species that any atom has.
    pub most: Vec<usize>,
    /// The distance of the nearest two atoms, Å; none where nobody has a neighbour.
    pub nearest: Option<f64>,
    /// Centres of each species, and their sums: R_0, ⅓(R_1 + R_2 + R_3), and those of squares.
    centres: Vec<usize>,
    sums: Vec<[f64; 4]>,
}

impl Environments {
    /// Of all snapshots, whose types are below `species`. Errors say which, counted from 0.
    pub fn of(snapshots: &[&Snapshot], species: usize, switch: Switch) -> Result<Self> {
        let none = Self {
            most: vec![0; species],
            nearest: None,
            centres: vec![0; species],
            sums: vec![[0.0; 4]; species],
        };
        let one = |k: usize| -> Result<Self> {
            let mut found = none.clone();
            found.add(snapshots[k], switch).map_err(|error| in_frame(error, k))?;
            Ok(found)
        };
        let mut all = none.clone();
        for found in par::map(snapshots.len(), one) {
            all.join(&found?);
        }
        Ok(all)
    }

    fn add(&mut self, snapshot: &Snapshot, switch: Switch) -> Result<()> {
        neighbours::check(snapshot, switch.to)?;
        let grid = Grid::new(snapshot, switch.to);
        let (mut near, mut counts) = (Vec::new(), vec![0; self.most.len()]);
        for place in 0..grid.len() {
            grid.around(place, &mut near);
            if let Some(other) = near.iter().find(|n| n.r2 < AT_ONE_PLACE) {
                return Err(at_one_place(&grid, place, other.place));
            }
            let centre = snapshot.types[grid.atom(place)] as usize;
            self.centres[centre] += 1;
            counts.fill(0);
            let mut own = [0.0; 4];
            for n in &near {
                counts[snapshot.types[grid.atom(n.place as usize)] as usize] += 1;
                let r = n.r2.sqrt();
                self.nearest = Some(self.nearest.map_or(r, |least| least.min(r)));
                let s = switch.at(r)[0] / r;
                let angular = n.d.iter().sum::<f64>() * s / r;
                // |R_1..3| is s as well.
                let each = [s, angular / 3.0, s * s, s * s / 3.0];
                (0..4).for_each(|k| own[k] += each[k]);
            }
            (0..4).for_each(|k| self.sums[centre][k] += own[k]);
            for (most, count) in self.most.iter_mut().zip(&counts) {
                *most = (*most).max(*count);
            }
        }
        Ok(())
    }

    fn join(&mut self, other: &Self) {
        for (most, new) in self.most.iter_mut().zip(&other.most) {
            *most = (*most).max(*new);
        }
        self.nearest = match (self.nearest, other.nearest) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        for t in 0..self.centres.len() {
            self.centres[t] += other.centres[t];
            (0..4).for_each(|k| self.sums[t][k] += other.sums[t][k]);
        }
    }

    /// Room for so many neighbours of each species: `by` times the most there are, a multiple of 4.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small, positive")]
    pub fn selection(&self, by: f64) -> Vec<usize> {
        let room = |&most: &usize| ((most as f64 * by).ceil() as usize).next_multiple_of(4).max(4);
        self.most.iter().map(room).collect()
    }

    /// The scales, for environments of so many slots; deviations below `floor` are taken for it. A
    /// species without atoms has 1/r_c.
    pub fn statistics(&self, slots: usize, floor: f64, cutoff: f64) -> Vec<Statistics> {
        let one = |(&centres, sums): (&usize, &[f64; 4])| {
            if centres == 0 {
                let radial = 1.0 / cutoff;
                return Statistics { mean: 0.0, radial, angular: radial };
            }
            let [radial, angular, radial2, angular2] = sums.map(|v| v / (centres * slots) as f64);
            let deviation = |square: f64, mean: f64| {
                let deviation = (square - mean * mean).max(0.0).sqrt();
                if deviation < floor { floor } else { deviation }
            };
            Statistics {
                mean: radial,
                radial: deviation(radial2, radial),
                angular: deviation(angular2, angular),
            }
        };
        self.centres.iter().zip(&self.sums).map(one).collect()
    }
}

/// Energies of an atom of each species that fit energies best, the shortest of all such.
///
/// Snapshots of one composition are one row, their mean energy, with their number as weight.
pub fn bias<'a>(
    labelled: impl Iterator<Item = (&'a [u32], f64)>,
    species: usize,
) -> Result<Vec<f64>> {
    let mut rows: BTreeMap<Vec<usize>, (f64, f64)> = BTreeMap::new();
    for (types, energy) in labelled {
        let mut counts = vec![0; species];
        for &t in types {
            counts[t as usize] += 1;
        }
        let (n, sum) = rows.entry(counts).or_default();
        *n += 1.0;
        *sum += energy;
    }
    if rows.is_empty() {
        return Ok(vec![0.0; species]);
    }
    let (mut counts, mut energies) = (Vec::new(), Vec::new());
    for (row, (n, sum)) in &rows {
        let weight = n.sqrt();
        counts.extend(row.iter().map(|&count| weight * count as f64));
        energies.push(sum / n * weight);
    }
    let b = linalg::least_squares(
        &array::rows(rows.len(), species, &counts),
        &array::rows(rows.len(), 1, &energies),
    )?;
    Ok(b.iter().copied().collect())
}
