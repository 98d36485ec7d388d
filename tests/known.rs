//! Every shipped case states the equation of its known model, formula by formula.
#![allow(clippy::unwrap_used, reason = "a test")]

use esperance::cases::{resolve, shipped};
use esperance::ground::formula::Expr;
use esperance::ground::stream::Stream;
use esperance::paths;
use paths::known::{
    AllenCahn, BlackScholesBarenblatt, Burgers, DefaultRisk, DifferentRates, Oscillating,
    ReactionDiffusion, Unbounded,
};
use paths::model::{Diffusion, Equation, Parabolic};

/// The equation a shipped case says.
fn equation_of(name: &str) -> Equation {
    resolve(shipped::open(name).unwrap()).and_then(|case| case.pose()).unwrap().0.equation
}

/// The numbers a formula gives for every coordinate.
fn spread(formula: Expr, at: &[(Expr, &[f64])], d: usize) -> Vec<f64> {
    let values = formula.evaluate(at);
    if values.len() == d { values } else { vec![values[0]; d] }
}

fn diagonal(equation: &Equation) -> Expr {
    match &equation.diffusion {
        Diffusion::Scalar(sigma) | Diffusion::Diagonal(sigma) => *sigma,
        _ => panic!("no case of these has a matrix"),
    }
}

/// The case `name` states the equation of `model`: all formulas agree at 64 points around
/// x = `centre`, u = `size`.
fn states(name: &str, model: &impl Parabolic, (centre, size): (f64, f64)) {
    let (case, known) = (equation_of(name), Equation::from(model));
    assert_eq!((case.dim, case.horizon), (known.dim, known.horizon), "{name}");
    let (at, d) = (known.variables(), known.dim);
    let stream = Stream::new(11).child(name);
    for point in 0..64 {
        let normal = |k: u32, i: usize| stream.normal(point, k, i);
        let t = [known.horizon * stream.uniform(point, 9, 0)];
        let x: Vec<f64> = (0..d)
            .map(|i| if centre > 0.0 { centre * (0.3 * normal(1, i)).exp() } else { normal(1, i) })
            .collect();
        let u = [size * (0.4 * normal(2, 0)).exp()];
        let z: Vec<f64> = (0..d).map(|i| size * (0.1 + normal(3, i)) / (d as f64).sqrt()).collect();
        let here: [(Expr, &[f64]); 4] = [(at.t, &t), (at.x, &x), (at.u, &u), (at.z, &z)];
        let pairs = [
            (case.drift, known.drift),
            (diagonal(&case), diagonal(&known)),
            (case.source, known.source),
            (case.terminal, known.terminal),
        ];
        for (said, meant) in pairs {
            let (said, meant) = (spread(said, &here, d), spread(meant, &here, d));
            for (said, meant) in said.iter().zip(&meant) {
                let off = (said - meant).abs();
                assert!(off <= 1e-11 * (1.0 + meant.abs()), "{name}: {said} ≠ {meant}");
            }
        }
    }
}

#[test]
fn shipped_cases_state_the_equations_of_the_known_models() {
    states("allen-cahn-100d", &AllenCahn { dim: 100 }, (0.0, 0.5));
    states("default-risk-100d", &DefaultRisk { dim: 100 }, (100.0, 60.0));
    states("different-rates-100d", &DifferentRates { dim: 100 }, (65.0, 20.0));
    states("burgers-20d", &Burgers { dim: 20, horizon: 1.0 }, (0.0, 0.5));
    states("burgers-50d", &Burgers { dim: 50, horizon: 0.2 }, (0.0, 0.5));
    states("reaction-diffusion-100d", &ReactionDiffusion { dim: 100 }, (0.0, 1.6));
    states("black-scholes-barenblatt-100d", &BlackScholesBarenblatt { dim: 100 }, (1.0, 70.0));
    for dim in [5, 10, 20, 50] {
        states(&format!("dbdp-{dim}d"), &Oscillating { dim }, (0.0, 0.5));
    }
    for dim in [2, 5] {
        states(&format!("dbdp-unbounded-{dim}d"), &Unbounded { dim }, (0.0, 0.5));
    }
}
