//! The energy of an atom on the tape, and all that follows from it: the norm, slow and readable.
//!
//! One tape an atom. Its variables are the vectors to the neighbours, species by species; the
//! derivatives g_j = ∂E_i/∂d_j give
//!
//! ```text
//! F_i += Σ_j g_j,   F_j −= g_j,   Ξ_ab −= Σ_j (g_j)_a (d_j)_b
//! ```

use ground::array::{Array, item};
use ground::tape::{Tape, Var, grad, join};

use super::{DeepPotential, Potential};
use crate::model::Snapshot;
use crate::neighbours::{Grid, Near, Surroundings};
use crate::potential::Evaluation;

/// E `[1, 1]` and D `[M, M_<]` of an atom, from the vectors `[n, 3]` to its neighbours of each species.
///
/// θ is one variable `[1, parameters]` a block.
pub fn energy<'t>(
    form: &DeepPotential,
    theta: &[Var<'t>],
    centre: usize,
    around: &[Var<'t>],
) -> [Var<'t>; 2] {
    let tape = around[0].tape();
    let (m, statistics) = (form.features(), form.statistics[centre]);
    let mut a = tape.variable(Array::zeros((4, m)));
    for (species, &d) in around.iter().enumerate() {
        let block = theta[form.embedding_block(form.embedding_of(species, centre))];
        let [n, _] = d.shape();
        if n > 0 && !form.excludes(centre, species) {
            let r = d.square().row_sum().sqrt(); // [n, 1]
            let s = form.switch.on_tape(r) / r;
            let radial = (s - statistics.mean) / statistics.radial;
            let angular = s * d / r / statistics.angular;
            let scaled = join(&[radial, angular]); // [n, 4]
            a = a + scaled.transpose().matmul(form.embedding.value(block, radial));
        }
        if form.pads(species, centre) {
            let z = tape.number(-statistics.mean / statistics.radial);
            let empty = form.selection[species] as f64 - n as f64;
            let row = form.embedding.value(block, z) * z * empty; // [1, M]
            a = a + row.transpose().padded(0, 4).transpose();
        }
    }
    let a = a / form.slots() as f64;
    let descriptor = a.transpose().matmul(a.columns(0, form.axis)); // [M, M_<]
    let block = theta[form.fitting_block(centre)];
    let line = descriptor.reshape([1, m * form.axis]);
    let mut energy = form.fitting.value(block, line) + form.bias[centre];
    if form.from_vacuum[centre] {
        energy = energy - form.fitting.value(block, line * 0.0);
    }
    [energy, descriptor]
}

/// Everything of a snapshot whose types are species of the form.
pub fn evaluate(potential: &Potential, snapshot: &Snapshot) -> Evaluation {
    let form = &potential.form;
    let grid = Grid::new(snapshot, form.switch.to);
    let mut found = Evaluation::zeros(snapshot.len(), Some(form.features() * form.axis));
    let mut near = Vec::new();
    for place in 0..grid.len() {
        grid.around(place, &mut near);
        let atom = grid.atom(place);
        add(potential, snapshot, (&grid, atom), &near, &mut found);
    }
    found.energy = found.atomic_energies.iter().sum();
    found
}

/// Adds what one atom contributes.
fn add(
    potential: &Potential,
    snapshot: &Snapshot,
    (grid, atom): (&Grid, usize),
    near: &[Near],
    found: &mut Evaluation,
) {
    let form = &potential.form;
    let species = |n: &Near| snapshot.types[grid.atom(n.place as usize)] as usize;
    let groups: Vec<Vec<&Near>> = (0..form.species.len())
        .map(|s| near.iter().filter(|n| species(n) == s).collect())
        .collect();
    let tape = Tape::new();
    let vectors = |group: &Vec<&Near>| {
        tape.variable(Array::from_shape_fn((group.len(), 3), |(j, k)| group[j].d[k]))
    };
    let around: Vec<Var<'_>> = groups.iter().map(vectors).collect();
    let theta: Vec<Var<'_>> = (0..potential.theta.layout().blocks.len())
        .map(|block| {
            let numbers = potential.theta.get(block);
            tape.variable(ground::array::rows(1, numbers.len(), &numbers))
        })
        .collect();
    let [energy, descriptor] = energy(form, &theta, snapshot.types[atom] as usize, &around);
    found.atomic_energies[atom] = item(&energy.value());
    if let Some(all) = &mut found.descriptors {
        all[atom] = descriptor.value().iter().copied().collect();
    }
    for (group, slopes) in groups.iter().zip(grad(energy, &around)) {
        let slopes = slopes.value();
        for (j, near) in group.iter().enumerate() {
            let other = grid.atom(near.place as usize);
            for a in 0..3 {
                let g = slopes[[j, a]];
                found.forces[atom][a] += g;
                found.forces[other][a] -= g;
                for b in 0..3 {
                    found.virial[a][b] -= g * near.d[b];
                }
            }
        }
    }
}
