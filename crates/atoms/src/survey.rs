//! What a set of snapshots holds, in numbers.
//!
//! ```text
//! compositions   frames of each          labels     frames that have each
//! e = E/N        eV, least and largest   F_rms      eV/Å, over all components
//! r_min          Å, the smallest distance, images included; up to 16 Å
//! density        g/cm³, where there is a cell and every species is an element
//! ```

use std::collections::BTreeMap;

use crate::cell::{Cell, norm};
use crate::elements::{GRAMS_PER_CM3, mass};
use crate::format::formula;
use crate::model::{Frames, Snapshot};
use crate::neighbours::{self, Grid, Surroundings};

/// Distances that are tried, Å: the smallest one that holds a pair decides.
const REACHES: [f64; 5] = [1.0, 2.0, 4.0, 8.0, 16.0];

/// The least and the largest of some numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// The least.
    pub least: f64,
    /// The largest.
    pub most: f64,
}

impl Span {
    /// Of some numbers; none of none.
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let with = |span: Option<Self>, v: f64| {
            let span = span.unwrap_or(Self { least: v, most: v });
            Some(Self { least: span.least.min(v), most: span.most.max(v) })
        };
        numbers.into_iter().fold(None, with)
    }
}

/// Two atoms that are near.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Their distance, Å.
    pub distance: f64,
    /// The frame, counted from 0.
    pub frame: usize,
    /// The atoms, counted from 0; the same twice for an atom and its own image.
    pub atoms: [usize; 2],
}

