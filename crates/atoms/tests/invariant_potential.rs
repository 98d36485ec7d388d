//! What holds for any potential: symmetries, F = −∂E/∂x, Ξ = −∂E/∂ε, no jump at the cutoff.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod drawn;

use atoms::Snapshot;
use atoms::cell::{Cell, times};
use atoms::model::Mat3;
use atoms::plan::{Embeddings, Plan};
use atoms::potential::Evaluation;

fn plans(which: usize) -> Vec<Plan<f64>> {
    let potential = drawn::potential(drawn::KINDS[which], 11);
    [Embeddings::Networks, Embeddings::Tabulated].map(|e| Plan::new(&potential, e)).into()
}

fn of(plan: &Plan<f64>, snapshot: &Snapshot) -> Evaluation {
    plan.evaluate(snapshot, false).unwrap().0
}

fn close(a: f64, b: f64, within: f64) -> bool {
    (a - b).abs() <= within * (1.0 + b.abs())
}

#[test]
fn invariant_under_translation_rotation_and_permutation() {
    // A rotation about no axis in particular: a product of two plane ones.
    let (c, s) = (0.6, 0.8);
    let first: Mat3 = [[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]];
    let second: Mat3 =
        [[1.0, 0.0, 0.0], [0.0, 5.0 / 13.0, 12.0 / 13.0], [0.0, -12.0 / 13.0, 5.0 / 13.0]];
    let q: Mat3 = first.map(|row| times(row, second));
    for which in [1, 2, 4] {
        for plan in plans(which) {
            let species = drawn::KINDS[which].species;
            let snapshot = drawn::snapshot(40, species, Some(drawn::skew(40)), 2);
            let before = of(&plan, &snapshot);
            let mut moved = snapshot.clone();
            for x in &mut moved.positions {
                *x = [x[0] + 3.7, x[1] - 11.3, x[2] + 0.9];
            }
            let after = of(&plan, &moved);
            assert!(close(after.energy, before.energy, 1e-12));
            for (a, b) in after.forces.concat().iter().zip(before.forces.concat()) {
                assert!(close(*a, b, 1e-12));
            }
            let mut turned = snapshot.clone();
            turned.positions.iter_mut().for_each(|x| *x = times(*x, q));
            turned.cell =
                snapshot.cell.map(|cell| Cell::new(cell.rows().map(|r| times(r, q))).unwrap());
            let after = of(&plan, &turned);
            assert!(close(after.energy, before.energy, 1e-12));
            for (a, b) in after.forces.iter().zip(&before.forces) {
                let b = times(*b, q);
                assert!((0..3).all(|k| close(a[k], b[k], 1e-12)), "{a:?} {b:?}");
            }
            let order: Vec<usize> = (0..40).map(|i| (i * 7 + 3) % 40).collect();
            let mut mixed = snapshot.clone();
            mixed.types = order.iter().map(|&i| snapshot.types[i]).collect();
            mixed.positions = order.iter().map(|&i| snapshot.positions[i]).collect();
            let after = of(&plan, &mixed);
            assert!(close(after.energy, before.energy, 1e-12));
            for (&i, a) in order.iter().zip(&after.forces) {
                assert!((0..3).all(|k| close(a[k], before.forces[i][k], 1e-12)));
            }
        }
    }
}

/// Four points: the error of the difference itself is of fourth order.
fn slope(h: f64, energy: impl Fn(f64) -> f64) -> f64 {
    (8.0 * (energy(h) - energy(-h)) - (energy(2.0 * h) - energy(-2.0 * h))) / (12.0 * h)
}

#[test]
fn invariant_forces_and_virials_are_slopes_of_the_energy() {
    let h = 1e-3;
    for which in [1, 2] {
        for plan in plans(which) {
            let species = drawn::KINDS[which].species;
            let snapshot = drawn::snapshot(12, species, Some(drawn::skew(12)), 6);
            let found = of(&plan, &snapshot);
            for (atom, k) in [(0, 0), (3, 1), (7, 2), (11, 0)] {
                let energy = |by: f64| {
                    let mut moved = snapshot.clone();
                    moved.positions[atom][k] += by;
                    of(&plan, &moved).energy
                };
                let right = -slope(h, energy);
                assert!(close(found.forces[atom][k], right, 1e-7), "F {atom} {k}: {right}");
            }
            for (a, b) in [(0, 0), (1, 1), (2, 2), (0, 1), (2, 0)] {
                // x → (1 + ε) x, cell and atoms alike: rows x (1 + εᵀ).
                let energy = |by: f64| {
                    let mut strain: Mat3 = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
                    strain[b][a] += by;
                    let mut strained = snapshot.clone();
                    strained.positions.iter_mut().for_each(|x| *x = times(*x, strain));
                    let rows = snapshot.cell.unwrap().rows().map(|row| times(row, strain));
                    strained.cell = Some(Cell::new(rows).unwrap());
                    of(&plan, &strained).energy
                };
                let right = -slope(h / 5.0, energy);
                assert!(close(found.virial[a][b], right, 1e-7), "Ξ {a}{b}: {right}");
            }
        }
    }
}

#[test]
fn energy_and_forces_are_continuous_through_the_cutoff() {
    for plan in plans(1) {
        let mut pair = drawn::snapshot(2, 2, None, 1);
        let at = |r: f64, pair: &mut Snapshot| {
            pair.positions = vec![[0.0; 3], [0.0, 0.0, r]];
            of(&plan, pair)
        };
        let (inside, outside) = (at(4.5 - 1e-7, &mut pair), at(4.5 + 1e-7, &mut pair));
        assert!(close(inside.energy, outside.energy, 1e-13));
        assert!((inside.forces[0][2] - outside.forces[0][2]).abs() < 1e-10);
        assert!(at(4.4, &mut pair).forces[0][2].abs() > 1e-8);
    }
}
