//! The gradient of force matching by hand: against the tape, against differences, and itself.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod drawn;

use atoms::form::Empty;
use atoms::problem::{Batches, Embedding, ForceMatching, PerAtom, Weight, Weights};
use atoms::training::Training;
use atoms::{DeepPotential, Labels, Snapshot};
use drawn::{KINDS, Kind};
use frame::{
    Batch, Coupled, Functional as _, Params, Precision, Purpose, Representation as _, Run, Schedule,
};
use ground::par;
use ground::stream::Stream;

const BATCH: Batch = Batch { purpose: Purpose::Training, step: 3, n: 3 };

/// Frames of other sizes and compositions, one in free space, some without some labels.
fn frames(species: usize) -> Vec<Snapshot> {
    let stream = Stream::new(11).child("labels");
    let sizes = [(7, true), (5, false), (4, true)];
    let mut all: Vec<Snapshot> = Vec::new();
    for (k, (n, periodic)) in (0..).zip(sizes) {
        let cell = periodic.then(|| drawn::skew(n));
        let mut snapshot = drawn::snapshot(n, species, cell, k);
        let number = |part: u32, i: usize| stream.normal(k, part, i);
        let three = |part: u32, i: usize| std::array::from_fn(|c| number(part, 3 * i + c));
        snapshot.labels = Labels {
            energy: Some(-3.5 * n as f64 + number(0, 0)),
            forces: Some((0..n).map(|i| three(1, i)).collect()),
            virial: Some([0, 1, 2].map(|i| three(2, i))),
            atomic_energies: Some((0..n).map(|i| -3.5 + number(3, i)).collect()),
            converged: None,
        };
        all.push(snapshot);
    }
    all[1].labels.virial = None;
    all[2].labels.energy = None;
    all[2].labels.atomic_energies = None;
    all
}

fn problem(form: &DeepPotential, embedding: Embedding) -> ForceMatching {
    let training = frames(form.species.len());
    let atoms = training.iter().map(Snapshot::len).sum();
    ForceMatching {
        species: form.species.clone(),
        systems: vec![("all".to_owned(), 0..training.len())],
        training,
        validation: Vec::new(),
        batches: Batches::Mixed { atoms },
        weights: Weights {
            energy: Weight::constant(0.7),
            force: Weight { from: 30.0, to: 1.0 },
            virial: Weight::constant(0.4),
            atomic: Weight::constant(2.0),
            per_atom: PerAtom::Squared,
            single: false,
        },
        rate: (Schedule::Cosine { from: 1e-3, to: 1e-5 }, 10),
        embedding,
    }
}

/// Forms with everything that a form can have.
fn forms() -> Vec<(String, DeepPotential)> {
    let drawn = |kind: Kind| (format!("{kind:?}"), drawn::potential(kind, 1).form);
    let mut all: Vec<_> = KINDS.into_iter().map(drawn).collect();
    let plain = all[1].1.clone();
    let mut silent = plain.clone();
    silent.excluded = vec![[1, 1]];
    silent.empty = Empty::Silent;
    let mut zero = plain;
    zero.statistics.iter_mut().for_each(|s| s.mean = 0.0);
    all.extend([("empty places silent".to_owned(), silent), ("means zero".to_owned(), zero)]);
    all
}

fn plain() -> DeepPotential {
    drawn::potential(KINDS[1], 1).form
}

fn theta(form: &DeepPotential) -> Params {
    form.init(Precision::F64, &Stream::new(5)).unwrap()
}

fn run() -> Run {
    Run::new(10).precision(Precision::F64)
}

/// The largest difference of each block in units of its largest number.
fn off(found: &Params, right: &Params) -> f64 {
    let blocks = 0..right.layout().blocks.len();
    let one = |k: usize| {
        let (found, right) = (found.get(k), right.get(k));
        let most = right.iter().fold(1e-300_f64, |m, v| m.max(v.abs()));
        let worst = found.iter().zip(&right).map(|(a, b)| (a - b).abs());
        worst.fold(0.0, |m: f64, v| if v > m || v.is_nan() { v } else { m }) / most
    };
    blocks.map(one).fold(0.0, f64::max)
}

