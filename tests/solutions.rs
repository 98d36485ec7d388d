//! Every known solution of a shipped case solves its equation: inside, at the end, and at x₀.
#![allow(clippy::unwrap_used, reason = "a test")]

use esperance::cases::{resolve, shipped};
use ground::formula::{Expr, Shape};
use ground::stream::Stream;
use paths::model::Equation;

/// A point where paths come, from the stream of its number: around 0, or within a share of x₀.
fn point(at: &[f64], number: u64) -> Vec<f64> {
    let stream = Stream::new(number);
    let near = |(i, x): (usize, &f64)| {
        let spread = if *x == 0.0 { 0.8 } else { 0.2 * x.abs() };
        x + spread * stream.normal(0, 0, i)
    };
    at.iter().enumerate().map(near).collect()
}

/// u_t + μ·∇u + ½ tr(σσᵀ∇²u) + f at a point, and the size of its terms.
fn residual(equation: &Equation, u: Expr, t: f64, x: &[f64]) -> (f64, f64) {
    let at = equation.variables();
    let here = [(at.t, std::slice::from_ref(&t)), (at.x, x)];
    let number = |e: Expr| e.evaluate(&here).iter().sum::<f64>();
    let slope = u.gradient(at.x);
    let drift: f64 = {
        let (mu, slope) = (equation.drift.evaluate(&here), slope.evaluate(&here));
        slope.iter().enumerate().map(|(i, s)| s * mu[i.min(mu.len() - 1)]).sum()
    };
    // tr(σσᵀ H) = Σ vᵀ H v over the columns v of σ.
    let column = |i: usize| {
        let unit: Vec<f64> = (0..x.len()).map(|k| f64::from(u8::from(k == i))).collect();
        let v = equation.sigma_times(Expr::vector(&unit)).evaluate(&here);
        let v = if v.len() == 1 { v[0] * Expr::vector(&unit) } else { Expr::vector(&v) };
        number(u.along(at.x, v).along(at.x, v))
    };
    let spread = 0.5 * (0..x.len()).map(column).sum::<f64>();
    let driver = equation.driver().unwrap();
    let (value, z) = (u.evaluate(&here), equation.sigma_transposed(slope).evaluate(&here));
    let all = [here[0], here[1], (at.u, value.as_slice()), (at.z, z.as_slice())];
    let source = driver.evaluate(&all)[0];
    let terms = [number(u.gradient(at.t)), drift, spread, source];
    (terms.iter().sum(), terms.iter().map(|term| term.abs()).sum())
}

#[test]
fn exact_solutions_solve_their_equations() {
    let mut known = 0;
    for (_, name) in shipped::names() {
        let resolved = resolve(shipped::open(&name).unwrap()).unwrap();
        let Some(u) = resolved.known().unwrap().solution else { continue };
        known += 1;
        let (problem, _) = resolved.pose().unwrap();
        let (equation, at) = (&problem.equation, problem.equation.variables());
        let start = problem.at.mean(equation.dim);
        let value = |t: f64, x: &[f64]| u.evaluate(&[(at.t, &[t]), (at.x, x)])[0];
        for number in 0..2 {
            let x = point(&start, number);
            let t = equation.horizon * (0.3 + 0.2 * number as f64);
            let (left, size) = residual(equation, u, t, &x);
            assert!(left.abs() < 1e-9 * size.max(1e-3), "{name}: {left:e} of {size:e}");
            let end = equation.terminal.evaluate(&[(at.x, &x)])[0];
            let told = value(equation.horizon, &x);
            assert!((end - told).abs() < 1e-9 * end.abs().max(1.0), "{name}: g {end}, u {told}");
        }
        if problem.at.is_law() {
            continue;
        }
        let expected = resolved.expect.as_ref().unwrap().answer.as_ref().unwrap().value;
        let told = value(0.0, &start);
        assert!((expected - told).abs() < 1e-8 * told.abs(), "{name}: {expected}, u {told}");
    }
    assert!(known >= 12, "{known} solutions are known");
}

#[test]
fn a_solution_is_checked_with_the_case() {
    let mut case = shipped::open("heat-100d").unwrap();
    case.set("--set", "expect.solution", "|x|^2 + 2 * d * (T - s)").unwrap();
    let error = resolve(case).unwrap().job().err().unwrap().to_string();
    assert!(error.contains("expect.solution: `s` is not defined"), "{error}");
    let u = resolve(shipped::open("heat-100d").unwrap()).unwrap().known().unwrap().solution;
    assert_eq!(u.unwrap().shape(), Shape::Scalar);
}