/// What a set of snapshots holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survey {
    /// How many frames.
    pub frames: usize,
    /// How many atoms a frame has.
    pub atoms: Option<Span>,
    /// Species with atoms of all frames.
    pub species: Vec<(String, usize)>,
    /// Compositions with their frames, in the order of the first.
    pub compositions: Vec<(String, usize)>,
    /// Frames with an energy, forces, a virial, atomic energies.
    pub labels: [(&'static str, usize); 4],
    /// Frames with a cell.
    pub cells: usize,
    /// Frames whose electrons had not converged.
    pub unconverged: usize,
    /// E/N, eV.
    pub energy_per_atom: Option<Span>,
    /// Root of the mean square of all components of forces, eV/Å.
    pub force_rms: Option<f64>,
    /// The largest component of a force, eV/Å.
    pub force_most: Option<f64>,
    /// The volume a frame has, Å³.
    pub volume: Option<Span>,
    /// g/cm³.
    pub density: Option<Span>,
    /// tr Ξ/(3V), eV/Å³.
    pub pressure: Option<Span>,
    /// The nearest two atoms.
    pub closest: Option<Pair>,
}

/// Looks at every frame.
pub fn survey(frames: &Frames) -> Survey {
    let all = &frames.snapshots;
    let count = |has: &dyn Fn(&Snapshot) -> bool| all.iter().filter(|s| has(s)).count();
    let per_atom = |s: &Snapshot| Some(s.labels.energy? / s.len() as f64);
    let forces = || all.iter().filter_map(|s| s.labels.forces.as_ref()).flatten().flatten();
    let n = forces().count();
    let rms = (forces().map(|f| f * f).sum::<f64>() / n.max(1) as f64).sqrt();
    let most = forces().fold(0.0_f64, |most, f| most.max(f.abs()));
    let mut compositions: Vec<(String, usize)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut atoms = vec![0; frames.species.len()];
    for snapshot in all {
        let name = formula(frames, snapshot);
        let at = *places.entry(name.clone()).or_insert_with(|| {
            compositions.push((name, 0));
            compositions.len() - 1
        });
        compositions[at].1 += 1;
        snapshot.types.iter().for_each(|&t| atoms[t as usize] += 1);
    }
    let closest = all.iter().enumerate().filter_map(|(k, s)| closest(s, k));
    Survey {
        frames: all.len(),
        atoms: Span::of(all.iter().map(|s| s.len() as f64)),
        species: frames.species.iter().cloned().zip(atoms).collect(),
        compositions,
        labels: [
            ("energy", count(&|s| s.labels.energy.is_some())),
            ("forces", count(&|s| s.labels.forces.is_some())),
            ("virial", count(&|s| s.labels.virial.is_some())),
            ("atomic energies", count(&|s| s.labels.atomic_energies.is_some())),
        ],
        cells: count(&|s| s.cell.is_some()),
        unconverged: count(&|s| s.labels.converged == Some(false)),
        energy_per_atom: Span::of(all.iter().filter_map(per_atom)),
        force_rms: (n > 0).then_some(rms),
        force_most: (n > 0).then_some(most),
        volume: Span::of(all.iter().filter_map(|s| Some(s.cell?.volume()))),
        density: Span::of(all.iter().filter_map(|s| density(s, &frames.species))),
        pressure: Span::of(all.iter().filter_map(pressure)),
        closest: closest.min_by(|a, b| a.distance.total_cmp(&b.distance)),
    }
}

/// The nearest two atoms of a frame; none where nobody is within 16 Å of anybody, or the cell is so
/// flat or full that nothing can be said of its images.
pub fn closest(snapshot: &Snapshot, frame: usize) -> Option<Pair> {
    // An atom and its own image are never farther apart than the shortest lattice vector.
    let rows = snapshot.cell.iter().flat_map(Cell::rows);
    let shortest = rows.map(norm).fold(f64::INFINITY, f64::min) * (1.0 + 1e-9);
    REACHES.iter().find_map(|&within| {
        let within = within.min(shortest);
        neighbours::check(snapshot, within).ok()?;
        let grid = Grid::new(snapshot, within);
        let mut near = Vec::new();
        let mut best: Option<Pair> = None;
        for place in 0..grid.len() {
            grid.around(place, &mut near);
            for other in &near {
                let distance = other.r2.sqrt();
                if best.is_none_or(|best| distance < best.distance) {
                    let mut atoms = [grid.atom(place), grid.atom(other.place as usize)];
                    atoms.sort_unstable();
                    best = Some(Pair { distance, frame, atoms });
                }
            }
        }
        best
    })
}

/// g/cm³.
fn density(snapshot: &Snapshot, species: &[String]) -> Option<f64> {
    let masses: Option<Vec<f64>> = species.iter().map(|name| mass(name)).collect();
    let masses = masses?;
    let total: f64 = snapshot.types.iter().map(|&t| masses[t as usize]).sum();
    Some(total / snapshot.cell?.volume() * GRAMS_PER_CM3)
}

/// The pressure of the potential energy, eV/Å³.
pub fn pressure(snapshot: &Snapshot) -> Option<f64> {
    let xi = snapshot.labels.virial?;
    Some((xi[0][0] + xi[1][1] + xi[2][2]) / (3.0 * snapshot.cell?.volume()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Cell;
    use crate::model::Labels;

    #[test]
    fn exact_of_a_simple_cubic_crystal() {
        let cell = Cell::new([[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 3.0]]).unwrap();
        let labels = Labels {
            energy: Some(-4.0),
            forces: Some(vec![[3.0, 0.0, -4.0]]),
            virial: Some([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
            ..Labels::default()
        };
        let snapshot = Snapshot {
            types: [0].into(),
            positions: vec![[9.0, 0.1, 0.0]],
            cell: Some(cell),
            labels,
        };
        let frames = Frames { species: vec!["Al".into()], snapshots: vec![snapshot] };
        let found = survey(&frames);
        assert_eq!(found.compositions, [("Al1".to_owned(), 1)]);
        let closest = found.closest.unwrap();
        assert!((closest.distance - 3.0).abs() < 1e-12 && closest.atoms == [0, 0]);
        assert!((found.force_rms.unwrap() - (25.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert!((found.density.unwrap().most - 26.981_538 / 27.0 * 1.660_539).abs() < 1e-5);
        assert!((found.pressure.unwrap().least - 1.0 / 27.0).abs() < 1e-15);
        assert_eq!(found.energy_per_atom, Some(Span { least: -4.0, most: -4.0 }));
    }
}
