//! Tables stand for the embeddings: forces as by the networks, in either precision, on the same frames.
//!
//! The bars are per component of a force: 1e-9 eV/Å in double precision, 1e-5 in single. Real water and
//! a model of it are compared where they are at hand, drawn models and frames always. The models have
//! weak forces; their outputs are scaled until the largest force is that of real water.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod drawn;
mod golden;

use atoms::plan::{Embeddings, Plan};
use atoms::{Potential, Snapshot};
use ground::kernel::lane::Real;

/// Bars of the largest difference between two components, eV/Å.
const DOUBLE: f64 = 1e-9;
const SINGLE: f64 = 1e-5;

/// The largest component of a force in liquid water at room temperature, about: eV/Å.
const STRONG: f64 = 6.0;

/// The same potential with outputs that much larger.
fn scaled(potential: &Potential, by: f64) -> Potential {
    let mut scaled = potential.clone();
    let last = *potential.form.fitting.layers.last().unwrap();
    for species in 0..potential.form.species.len() {
        let block = potential.form.fitting_block(species);
        let mut theta = potential.theta.get(block);
        let first = theta.len() - last.parameters();
        theta[first..].iter_mut().for_each(|w| *w *= by);
        scaled.theta.set(block, &theta);
    }
    scaled
}

/// What differs between tables and networks, over frames.
#[derive(Debug, Default)]
struct Apart {
    /// The largest of a component of a force, eV/Å.
    force: f64,
    /// The largest of an energy over the number of atoms, eV.
    energy: f64,
    /// The largest component of a force there is, eV/Å.
    largest: f64,
}

/// Tables against networks, both in the same precision.
fn apart<T: Real>(potential: &Potential, frames: &[Snapshot]) -> Apart {
    let [table, networks] = [Embeddings::Tabulated, Embeddings::Networks]
        .map(|embeddings| Plan::<T>::new(potential, embeddings));
    assert!(table.table_errors().is_some() && networks.table_errors().is_none());
    let mut apart = Apart::default();
    for snapshot in frames {
        let [(a, _), (b, _)] = [&table, &networks].map(|p| p.evaluate(snapshot, false).unwrap());
        let most = |m: f64, v: f64| if v > m || v.is_nan() { v } else { m };
        for (a, b) in a.forces.iter().flatten().zip(b.forces.iter().flatten()) {
            apart.force = most(apart.force, (a - b).abs());
            apart.largest = most(apart.largest, b.abs());
        }
        let energy = (a.energy - b.energy).abs() / snapshot.len() as f64;
        apart.energy = most(apart.energy, energy);
    }
    apart
}

/// Compares in both precisions, once scaled to strong forces; says what was found.
fn compare(name: &str, potential: &Potential, frames: &[Snapshot]) -> Vec<String> {
    let plain = apart::<f64>(potential, frames);
    let potential = &scaled(potential, STRONG / plain.largest);
    let strong = apart::<f64>(potential, frames);
    assert!((strong.largest / STRONG - 1.0).abs() < 1e-6, "{} eV/Å", strong.largest);
    let found = [
        ("f64, as it is", DOUBLE, plain),
        ("f64", DOUBLE, strong),
        ("f32", SINGLE, apart::<f32>(potential, frames)),
    ];
    let mut over = Vec::new();
    for (precision, bar, Apart { force, energy, largest }) in found {
        println!(
            "{name}, {precision}: forces {force:.2e} eV/Å, {:.1e} of the largest, {largest:.2}; \
             energy/atom {energy:.1e} eV",
            force / largest
        );
        // A difference that is no number is over the bar, too.
        if force.is_nan() || force > bar {
            over.push(format!("{name}, {precision}: {force:.2e} eV/Å, not {bar:e}"));
        }
    }
    over
}

#[test]
fn agree_on_drawn_models() {
    let mut over = Vec::new();
    for (seed, kind) in drawn::KINDS.into_iter().enumerate() {
        let potential = drawn::potential(kind, seed as u64);
        let frames: Vec<Snapshot> = [(40, Some(drawn::skew(40))), (70, None)]
            .into_iter()
            .map(|(n, cell)| drawn::snapshot(n, kind.species, cell, seed as u64))
            .collect();
        over.extend(compare(&format!("drawn model {seed}"), &potential, &frames));
    }
    assert!(over.is_empty(), "{over:#?}");
}

#[test]
fn agree_on_water() {
    let Some(frames) = golden::water() else { return };
    let mut over = Vec::new();
    for file in ["a1.yaml", "a2.yaml", "a3.yaml", "twoside.yaml"] {
        over.extend(compare(file, &golden::model(file, None).potential, &frames));
    }
    assert!(over.is_empty(), "{over:#?}");
}
