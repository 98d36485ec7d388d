//! Training of the published form: moves on the way are moves after, bits do not depend on threads or on
//! interruptions, and it behaves as published.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::ops::ControlFlow;

use frame::{
    AdaGrad, Adam, Batch, Checkpoint, Descent, Functional, Momentum, Move, Params, Precision,
    Problem, Progress, Purpose, Representation, Run, Schedule, Stop, Watch, solve,
};
use ground::Result;
use ground::kernel::update::{AdamForm, Update};
use ground::stream::Stream;
use paths::form::PerStep;
use paths::known::{AllenCahn, HjbLqg};
use paths::problem::DeepBsde;

/// Four networks of six dimensions.
fn problem() -> DeepBsde {
    DeepBsde::new(&HjbLqg::new(6, 1.0)).steps(5)
}

fn form() -> PerStep {
    PerStep { hidden: vec![9, 7], ..PerStep::published(6, 5, [0.0, 1.0]) }
}

/// The weights of a network of [`form`].
const WEIGHTS: usize = 6 * 9 + 9 * 7 + 7 * 6;

/// Whether a number of a network moves its points alike before a normalisation: it does nothing, and
/// rounding is all its gradient is. The last bias, then β of the inputs, behind their γ.
fn is_inert(k: usize) -> bool {
    (WEIGHTS..WEIGHTS + 6).contains(&k) || (WEIGHTS + 12..WEIGHTS + 18).contains(&k)
}

/// θ after ten moves by a rule, its gradient limited to a norm or not.
fn moved(precision: Precision, update: impl Fn(u64) -> Update, clip: Option<f64>) -> Params {
    let run = Run::new(10).precision(precision);
    let mut theta = form().init(precision, &Stream::new(2)).unwrap();
    let mut plan = problem().couple(form(), &run).unwrap();
    for step in 0..10 {
        let batch = Batch { purpose: Purpose::Training, step, n: 21 };
        plan.descend(&mut theta, batch, Move { update: update(step + 1), clip }).unwrap();
    }
    theta
}

#[test]
fn agree_moves_on_the_way_and_after() {
    let adam = |step| {
        let (rate, beta1, beta2, eps, form) = (1e-2, 0.9, 0.999, 1e-8, AdamForm::Keras);
        Update::Adam { rate, beta1, beta2, eps, step, form }
    };
    let rules: [&dyn Fn(u64) -> Update; 3] =
        [&adam, &|_| Update::Momentum { rate: 1e-3, keep: 0.9 }, &|_| Update::AdaGrad {
            rate: 1e-2,
            eps: 1e-10,
        }];
    for (precision, to) in [(Precision::F64, 1e-9), (Precision::F32, 2e-3)] {
        for rule in rules {
            let fused = moved(precision, rule, None);
            // A limit beyond every gradient takes the way without fusion.
            let apart = moved(precision, rule, Some(1e30));
            for (block, (name, _)) in fused.layout().blocks.iter().enumerate() {
                let pairs = fused.get(block).into_iter().zip(apart.get(block));
                for (k, (a, b)) in pairs.enumerate() {
                    let inert = name.starts_with("step") && is_inert(k);
                    let near = (a - b).abs() <= to * (1.0 + b.abs());
                    assert!(near || inert, "{name}, {k}: {a} and {b}");
                }
            }
        }
    }
}

#[test]
fn invariant_bits_do_not_depend_on_threads() {
    let solved = |threads| {
        let run = Run::new(20).threads(threads).fresh(256).batch(40);
        let solution = solve(problem(), form(), Adam::keras(1e-2), &run, &mut ()).unwrap();
        (solution.params.flat(), solution.answer.answer)
    };
    let one = solved(1);
    assert_eq!(one, solved(2));
    assert_eq!(one, solved(3));
}

/// Stops after so many moves and keeps what a resumed run needs.
struct Interruption {
    after: u64,
    kept: Option<Checkpoint>,
}

impl Watch for Interruption {
    fn step(&mut self, at: &mut Progress<'_>) -> Result<ControlFlow<Stop>> {
        if at.iteration < self.after {
            return Ok(ControlFlow::Continue(()));
        }
        self.kept = Some(at.checkpoint()?);
        Ok(ControlFlow::Break(Stop::Leave))
    }
}

fn resumed<D>(descent: impl Fn() -> D)
where
    D: Descent<paths::plan::PathPlan>,
{
    for precision in [Precision::F32, Precision::F64] {
        let run = Run::new(12).precision(precision).fresh(256);
        let whole = solve(problem(), form(), descent(), &run, &mut ()).unwrap();
        let mut interruption = Interruption { after: 7, kept: None };
        solve(problem(), form(), descent(), &run, &mut interruption).unwrap_err();
        let again = Run { resume: interruption.kept, ..run };
        let rest = solve(problem(), form(), descent(), &again, &mut ()).unwrap();
        assert_eq!(whole.params, rest.params);
        assert_eq!(whole.answer.answer, rest.answer.answer);
    }
}

#[test]
fn invariant_resumed_bits_with_every_descent() {
    let rate = || Schedule::Steps { at: vec![5, 9], values: vec![1e-2, 1e-3, 1e-4] };
    resumed(|| Adam { rate: rate(), ..Adam::keras(1e-2) });
    resumed(|| Momentum { rate: rate(), keep: 0.9, clip: Some(5.0), of: 12, made: 0 });
    resumed(|| AdaGrad { rate: rate(), eps: 1e-10, clip: None, of: 12, made: 0 });
}

#[test]
fn statistical_a_trained_start_walks_to_the_mean_of_g() {
    // 0.05 is not what y₀ begins with, and the rate is large enough to arrive.
    let dim = 10;
    let problem = DeepBsde::new(&AllenCahn { dim }).steps(6);
    let form = PerStep { hidden: vec![12, 12], ..PerStep::published(dim, 6, [0.3, 0.5]) };
    let adam =
        Adam { rate: Schedule::Exponential { from: 2e-2, to: 1e-3 }, of: 400, ..Adam::keras(1.0) };
    let solution = solve(problem, form, adam, &Run::new(400).fresh(4096), &mut ()).unwrap();
    let trained = solution.answer.trained.unwrap();
    let (value, first) = (solution.answer.answer, solution.params.get(0));
    assert!((trained - value.mean).abs() < 0.02, "{trained} and {value}");
    assert!(first.iter().all(|v| v.is_finite()));
}

#[test]
fn refuses_what_it_is_not_for() {
    let law = problem().starting(paths::origin::Origin::normal(0.0, 1.0));
    let run = Run::new(1).batch(8);
    let refused =
        |problem: DeepBsde, form: PerStep| problem.couple(form, &run).unwrap_err().to_string();
    assert!(refused(law, form()).contains("one y₀"));
    assert!(refused(problem().steps(6), form()).contains("5 steps, not 6"));
    assert!(refused(problem(), PerStep { start: [1.0, 0.0], ..form() }).contains("[1, 0]"));
}
