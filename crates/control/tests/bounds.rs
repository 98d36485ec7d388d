//! Bounds hold the optimum between them, path by path and over seeds, and what is learned makes them nearer.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{policy, storage};
use control::Model as _;
use control::bounds::storage::basis::When;
use control::bounds::storage::learned::{Hearing, Learned};
use control::bounds::{Bounds, Guess, Learner as _, Lived};
use control::model;
use control::plan::Plan;
use control::problem::Control;
use frame::{
    Batch, Functional as _, Move, Params, Precision, Problem as _, Purpose, Representation as _,
    Run,
};
use ground::kernel::update::{AdamForm, Update};
use ground::stream::Stream;

/// A plan with bounds on so many paths, and what so many steps of the descent make of its policy.
fn trained(
    model: &model::storage::Storage,
    [paths, threads]: [usize; 2],
    steps: u64,
) -> (Plan<model::storage::Storage>, Params) {
    let form = policy(model, &[16], false);
    let run = Run { fresh: 2, precision: Precision::F64, threads, ..Run::new(10) };
    let problem = Control::new(model.clone()).bounded(Some(paths), Some(Guess::Learned));
    let mut theta = form.init(Precision::F64, &Stream::new(5)).unwrap();
    let mut plan = Plan::new(problem, form, &run).unwrap();
    for step in 0..steps {
        let update = Update::Adam {
            rate: 1e-2,
            beta1: 0.9,
            beta2: 0.99,
            eps: 1e-8,
            step: step + 1,
            form: AdamForm::Torch,
        };
        let batch = Batch { n: 128, step, purpose: Purpose::Training };
        plan.descend(&mut theta, batch, Move { update, clip: None }).unwrap();
    }
    (plan, theta)
}

/// The bounds on the paths of a seed.
fn bounds((plan, theta): &mut (Plan<model::storage::Storage>, Params), seed: u64) -> Bounds {
    let found = Control::answer(plan, theta, &Stream::new(seed), &mut ()).unwrap();
    found.answer.bounds.unwrap()
}

#[test]
fn of_forty_seeds() {
    let model = storage(1, 3, 15.0, "");
    let optimum = model.exact().unwrap().value();
    let mut plan = trained(&model, [24, 0], 200);
    let all: Vec<Bounds> = (0..40).map(|seed| bounds(&mut plan, seed)).collect();
    assert!(all.iter().all(|one| one.least >= -1e-6), "{all:?}");
    let covers = |one: &&Bounds| {
        let low = one.lower.mean - 1.96 * one.lower.stderr;
        (low..=one.upper.mean + 1.96 * one.upper.stderr).contains(&optimum)
    };
    let inside = all.iter().filter(covers).count();
    assert!(inside >= 38, "{inside} of 40 hold {optimum}");
}

#[test]
fn what_is_learned_makes_them_nearer() {
    let one = bounds(&mut trained(&storage(1, 10, 0.0, ""), [32, 0], 300), 3);
    let [below, penalised, alone] = [one.lower, one.upper, one.foresight].map(|of| of.mean);
    assert!(penalised - below < 0.8 * (alone - below), "{one:?}");
}

#[test]
fn the_same_bits_for_any_threads() {
    let model = storage(2, 3, 0.0, "");
    let [one, three] = [1, 3].map(|threads| bounds(&mut trained(&model, [4, threads], 1), 2));
    assert_eq!(one, three);
}

/// Paths of two steps whose slopes at t = 1 are a function of level, wind and price, with noise.
fn told(slope: impl Fn(f64, [f64; 2]) -> f64, n: usize) -> Learned {
    let model = storage(1, 3, 0.0, "");
    let stream = Stream::new(7);
    let path = |p: u64| {
        let drawn = |k: usize| stream.uniform(p, 0, k);
        let (level, wind) = (30.0 * drawn(0), (0.5 + 7.0 * drawn(1)).round().clamp(1.0, 7.0));
        let price = (30.0 + 40.0 * drawn(2)).round();
        let noisy = slope(level, [wind, price]) + 5.0 * stream.normal(p, 1, 0);
        let rest = vec![vec![0.0, 4.0, 50.0]; 2];
        Lived {
            states: [vec![vec![0.0, 4.0, 50.0], vec![level, wind, price]], rest].concat(),
            amounts: vec![0.0; 3],
            slopes: vec![Vec::new(), vec![noisy, 0.0, 0.0], vec![0.0; 3]],
        }
    };
    let mut hearing = Hearing::new(&model);
    hearing.hear(&(0..n as u64).map(path).collect::<Vec<_>>());
    hearing.regression().unwrap()
}

#[test]
fn slopes_of_a_known_function() {
    // A kink of the price where a knot is, and lines in level and wind.
    let slope = |level: f64, [wind, price]: [f64; 2]| {
        price.max(50.0) * (1.0 - level / 60.0) - 2.0 * (wind - 4.0)
    };
    let learned = told(slope, 40_000);
    let (mut square, mut count, mut most) = (0.0, 0.0, 0.0_f64);
    for level in (0..30).map(|k| f64::from(k) + 0.5) {
        for wind in (1..=7).map(f64::from) {
            for price in (30..=70).map(f64::from) {
                let found = learned.slopes(1, &[level], ([wind, price], When::Now))[0];
                let off = found - slope(level, [wind, price]);
                (square, count, most) = (square + off * off, count + 1.0, most.max(off.abs()));
            }
        }
    }
    // σ √(numbers fitted/paths) = 5 √(432/40000).
    let due = 5.0 * (432.0_f64 / 40_000.0).sqrt();
    assert!((square / count).sqrt() < due, "{} is more than {due}", (square / count).sqrt());
    assert!(most < 6.0 * due, "{most}");
}

#[test]
fn means_ahead_are_exact() {
    let model = storage(1, 3, 0.0, "");
    let learned = told(|level, [wind, price]| level * wind + price, 4_000);
    for was in [[1.0, 30.0], [4.0, 50.0], [7.0, 66.0]] {
        let mut mean = 0.0;
        for (k, p) in model.wind.moves.iter().zip(&model.wind.probabilities) {
            for (l, q) in model.price.moves.iter().zip(&model.price.probabilities) {
                let is = [model.wind.moved(was[0], *k), model.price.moved(was[1], *l)];
                mean += p * q * learned.slopes(1, &[12.3], (is, When::Now))[0];
            }
        }
        let found = learned.slopes(1, &[12.3], (was, When::Ahead))[0];
        assert!((found - mean).abs() < 1e-10 * mean.abs(), "{found} is not {mean}");
    }
}
