//! Uneven time grids: values of the scheme, limits, and what a grid that is finer towards T gains.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may fail")]

mod judge;

use ground::formula::Expr;
use judge::{solved, within};
use paths::case::{Reading, Scheme};
use paths::known::{BasketCall, DifferentRates, Heat, HjbLqg, Known};
use paths::model::Equation;
use paths::problem::DeepBsde;
use paths::spacing::Spacing;

/// Four steps, as different as they come.
fn given(horizon: f64) -> Spacing {
    Spacing::times([0.0, 0.4, 0.45, 0.9, 1.0].map(|part| part * horizon))
}

#[test]
fn exact_heat_and_its_gradient() {
    let model = Heat { dim: 5 };
    let x = [0.5, -0.2, 0.1, 1.0, 0.0];
    for grid in [Spacing::power(2.0), Spacing::power(0.6), given(1.0)] {
        let value = solved(DeepBsde::new(&model).at(&x).levels([4, 8]).grid(grid), 8192);
        within(&value, model.value(0.0, &x));
        for (g, exact) in value.gradient.iter().zip(model.gradient(0.0, &x).unwrap()) {
            assert!(g.deviation(exact) < 5.0, "∂u = {g} against {exact}");
        }
    }
}

#[test]
fn exact_basket_call() {
    let model = BasketCall { dim: 3, rate: 0.05, volatility: 0.2, strike: 100.0 };
    for grid in [Spacing::power(2.0), given(1.0)] {
        let problem = DeepBsde::new(&model).at(&[100.0; 3]).levels([4, 12]).grid(grid);
        within(&solved(problem, 16_384), model.value(0.0, &[100.0; 3]));
    }
}

const REVERSION: f64 = 3.0;
const TOWARDS: f64 = 1.0;

/// E X_N and E X_N² after Euler steps of dX = κ(θ − X) dt + dB from 0, with the lengths given:
/// X ← (1 − κh) X + κθh + ΔB.
fn euler(lengths: &[f64]) -> [f64; 2] {
    lengths.iter().fold([0.0, 0.0], |[mean, square], &h| {
        let (stays, comes) = (1.0 - REVERSION * h, REVERSION * TOWARDS * h);
        let next = stays * stays * square + 2.0 * stays * comes * mean + comes * comes + h;
        [stays * mean + comes, next]
    })
}

/// Every level has the mean of its own Euler steps, whose lengths are written out here; the limit is
/// that of order 1.
#[test]
fn exact_euler_steps_of_every_level_and_their_limit() {
    let equation = Equation::new(2, 1.0)
        .drift(|at| REVERSION * (TOWARDS - at.x))
        .terminal(|x| x.dot(x) + x.sum());
    let power: fn(usize) -> Vec<f64> = |n| {
        let left = |k: usize| (1.0 - k as f64 / n as f64).powi(2);
        (0..n).map(|k| left(k) - left(k + 1)).collect()
    };
    let times: fn(usize) -> Vec<f64> = |n| {
        let parts = n / 8;
        let each = |h: &f64| vec![h / parts as f64; parts];
        [0.2, 0.2, 0.05, 0.15, 0.1, 0.2, 0.06, 0.04].iter().flat_map(each).collect()
    };
    let given = Spacing::times([0.0, 0.2, 0.4, 0.45, 0.6, 0.7, 0.9, 0.96, 1.0]);
    for (grid, lengths) in [(Spacing::power(2.0), power), (given, times)] {
        let levels = [8, 16, 32];
        let problem = DeepBsde::new(equation.clone()).levels(levels).grid(grid);
        let value = solved(DeepBsde { scheme: Scheme::Euler, ..problem }, 16_384);
        let due = levels.map(|n| 2.0 * euler(&lengths(n)).iter().sum::<f64>());
        for (level, due) in value.levels.iter().zip(due) {
            let z = level.value.deviation(due);
            assert!(z < 5.0, "{} on {} steps, not {due}", level.value, level.steps);
        }
        let limit = (4.0 * due[2] - due[0]) / 3.0;
        within(&value, limit);
        let decay = (-REVERSION).exp();
        let mean = TOWARDS * (1.0 - decay);
        let exact = 2.0 * (mean + mean * mean + (1.0 - decay * decay) / (2.0 * REVERSION));
        let (before, after) = ((due[2] - exact).abs(), (limit - exact).abs());
        assert!(after < before / 5.0, "{due:?} to {limit} for {exact}");
    }
}

#[test]
fn order_of_the_adjoint_weighted_values_on_a_power_grid() {
    let model = HjbLqg::new(10, 1.0);
    let problem = DeepBsde::new(&model).levels([10, 20, 40]).grid(Spacing::power(2.0));
    let value = solved(problem.reading(Reading::Adjoint), 16_384);
    within(&value, model.value(0.0, &[0.0; 10]));
    let limit = value.limit.unwrap();
    let seen = limit.seen.unwrap();
    assert!((seen.mean - 1.0).abs() < 0.2 + 2.0 * seen.stderr, "order {seen}");
    let finest = value.levels[2].value;
    let off = finest.deviation(model.value(0.0, &[0.0; 10]));
    assert!(off > 5.0, "the finest level is {off:.1} standard errors off: nothing to extrapolate");
}

#[test]
fn exact_logarithmic_mean_on_given_times() {
    let model = HjbLqg::new(10, 1.0);
    let value = solved(DeepBsde::new(&model).levels([4, 8]).grid(given(1.0)), 16_384);
    assert_eq!(value.reading, Reading::Logarithmic);
    within(&value, model.value(0.0, &[0.0; 10]));
}

/// A part of the driver that is of t alone has no time-step error on any grid.
#[test]
fn exact_integral_of_the_clock() {
    let equation = Equation::new(2, 1.0)
        .source(|at| (5.0 * at.t).exp() + 0.0 * at.x.sum())
        .terminal(Expr::sum);
    for grid in [Spacing::power(2.0), given(1.0)] {
        let value = solved(DeepBsde::new(equation.clone()).levels([4, 8]).grid(grid), 1024);
        let exact = (5f64.exp() - 1.0) / 5.0;
        assert!((value.answer.mean - exact).abs() < 1e-4 * exact, "{}", value.answer);
    }
}

/// Options that end near their kinks: on as many steps, steps that shrink towards T leave less noise.
/// Of 8192 rests of about normal law R² has a standard error of (1 − R²)√(2/8192), 0.005 here; the
/// tails may double it.
#[test]
fn statistical_a_kink_is_followed_better_by_steps_that_shrink_towards_it() {
    let r2 = |grid: Spacing| {
        let problem = DeepBsde::new(&DifferentRates { dim: 40 }).at(&[100.0; 40]).steps(10);
        solved(problem.grid(grid), 8192).r2
    };
    let (uniform, finer) = (r2(Spacing::default()), r2(Spacing::power(2.0)));
    assert!(finer > uniform + 0.05, "R² {uniform} and {finer}");
}
