//! Derivatives against central differences.

use super::super::Expr;
use super::{FORMULAS, POINT, at_point, formula, t, u, x, z};

/// Finite difference of the sum of the components by component `k` of `by`, on an offset.
fn difference(e: Expr, by: Expr, direction: &[f64]) -> Vec<f64> {
    let h = 1e-5;
    let shifted = |s: f64| {
        let offset: Vec<f64> = direction.iter().map(|v| s * v).collect();
        let offset = match by.shape().count() {
            1 => Expr::number(offset[0]),
            _ => Expr::vector(&offset),
        };
        at_point(e.substitute(&[(by, by + offset)]))
    };
    shifted(h).iter().zip(shifted(-h)).map(|(a, b)| (a - b) / (2.0 * h)).collect()
}

fn close(a: &[f64], b: &[f64], what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() < 2e-7 * (1.0 + a.abs()), "{what}: {a} is not {b}");
    }
}

fn check_gradient(e: Expr, by: Expr) {
    let n = by.shape().count();
    let gradient = at_point(e.gradient(by));
    let expected: Vec<f64> = (0..n)
        .map(|k| {
            let mut direction = vec![0.0; n];
            direction[k] = 1.0;
            difference(e, by, &direction).iter().sum()
        })
        .collect();
    close(&gradient, &expected, &format!("gradient of {e} by {by}"));
}

#[test]
fn gradients_are_the_slopes() {
    for text in FORMULAS {
        for by in [t(), x(), u(), z()] {
            check_gradient(formula(text), by);
        }
    }
}

#[test]
fn tangents_are_the_slopes() {
    let direction = [0.4, -0.3, 0.8, 1.1, -0.2];
    for text in FORMULAS {
        let e = formula(text);
        for by in [x(), z()] {
            let tangent = at_point(e.along(by, Expr::vector(&direction)));
            close(&tangent, &difference(e, by, &direction), &format!("{e} along {by}"));
        }
        let tangent = at_point(e.along(u(), Expr::number(0.7)));
        close(&tangent, &difference(e, u(), &[0.7]), &format!("{e} along u"));
    }
}

#[test]
fn second_derivatives_are_the_slopes_of_the_first() {
    let v = Expr::vector(&[0.4, -0.3, 0.8, 1.1, -0.2]);
    for text in FORMULAS {
        let e = formula(text);
        check_gradient(e.gradient(x()) * v, x());
        check_gradient(e.gradient(u()), x());
        check_gradient(e.along(x(), v), z());
    }
}

#[test]
fn kinks_follow_the_convention() {
    let zero = [0.0; 5];
    let at_zero = |text: &str| formula(text).gradient(x()).evaluate(&[(x(), &zero)]);
    assert_eq!(at_zero("|x|"), zero);
    assert_eq!(at_zero("sum(relu(x))"), zero);
    assert_eq!(at_zero("sum(sqrt(max(x, 0)))"), zero);
    assert_eq!(at_zero("sum(abs(x))"), zero);
    assert_eq!(at_zero("min(x)"), [0.2; 5]);
    assert_eq!(at_zero("max(x)"), [0.2; 5]);
    assert_eq!(at_zero("sum(min(x, 0))"), [0.5; 5]);
    assert_eq!(at_zero("sum(max(x, 2 * x))"), [1.5; 5]);
    // The branch not taken has an infinite or undefined derivative.
    assert_eq!(at_zero("sum(if(x > 0, sqrt(x), 3 * x))"), [3.0; 5]);
    assert_eq!(at_zero("if(x[1] > 0, ln(x[1]), 2 * x[2])"), [0.0, 2.0, 0.0, 0.0, 0.0]);
}

#[test]
fn gradients_are_short() {
    let text = |text: &str| formula(text).gradient(x()).to_string();
    assert_eq!(text("ln(0.5 * (1 + |x|^2))"), "2 / (1 + |x|^2) * x");
    assert_eq!(text("lambda * sum(x)"), "repeat(1.5, 5)");
    assert_eq!(formula("-0.5 * u * |z|^2").gradient(z()).to_string(), "-u * z");
    assert_eq!(text("x[2]"), "[0, 1, 0, 0, 0]");
    assert_eq!(formula("t * u").gradient(x()).to_string(), "repeat(0, 5)");
    assert_eq!(POINT.1.len(), 5);
}
