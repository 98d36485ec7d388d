//! Solved values against exact ones: every known model, with the run's own interval.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may fail")]

mod judge;

use ground::formula::Expr;
use judge::{solved, within};
use paths::answer::Value;
use paths::case::{Coefficient, Correlated, Correlation, Model, Scheme, Text, Volatility};
use paths::known::{BasketCall, Heat, HjbLqg, Known, QuadraticGradient};
use paths::model::Equation;
use paths::problem::DeepBsde;
use paths::reference::geometric_basket::GeometricBasket;
use paths::reference::radial::Stepped;

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
    assert!(value.sampled.stderr < 5e-4);
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

/// A call on the geometric mean of correlated stocks, from the words of a case file.
#[test]
fn exact_correlated_geometric_basket_with_its_gradient() {
    let market = GeometricBasket {
        dimension: 5,
        spot: 100.0,
        strike: 100.0,
        rate: 0.05,
        volatility: 0.2,
        correlation: 0.3,
        horizon: 1.0,
    };
    let model = Model {
        dim: 5,
        horizon: 1.0,
        drift: Text::Formula("0.05 * x".to_owned()),
        diffusion: Coefficient::Correlated(Correlated {
            volatility: Volatility::Formula("0.2 * x".to_owned()),
            correlation: Correlation::Number(0.3),
        }),
        source: Text::Number(0.0),
        terminal: Text::Formula("exp(-0.05 * T) * max(exp(mean(ln(x))) - 100, 0)".to_owned()),
        constants: std::collections::BTreeMap::new(),
    };
    let problem = DeepBsde::new(model.equation().unwrap()).at(&[100.0; 5]).levels([5, 10]);
    assert!(problem.step().unwrap().exact);
    let value = solved(problem, 16_384);
    within(&value, market.call());
    assert!(value.answer.stderr < 0.05, "{}", value.answer);
    for g in &value.gradient {
        assert!(g.deviation(market.slope()) < 5.0, "∂u = {g} against {}", market.slope());
    }
}

#[test]
fn exact_quadratic_gradient() {
    let model = QuadraticGradient { dim: 20 };
    let value = solved(DeepBsde::new(&model).levels([15, 30, 60]), 8192);
    let exact = model.value(0.0, &[0.0; 20]);
    assert!((value.answer.mean / exact - 1.0).abs() < 2e-3, "{} against {exact}", value.answer);
    assert!(value.r2 > 0.9, "R² {}", value.r2);
}

/// An Ornstein–Uhlenbeck process, component by component: κ, θ, σ.
const KAPPA: [f64; 4] = [3.0, 1.0, 0.0, -0.5];
const THETA: [f64; 4] = [1.0, -0.5, 0.0, 2.0];
const SIGMA: [f64; 4] = [0.5, 1.0, 0.7, 0.3];
const START: [f64; 4] = [0.2, 0.4, -0.3, 1.0];

fn reverting(terminal: impl FnOnce(Expr) -> Expr) -> DeepBsde {
    let equation = Equation::new(4, 1.0)
        .drift(|at| Expr::vector(&KAPPA) * (Expr::vector(&THETA) - at.x))
        .diffusion(Expr::vector(&SIGMA))
        .terminal(terminal);
    DeepBsde::new(equation).at(&START).levels([1, 2, 4])
}

/// Mean and variance of component i at time 1.
fn moments(i: usize) -> (f64, f64) {
    let (kappa, theta, sigma) = (KAPPA[i], THETA[i], SIGMA[i]);
    if kappa == 0.0 {
        return (START[i], sigma * sigma);
    }
    let mean = theta + (-kappa).exp() * (START[i] - theta);
    (mean, sigma * sigma * (1.0 - (-2.0 * kappa).exp()) / (2.0 * kappa))
}

/// Every level has the mean of the process, however long its steps.
fn within_on_every_level(value: &Value, exact: f64) {
    within(value, exact);
    for level in &value.levels {
        let z = level.policy.deviation(exact);
        assert!(z < 5.0, "{} on {} steps is {z:.1} errors off", level.policy, level.steps);
    }
    assert_eq!(value.limit.as_ref().unwrap().order, None, "there is nothing to extrapolate");
}

#[test]
fn exact_mean_of_an_ornstein_uhlenbeck_process_and_its_gradient() {
    let weights = [1.0, -2.0, 0.5, 3.0];
    let value = solved(reverting(|x| Expr::vector(&weights).dot(x)), 16_384);
    let exact: f64 = (0..4).map(|i| weights[i] * moments(i).0).sum();
    within_on_every_level(&value, exact);
    for (i, g) in value.gradient.iter().enumerate() {
        let exact = weights[i] * (-KAPPA[i]).exp();
        assert!(g.deviation(exact) < 5.0, "∂_{i} u = {g} against {exact}");
    }
}

#[test]
fn exact_variance_of_an_ornstein_uhlenbeck_process() {
    let problem = reverting(|x| x.dot(x));
    let exact: f64 = (0..4).map(|i| moments(i).0.powi(2) + moments(i).1).sum();
    within_on_every_level(&solved(problem.clone(), 16_384), exact);
    let euler = solved(DeepBsde { scheme: Scheme::Euler, ..problem }, 16_384);
    let z = euler.levels[0].policy.deviation(exact);
    assert!(z > 20.0, "one step of Euler is off, by {z:.1} standard errors");
}
