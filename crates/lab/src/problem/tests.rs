//! Tests of `problem`.

use frame::{
    Coupled, Functional, Momentum, Params, Precision, Purpose, Representation, Run, Schedule,
};
use frame::{Progress, Stop, Watch, solve};
use ground::Result;
use std::ops::ControlFlow;

use super::*;
use crate::answer::Measured;
use crate::form::{Scaling, Start};
use crate::plan::Plan;

struct Blind;

impl Watch for Blind {
    fn step(&mut self, _: &mut Progress<'_>) -> Result<ControlFlow<Stop>> {
        Ok(ControlFlow::Continue(()))
    }
}

fn form(width: usize, inputs: usize, scaling: Scaling) -> TwoLayer {
    let (activation, start) = (Activation::Relu, Start::ZeroOuterUnitInner);
    TwoLayer { inputs, width, scaling, activation, bias: false, start }
}

fn truth(text: &str, d: usize) -> Truth {
    let target = Target::formula(text, d, "problem.target").unwrap();
    Truth { inputs: Inputs::Normal, target, noise: 0.0 }
}

fn neuron(n: usize, d: usize) -> Regression {
    let stream = Stream::new(1).child("data");
    Regression::drawn(truth("relu(x[1])", d), [n, 4000], &stream).unwrap()
}

fn ball(rate: f64, of: u64) -> Momentum {
    Momentum { rate: Schedule::Constant(rate), keep: 0.9, clip: None, of, made: 0 }
}

fn close(found: &[f64], exact: &[f64], tolerance: f64) -> bool {
    let most = exact.iter().fold(1e-300_f64, |most, v| most.max(v.abs()));
    found.iter().zip(exact).all(|(f, e)| (f - e).abs() <= tolerance * most)
}

#[test]
fn agree_plan_and_tape() {
    let batch = Batch { purpose: Purpose::Training, step: 0, n: 37 };
    for (activation, bias, penalty, loss) in [
        (Activation::Relu, false, 0.0, Loss::MeanSquare),
        (Activation::Relu, true, 0.01, Loss::HalfMeanSquare),
        (Activation::Tanh, true, 0.01, Loss::MeanSquare),
        (Activation::Softplus, false, 0.0, Loss::HalfMeanSquare),
        (Activation::Sin, true, 0.0, Loss::MeanSquare),
    ] {
        let start = Start::Gaussian { kappa: 1.0 };
        let form = TwoLayer { activation, bias, start, ..form(21, 5, Scaling::Ntk) };
        let problem = Regression { loss, penalty, ..neuron(37, 5) };
        for (precision, tolerance) in [(Precision::F64, 1e-10), (Precision::F32, 1e-5)] {
            let run = Run::new(1).precision(precision);
            let theta = form.init(precision, &Stream::new(4)).unwrap();
            let mut plan = Plan::new(problem.clone(), form, &run).unwrap();
            let mut tape = Coupled::new(problem.clone(), form, &run);
            let [mut by_plan, mut by_tape] = [theta.zeros_like(), theta.zeros_like()];
            let found = plan.gradient(&theta, batch, &mut by_plan).unwrap().mean;
            let exact = tape.gradient(&theta, batch, &mut by_tape).unwrap().mean;
            assert!((found - exact).abs() < tolerance * exact, "{activation:?} {found} {exact}");
            let value = plan.value(&theta, batch).unwrap().mean;
            assert!((value - exact).abs() < tolerance * exact);
            for k in 0..theta.layout().blocks.len() {
                assert!(close(&by_plan.get(k), &by_tape.get(k), tolerance), "{activation:?} {k}");
            }
        }
    }
}

#[test]
fn agree_moves_with_and_without_a_fused_kernel() {
    let form = TwoLayer { start: Start::Ntk, ..form(21, 5, Scaling::MeanField) };
    let run = Run::new(20).precision(Precision::F64);
    let batch = Batch { purpose: Purpose::Training, step: 0, n: 37 };
    let end = |clip: Option<f64>| {
        let mut plan = Plan::new(neuron(37, 5), form, &run).unwrap();
        let mut theta = form.init(Precision::F64, &Stream::new(4)).unwrap();
        let update = ground::kernel::update::Update::Momentum { rate: 0.2, keep: 0.9 };
        for _ in 0..20 {
            plan.descend(&mut theta, batch, frame::Move { update, clip }).unwrap();
        }
        assert_eq!((plan.made, plan.work().gradients), (20, 20 * 37));
        theta
    };
    // A limit that is never reached takes the other way to the same numbers.
    let (fused, plain) = (end(None), end(Some(1e9)));
    assert!(close(&fused.flat(), &plain.flat(), 1e-14));
    assert!(!close(
        &fused.flat(),
        &form.init(Precision::F64, &Stream::new(4)).unwrap().flat(),
        1e-3
    ));
}

