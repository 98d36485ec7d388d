//! The plan gives what the tape gives: all outputs, drawn networks, one to four species, every level.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod drawn;

use atoms::form::on_tape;
use atoms::plan::{Embeddings, Plan};
use atoms::potential::Evaluation;
use ground::kernel::lane::{level, levels};
use ground::par;

/// The largest difference, in units of the largest force or of 1.
fn off(a: &Evaluation, b: &Evaluation) -> f64 {
    let pairs = |a: &[f64], b: &[f64]| {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    let [df, da] = [
        pairs(&a.forces.concat(), &b.forces.concat()),
        pairs(&a.atomic_energies, &b.atomic_energies),
    ];
    let dd = pairs(
        &a.descriptors.as_ref().map(|d| d.concat()).unwrap_or_default(),
        &b.descriptors.as_ref().map(|d| d.concat()).unwrap_or_default(),
    );
    let dv = pairs(&a.virial.concat(), &b.virial.concat());
    [(a.energy - b.energy).abs(), df, da, dd, dv].into_iter().fold(0.0, f64::max)
}

#[test]
fn agree_with_the_tape() {
    for (seed, kind) in drawn::KINDS.into_iter().enumerate() {
        let potential = drawn::potential(kind, seed as u64);
        for (n, cell) in [(1, None), (9, Some(drawn::skew(9))), (70, Some(drawn::skew(70)))] {
            let snapshot = drawn::snapshot(n, kind.species, cell, seed as u64);
            let right = on_tape::evaluate(&potential, &snapshot);
            for level in levels() {
                let plan = Plan::<f64>::at_level(&potential, Embeddings::Networks, level);
                let (found, _) = plan.evaluate(&snapshot, true).unwrap();
                let off = off(&found, &right);
                assert!(off < 1e-10, "{kind:?}, {n} atoms: {off:e}");
            }
            let table = Plan::<f64>::new(&potential, Embeddings::Tabulated);
            let (found, _) = table.evaluate(&snapshot, true).unwrap();
            let far = off(&found, &right);
            assert!(far < 1e-8, "{kind:?}, {n} atoms, tabulated: {far:e}");
            let single = Plan::<f32>::new(&potential, Embeddings::Tabulated);
            let (found, _) = single.evaluate(&snapshot, true).unwrap();
            let far = off(&found, &right);
            assert!(far < 2e-4, "{kind:?}, {n} atoms, f32: {far:e}");
        }
    }
}

#[test]
fn bits_do_not_depend_on_threads() {
    let kind = drawn::KINDS[1];
    let potential = drawn::potential(kind, 1);
    let snapshot = drawn::snapshot(400, kind.species, Some(drawn::skew(400)), 5);
    let plan = Plan::<f32>::new(&potential, Embeddings::Tabulated);
    let on = |threads: usize| {
        par::pool(threads).unwrap().install(|| plan.evaluate(&snapshot, true).unwrap().0)
    };
    let [one, three] = [1, 3].map(on);
    assert_eq!(one, three);
}

#[test]
fn neighbours_beyond_the_table_are_exact() {
    let kind = drawn::KINDS[1];
    let potential = drawn::potential(kind, 3);
    let mut snapshot = drawn::snapshot(8, kind.species, None, 3);
    // 0.3 Å is where no table reaches.
    snapshot.positions[1] = snapshot.positions[0];
    snapshot.positions[1][2] += 0.3;
    let right = on_tape::evaluate(&potential, &snapshot);
    let plan = Plan::<f64>::at_level(&potential, Embeddings::Tabulated, level());
    let (found, noted) = plan.evaluate(&snapshot, true).unwrap();
    assert!(off(&found, &right) < 1e-8, "{:e}", off(&found, &right));
    assert_eq!(noted.close.iter().map(|(atom, _)| *atom).collect::<Vec<_>>(), [0, 1]);
    assert!((noted.close[0].1 - 0.3).abs() < 1e-12);
    snapshot.positions[1] = snapshot.positions[0];
    let said = plan.evaluate(&snapshot, false).unwrap_err().to_string();
    assert_eq!(said, "atoms 1 and 2 are at one place. Forces need atoms that are apart.");
}

#[test]
fn crowded_environments_are_counted_and_nothing_is_dropped() {
    let kind = drawn::KINDS[0];
    let mut potential = drawn::potential(kind, 4);
    let snapshot = drawn::snapshot(60, 1, Some(drawn::skew(60)), 4);
    let plan = |potential: &atoms::Potential| Plan::<f64>::new(potential, Embeddings::Networks);
    let (_, noted) = plan(&potential).evaluate(&snapshot, false).unwrap();
    assert_eq!((noted.crowded, noted.excess), (0, 0));
    potential.form.selection = vec![10];
    let (found, noted) = plan(&potential).evaluate(&snapshot, true).unwrap();
    assert!(noted.crowded > 50 && noted.excess > 10, "{noted:?}");
    assert!(off(&found, &on_tape::evaluate(&potential, &snapshot)) < 1e-10);
}
