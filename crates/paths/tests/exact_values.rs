//! Solved values against exact ones: every known model, with the run's own interval.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may fail")]

use frame::{Run, Verdict};
use paths::answer::Value;
use paths::known::{BasketCall, Heat, HjbLqg, Known, QuadraticGradient};
use paths::problem::DeepBsde;
use paths::reference::radial::Stepped;

fn solved(problem: DeepBsde, fresh: usize) -> Value {
    let solution = problem.solve(&Run::new(150).seed(11).fresh(fresh)).unwrap();
    assert!(!matches!(solution.verdict, Verdict::Contradicted { .. }), "{}", solution.verdict);
    solution.answer
}

fn within(value: &Value, exact: f64) {
    let z = value.answer.deviation(exact);
    assert!(z < 5.0, "{} is {z:.1} standard errors from {exact}", value.answer);
}

#[test]
fn exact_hjb() {
    let model = HjbLqg::new(20, 1.0);
    let value = solved(DeepBsde::new(&model).levels([10, 20, 40]), 8192);
    within(&value, model.value(0.0, &[0.0; 20]));
    assert!(value.r2 > 0.88, "R² {}", value.r2);
    assert!(value.answer.stderr < 1e-3);
    for g in &value.gradient {
        assert!(g.deviation(0.0) < 5.0, "∇u = {g}");
    }
}

#[test]
fn exact_hjb_away_from_the_origin_with_its_gradient() {
    let model = HjbLqg::new(5, 1.0);
    let x = [0.5, -0.2, 0.1, 1.0, 0.0];
    let value = solved(DeepBsde::new(&model).at(&x).levels([10, 20, 40]), 16_384);
    within(&value, model.value(0.0, &x));
    let exact = model.gradient(0.0, &x).unwrap();
    for (g, exact) in value.gradient.iter().zip(exact) {
        assert!((g.mean - exact).abs() < 5.0 * g.stderr + 0.03, "∇u = {g} against {exact}");
    }
}

/// One level answers with the value of the scheme itself.
#[test]
fn exact_backward_value_of_the_scheme() {
    let (dimension, lambda, n_steps) = (10, 1.0, 20);
    let stepped = Stepped { dimension, lambda, horizon: 1.0, n_steps, start: 0.0 };
    let exact = stepped.backward().value(0.0);
    let value = solved(DeepBsde::new(&HjbLqg::new(10, 1.0)).steps(20), 32_768);
    within(&value, exact);
    assert!(value.answer.stderr < 5e-4);
}

#[test]
fn exact_heat() {
    let model = Heat { dim: 10 };
    let value = solved(DeepBsde::new(&model).levels([5, 10, 20]), 8192);
    within(&value, 20.0);
    assert!(value.answer.stderr < 0.02, "{}", value.answer);
}

#[test]
fn exact_basket() {
    let model = BasketCall { dim: 10, rate: 0.05, volatility: 0.2, strike: 100.0 };
    let x = [100.0; 10];
    let value = solved(DeepBsde::new(&model).at(&x).levels([5, 10, 20]), 8192);
    within(&value, model.value(0.0, &x));
    assert!(value.answer.stderr < 0.05, "{}", value.answer);
}

#[test]
fn exact_quadratic_gradient() {
    let model = QuadraticGradient { dim: 20 };
    let value = solved(DeepBsde::new(&model).levels([15, 30, 60]), 8192);
    let exact = model.value(0.0, &[0.0; 20]);
    assert!((value.answer.mean / exact - 1.0).abs() < 2e-3, "{} against {exact}", value.answer);
    assert!(value.r2 > 0.9, "R² {}", value.r2);
}
