//! Every known model against its own equation: the residual of the exact solution vanishes.
//!
//! ```text
//! u_t + μ·∇u + ½ tr(σσᵀ∇²u) + f(t, x, u, σᵀ∇u) = 0
//! ```
//! Derivatives are differences of the exact u and ∇u of fourth order; the coefficients are the
//! formulas the solver would compile.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use ground::formula::Expr;
use ground::stream::Stream;
use paths::known::{
    AllenCahn, BlackScholesBarenblatt, Burgers, Heat, HjbLqg, Known, Oscillating,
    QuadraticGradient, ReactionDiffusion, Unbounded,
};
use paths::model::{Diffusion, Equation};

const STEP: f64 = 1e-3;

/// f′(0) to fourth order in the step.
fn slope(f: impl Fn(f64) -> f64) -> f64 {
    let pair = |h: f64| f(h) - f(-h);
    (8.0 * pair(STEP) - pair(2.0 * STEP)) / (12.0 * STEP)
}

fn moved(x: &[f64], i: usize, by: f64) -> Vec<f64> {
    let mut x = x.to_vec();
    x[i] += by;
    x
}

/// The numbers a formula gives for every coordinate.
fn spread(formula: Expr, at: &[(Expr, &[f64])], d: usize) -> Vec<f64> {
    let values = formula.evaluate(at);
    if values.len() == d { values } else { vec![values[0]; d] }
}

/// The residual at one point, and the size of its largest term.
fn residual(model: &impl Known, t: f64, x: &[f64]) -> (f64, f64) {
    let equation = Equation::from(model);
    let d = equation.dim;
    let gradient = model.gradient(t, x).unwrap();
    for i in 0..d {
        let found = slope(|h| model.value(t, &moved(x, i, h)));
        let size = 1.0 + gradient[i].abs() + model.value(t, x).abs();
        assert!((gradient[i] - found).abs() < 1e-8 * size, "∂_{i} u: {} ≠ {found}", gradient[i]);
    }
    let at = equation.variables();
    let here: [(Expr, &[f64]); 2] = [(at.t, &[t]), (at.x, x)];
    let sigma = match &equation.diffusion {
        Diffusion::Scalar(sigma) | Diffusion::Diagonal(sigma) => spread(*sigma, &here, d),
        _ => unreachable!("no known model has a matrix"),
    };
    let drift = spread(equation.drift, &here, d);
    let bend = |i: usize| slope(|h| model.gradient(t, &moved(x, i, h)).unwrap()[i]);
    let z: Vec<f64> = sigma.iter().zip(&gradient).map(|(s, p)| s * p).collect();
    let u = [model.value(t, x)];
    let all = [here[0], here[1], (at.u, &u), (at.z, &z), (at.grad_u, &gradient)];
    let terms = [
        slope(|h| model.value(t + h, x)),
        drift.iter().zip(&gradient).map(|(m, p)| m * p).sum(),
        (0..d).map(|i| 0.5 * sigma[i] * sigma[i] * bend(i)).sum(),
        equation.source.evaluate(&all)[0],
    ];
    let size = terms.iter().fold(1.0, |most: f64, term| most.max(term.abs()));
    (terms.iter().sum(), size)
}

/// At eight points of the region where paths go, and at the end u = g.
fn solves(model: &impl Known, centre: f64, width: f64) {
    solves_at(8, model, (centre, width));
}

fn solves_at(n_points: u64, model: &impl Known, (centre, width): (f64, f64)) {
    let equation = Equation::from(model);
    let stream = Stream::new(5).child("points");
    for point in 0..n_points {
        let x: Vec<f64> =
            (0..equation.dim).map(|i| centre + width * stream.normal(point, 0, i)).collect();
        let t = equation.horizon * (0.05 + 0.9 * stream.uniform(point, 1, 0));
        let (off, size) = residual(model, t, &x);
        assert!(off.abs() < 1e-8 * size, "t = {t}: residual {off:.2e} beside {size:.2e}");
        let g = equation.terminal.evaluate(&[(equation.variables().x, &x)])[0];
        let u = model.value(equation.horizon, &x);
        assert!((u - g).abs() <= 1e-12 * g.abs().max(1.0), "u(T) = {u} ≠ g = {g}");
    }
}

#[test]
fn exact_hjb_solves_its_equation() {
    solves(&HjbLqg::new(6, 1.0), 0.0, 1.0);
    solves(&HjbLqg::anisotropic(5, 10.0), 0.2, 1.0);
}

#[test]
fn exact_heat_and_quadratic_gradient_solve_their_equations() {
    solves(&Heat { dim: 7 }, 0.0, 1.0);
    solves(&QuadraticGradient { dim: 6 }, 0.3, 1.0);
}

#[test]
fn exact_allen_cahn_solves_its_equation() {
    solves_at(2, &AllenCahn { dim: 3 }, (0.2, 0.6));
    let centre = AllenCahn { dim: 100 }.gradient(0.0, &[0.0; 100]).unwrap();
    assert!(centre.iter().all(|p| *p == 0.0));
}

#[test]
fn exact_burgers_solves_its_equation() {
    solves(&Burgers { dim: 5, horizon: 0.2 }, 0.0, 2.0);
    solves(&Burgers { dim: 20, horizon: 1.0 }, 0.1, 5.0);
    assert!((Burgers { dim: 50, horizon: 0.2 }.value(0.0, &[0.0; 50]) - 0.5).abs() < 1e-15);
}

#[test]
fn exact_reaction_diffusion_solves_its_equation() {
    solves(&ReactionDiffusion { dim: 9 }, 0.1, 1.0);
    assert!((ReactionDiffusion { dim: 100 }.value(0.0, &[0.0; 100]) - 1.6).abs() < 1e-15);
}

#[test]
fn exact_barenblatt_solves_its_equation() {
    let model = BlackScholesBarenblatt { dim: 8 };
    solves(&model, 1.0, 0.3);
    let published = BlackScholesBarenblatt { dim: 100 };
    let u = published.value(0.0, &published.start());
    assert!((u - 77.104_878_747_3).abs() < 1e-9, "{u}");
}

/// Digits of the tables of the paper, where they are right.
#[test]
fn exact_oscillating_solves_its_equation() {
    let known = [(5, 0.467_68), (10, -1.383_395), (20, 0.672_813_5), (50, 1.590_9)];
    for (dim, value) in known {
        solves(&Oscillating { dim }, 1.0, 1.0);
        let u = Oscillating { dim }.value(0.0, &vec![1.0; dim]);
        assert!((u - value).abs() < 1e-4, "d = {dim}: {u} ≠ {value}");
    }
}

/// Digits of the tables of the paper; for d = 5 it prints 0.87715, which is not ½ + cos 7.5.
#[test]
fn exact_unbounded_solves_its_equation() {
    let known = [(1, 1.377_58), (2, 0.570_737), (5, 0.846_635), (8, 1.160_316_7), (10, -0.214_886)];
    for (dim, value) in known {
        solves(&Unbounded { dim }, 0.5, 1.0);
        let u = Unbounded { dim }.value(0.0, &vec![0.5; dim]);
        assert!((u - value).abs() < 6e-6, "d = {dim}: {u} ≠ {value}");
    }
}
