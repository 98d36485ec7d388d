//! Force matching on the tape: the judge, slow and readable.
//!
//! One tape a batch. The vectors to all neighbours are variables; the derivatives of the energy by them
//! are on the tape too, so that the gradient of the loss is one of second order, found by nobody but the
//! tape.

use frame::problem::At;
use frame::{Batch, Integral, Integrand};
use ground::Result;
use ground::array::{self, Array};
use ground::stream::Stream;
use ground::tape::{Tape, Var, grad};

use super::ForceMatching;
use super::loss::Factors;
use crate::form::{DeepPotential, on_tape};
use crate::model::Snapshot;
use crate::neighbours::{self, Grid, Near, Surroundings};

impl Integral<DeepPotential> for ForceMatching {
    type Draws = Vec<Snapshot>;

    fn draws(&self, batch: Batch, stream: &Stream) -> Result<Self::Draws> {
        Ok(self.drawn(batch, &mut self.course(stream)).into_iter().cloned().collect())
    }

    fn integrand<'t>(&self, at: At<'_, 't, DeepPotential, Self::Draws>) -> Result<Integrand<'t>> {
        let factors = self.at(at.batch.step);
        let one = |snapshot: &Snapshot| {
            neighbours::check(snapshot, at.form.switch.to)?;
            Ok(loss(at.tape, (at.form, at.theta), snapshot, factors))
        };
        let all = at.draws.iter().map(one).collect::<Result<Vec<_>>>()?;
        let row = ground::tape::join(&all); // [1, n]
        Ok(row.transpose().into())
    }
}

/// l of a snapshot, `[1, 1]`.
fn loss<'t>(
    tape: &'t Tape,
    (form, theta): (&DeepPotential, &[Var<'t>]),
    snapshot: &Snapshot,
    factors: Factors,
) -> Var<'t> {
    let grid = Grid::new(snapshot, form.switch.to);
    let n = snapshot.len();
    let (mut near, mut energies, mut around) = (Vec::new(), Vec::new(), Vec::new());
    for place in 0..grid.len() {
        grid.around(place, &mut near);
        let atom = grid.atom(place);
        let groups = by_species(form, snapshot, &grid, &near);
        let vectors: Vec<Var<'t>> = groups
            .iter()
            .map(|group| {
                tape.variable(Array::from_shape_fn((group.len(), 3), |(j, k)| group[j].d[k]))
            })
            .collect();
        let [energy, _] = on_tape::energy(form, theta, snapshot.types[atom] as usize, &vectors);
        energies.push((atom, energy));
        for (group, d) in groups.iter().zip(vectors).filter(|(group, _)| !group.is_empty()) {
            around.push((scatter(n, atom, group, &grid), d));
        }
    }
    let total = energies.iter().map(|(_, e)| *e).reduce(|a, b| a + b);
    let total = total.unwrap_or_else(|| tape.number(0.0));
    let vectors: Vec<Var<'t>> = around.iter().map(|(_, d)| *d).collect();
    let mut forces = tape.variable(Array::zeros((n, 3)));
    let mut virial = tape.variable(Array::zeros((3, 3)));
    let slopes = if vectors.is_empty() { Vec::new() } else { grad(total, &vectors) };
    for ((scatter, d), g) in around.into_iter().zip(slopes) {
        forces = forces + tape.variable(scatter).matmul(g);
        virial = virial - g.transpose().matmul(d);
    }
    let labels = &snapshot.labels;
    let squares = |found: Var<'t>, right: Array| (found - tape.variable(right)).square();
    let mut sum = tape.number(0.0);
    let divisor = factors.divisor(n);
    if let Some(energy) = labels.energy {
        sum = sum + squares(total, array::number(energy)) * (factors.energy / divisor);
    }
    if let Some(right) = &labels.forces {
        let right = array::rows(n, 3, right.as_flattened());
        sum = sum + squares(forces, right).mean() * factors.force;
    }
    if let Some(right) = &labels.virial {
        let right = array::rows(3, 3, right.as_flattened());
        sum = sum + squares(virial, right).mean() * (factors.virial / divisor);
    }
    if let Some(right) = &labels.atomic_energies {
        for (atom, energy) in energies {
            let by = factors.atomic / n as f64;
            sum = sum + squares(energy, array::number(right[atom])) * by;
        }
    }
    sum
}

/// The neighbours of each species.
fn by_species(
    form: &DeepPotential,
    snapshot: &Snapshot,
    grid: &Grid,
    near: &[Near],
) -> Vec<Vec<Near>> {
    let species = |n: &Near| snapshot.types[grid.atom(n.place as usize)] as usize;
    (0..form.species.len())
        .map(|s| near.iter().filter(|n| species(n) == s).copied().collect())
        .collect()
}

/// What puts ∂E/∂d of these neighbours on the forces: on the centre, and with the other sign on them.
fn scatter(n: usize, centre: usize, group: &[Near], grid: &Grid) -> Array {
    let mut all = Array::zeros((n, group.len()));
    for (j, near) in group.iter().enumerate() {
        all[[centre, j]] += 1.0;
        all[[grid.atom(near.place as usize), j]] -= 1.0;
    }
    all
}
