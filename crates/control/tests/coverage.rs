//! Intervals say what they mean: of 200 seeds, 91 to 98 % cover what many more paths find.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{execution, policy, storage};
use control::answer::Reached;
use control::model::Model;
use control::plan::Plan;
use control::policy::Policy;
use control::problem::Control;
use frame::{Precision, Problem as _, Representation as _, Run};
use ground::estimate::Estimate;
use ground::stream::Stream;

/// What an untrained policy reaches, on so many paths of a stream.
fn reached<M: Model>(plan: &mut Plan<M>, form: &Policy, seed: u64) -> Reached {
    let theta = form.init(Precision::F64, &Stream::new(5)).unwrap();
    Control::answer(plan, &theta, &Stream::new(seed), &mut ()).unwrap().answer
}

fn covers<M: Model>(model: &M, seeds: u64) {
    let form = policy(model, &[8], false);
    let plan = |fresh: usize| {
        let run = Run { fresh, precision: Precision::F64, ..Run::new(10) };
        Plan::new(Control::new(model.clone()), form.clone(), &run).unwrap()
    };
    let due = reached(&mut plan(200_000), &form, 1).value.mean;
    let mut few = plan(400);
    let all: Vec<Reached> = (0..seeds).map(|seed| reached(&mut few, &form, 100 + seed)).collect();
    let share = |of: &dyn Fn(&Reached) -> Estimate| {
        let inside = all.iter().filter(|one| {
            let (low, high) = of(one).interval95();
            low <= due && due <= high
        });
        inside.count() as f64 / seeds as f64
    };
    let (value, sampled) = (share(&|one| one.value), share(&|one| one.sampled));
    assert!((0.91..=0.98).contains(&value), "{value} of the intervals from regrets");
    assert!((0.91..=0.98).contains(&sampled), "{sampled} of the intervals from paths alone");
}

#[test]
fn of_execution() {
    covers(&execution(1, 1, 20), 200);
}

#[test]
fn of_storage() {
    covers(&storage(1, 3, 0.0, ""), 200);
}