#[test]
fn agrees_with_the_tape() {
    for (name, form) in forms() {
        let theta = theta(&form);
        let mut tape = Coupled::new(problem(&form, Embedding::Networks), form.clone(), &run());
        let mut right = theta.zeros_like();
        let value = tape.gradient(&theta, BATCH, &mut right).unwrap();
        for (embedding, within) in [(Embedding::Networks, 1e-9), (Embedding::Nodes, 1e-6)] {
            let mut plan = Training::new(problem(&form, embedding), form.clone(), &run()).unwrap();
            let mut found = theta.zeros_like();
            let own = plan.gradient(&theta, BATCH, &mut found).unwrap();
            assert!((own.mean / value.mean - 1.0).abs() < within, "{name}: {own} {value}");
            let off = off(&found, &right);
            assert!(off < within, "{name}, {embedding:?}: {off:e}");
        }
    }
}

#[test]
fn agrees_with_differences() {
    let form = plain();
    let theta = theta(&form);
    let mut plan =
        Training::new(problem(&form, Embedding::Networks), form.clone(), &run()).unwrap();
    let mut gradient = theta.zeros_like();
    plan.gradient(&theta, BATCH, &mut gradient).unwrap();
    let stream = Stream::new(8);
    for block in 0..theta.layout().blocks.len() {
        let numbers = theta.get(block);
        let most = gradient.get(block).iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        for draw in 0..12 {
            let share = stream.uniform(draw, 0, block);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place")]
            let i = (share * numbers.len() as f64) as usize;
            let h = 1e-5;
            let mut at = |by: f64| {
                let (mut moved, mut numbers) = (theta.clone(), numbers.clone());
                numbers[i] += by;
                moved.set(block, &numbers);
                plan.value(&moved, BATCH).unwrap().mean
            };
            // Of fourth order.
            let slope = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
            let off = (gradient.get(block)[i] - slope).abs() / most;
            assert!(off < 1e-6, "block {block}, number {i}: {off:e}");
        }
    }
}

#[test]
fn bits_do_not_depend_on_threads() {
    let form = plain();
    let theta = theta(&form);
    let gradient = |threads: usize| {
        par::pool(threads).unwrap().install(|| {
            let mut plan =
                Training::new(problem(&form, Embedding::Nodes), form.clone(), &run()).unwrap();
            let mut gradient = theta.zeros_like();
            plan.gradient(&theta, BATCH, &mut gradient).unwrap();
            gradient.flat()
        })
    };
    let one: Vec<u64> = gradient(1).iter().map(|v| v.to_bits()).collect();
    let five: Vec<u64> = gradient(5).iter().map(|v| v.to_bits()).collect();
    assert_eq!(one, five);
}

#[test]
fn single_precision_is_near() {
    let form = plain();
    let theta = theta(&form);
    let mut single = Params::zeros(form.layout(), Precision::F32);
    (0..theta.layout().blocks.len()).for_each(|k| single.set(k, &theta.get(k)));
    let mut right = theta.zeros_like();
    let mut plan = Training::new(problem(&form, Embedding::Nodes), form.clone(), &run()).unwrap();
    let value = plan.gradient(&theta, BATCH, &mut right).unwrap();
    let run = run().precision(Precision::F32);
    let mut plan = Training::new(problem(&form, Embedding::Nodes), form.clone(), &run).unwrap();
    let mut found = single.zeros_like();
    let own = plan.gradient(&single, BATCH, &mut found).unwrap();
    assert!((own.mean / value.mean - 1.0).abs() < 1e-4, "{own} {value}");
    let off = off(&found, &right);
    assert!(off < 1e-3, "{off:e}");
}