fn trained(problem: Regression, form: TwoLayer, rate: f64, run: &Run) -> (Measured, Params) {
    let solution = solve(problem, form, ball(rate, run.iterations), run, &mut Blind).unwrap();
    (solution.answer, solution.params)
}

#[test]
fn one_neuron_is_found() {
    let m = 16;
    let run = Run::new(20_000).until(1e-6);
    let form = form(m, 5, Scaling::MeanField);
    let (answer, _) = trained(neuron(200, 5), form, 0.01 * m as f64, &run);
    let get = |name: &str| answer.get(name).unwrap().mean;
    assert!(get("training-error") <= 1e-6 && get("iterations") < 20_000.0);
    assert!(get("test-error") < 1e-4, "{answer}");
    assert!(
        (get("path-norm") - 1.0).abs() < 0.1 && get("neurons-for-90-percent") <= 10.0,
        "{answer}"
    );
    // The closed form against fresh points, and the mean against E(σ − Eσ)² = ½ − 1/(2π).
    let test = answer.get("test-error").unwrap();
    assert!((test.mean - get("population-risk")).abs() < 6.0 * test.stderr, "{answer}");
    let mean = &answer.baselines[0];
    let exact = 0.5 - 0.5 / std::f64::consts::PI;
    assert!((mean.value - exact).abs() < 6.0 * mean.stderr.unwrap() + 0.01, "{answer}");
    // relu(t) = t/2 + |t|/2: the linear part is exact, and E(|t|/2 − E|t|/2)² = ¼(1 − 2/π).
    let linear = answer.baselines.iter().find(|one| one.name.starts_with("linear")).unwrap();
    let exact = 0.25 * (1.0 - 2.0 / std::f64::consts::PI);
    assert!((linear.value / exact - 1.0).abs() < 0.15, "{answer}");
    assert!(
        answer.baselines.iter().any(|one| one.name == "random features" && one.value > test.mean)
    );
}

#[test]
fn a_penalty_keeps_the_path_norm_near_that_of_the_target() {
    let form = TwoLayer { start: Start::Gaussian { kappa: 1.0 }, ..form(50, 5, Scaling::Plain) };
    let run = Run::new(3000);
    let norm = |penalty: f64| {
        let problem = Regression { penalty, loss: Loss::HalfMeanSquare, ..neuron(50, 5) };
        trained(problem, form, 2e-3, &run).0.get("path-norm-l1").unwrap().mean
    };
    let [free, held] = [norm(0.0), norm(1e-2)];
    assert!(free > 3.0 * held && (held - 1.0).abs() < 0.25, "{free} {held}");
}

#[test]
fn bits_do_not_depend_on_instructions() {
    let run = Run::new(200);
    let weaker = run.clone().vector(frame::run::Vector::Avx2);
    let form = form(37, 5, Scaling::Plain);
    let [native, avx2] = [run, weaker].map(|run| trained(neuron(25, 5), form, 0.01, &run).1.flat());
    assert_eq!(native, avx2);
}

#[test]
fn classes_have_an_accuracy() {
    let mut problem = neuron(100, 3);
    for sample in [&mut problem.train, &mut problem.test] {
        sample.y = sample.x.chunks(3).map(|x| if x[0] > 0.0 { 1.0 } else { -1.0 }).collect();
    }
    problem.truth = None;
    let (answer, _) = trained(problem, form(32, 3, Scaling::Plain), 0.01, &Run::new(500));
    assert!(answer.get("test-accuracy").unwrap().mean > 0.9, "{answer}");
    assert!(answer.get("population-risk").is_none());
}

#[test]
fn larger_samples_begin_with_the_points_of_smaller_ones() {
    let [few, many] = [10, 40].map(|n| neuron(n, 3));
    assert_eq!(many.train.first(10), few.train);
    assert_eq!(many.test, few.test);
}

#[test]
fn what_does_not_fit_is_refused() {
    let run = Run::new(1);
    let refused = |problem: Regression, form: TwoLayer| {
        Plan::new(problem, form, &run).unwrap_err().to_string()
    };
    let form = form(4, 3, Scaling::Plain);
    assert!(refused(neuron(5, 2), form).contains("The network takes 3"));
    assert!(refused(Regression { penalty: -1.0, ..neuron(5, 3) }, form).contains("penalty"));
    let mut odd = neuron(5, 3);
    odd.train.y[2] = f64::NAN;
    assert!(refused(odd, form).contains("finite"));
    assert!(
        Regression::drawn(Truth { noise: -1.0, ..truth("x[1]", 1) }, [1, 1], &Stream::new(1))
            .is_err()
    );
}
