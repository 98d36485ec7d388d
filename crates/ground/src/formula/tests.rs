//! What the formula room promises, checked.

mod lanes;
mod sentences;
mod slopes;
mod text;

use super::{Constant, Expr, Scope, Shape, parse};

/// The components of the vectors in these tests.
const D: usize = 5;

/// t, u; x, z of length D; some constants; `i`.
fn scope() -> Scope {
    let scope = Scope { dim: Some(D), ..Scope::default() };
    scope
        .variable("t", Shape::Scalar)
        .variable("x", Shape::Vector(D))
        .variable("u", Shape::Scalar)
        .variable("z", Shape::Vector(D))
        .constant("d", Constant::Number(D as f64))
        .constant("T", Constant::Number(1.0))
        .constant("pi", Constant::Number(std::f64::consts::PI))
        .constant("lambda", Constant::Number(1.5))
        .constant("c", Constant::Vector(vec![0.5, -1.0, 2.0, 0.25, 1.5]))
        .constant(
            "A",
            Constant::Matrix {
                rows: 2,
                columns: D,
                data: (0..2 * D).map(|k| 0.3 * k as f64 - 1.0).collect(),
            },
        )
}

fn formula(text: &str) -> Expr {
    parse(text, &scope()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn t() -> Expr {
    Expr::variable("t", Shape::Scalar)
}
fn u() -> Expr {
    Expr::variable("u", Shape::Scalar)
}
fn x() -> Expr {
    Expr::variable("x", Shape::Vector(D))
}
fn z() -> Expr {
    Expr::variable("z", Shape::Vector(D))
}

/// A point at which nothing is special.
const POINT: ([f64; 1], [f64; D], [f64; 1], [f64; D]) =
    ([0.3], [0.7, -0.4, 1.9, 0.2, -1.1], [1.3], [-0.6, 0.9, 0.35, -1.4, 0.8]);

fn at_point(e: Expr) -> Vec<f64> {
    e.evaluate(&[(t(), &POINT.0), (x(), &POINT.1), (u(), &POINT.2), (z(), &POINT.3)])
}

/// One formula for each operation of the language, smooth and finite at the point and near it.
const FORMULAS: [&str; 64] = [
    "exp(x)",
    "expm1(0.3 * x)",
    "ln(x^2 + 0.1)",
    "log1p(x^2)",
    "sqrt(1 + x^2)",
    "sin(x)",
    "cos(3 * x)",
    "tan(0.5 * x)",
    "tanh(x)",
    "erf(x)",
    "normcdf(x)",
    "asinh(x)",
    "sigmoid(x)",
    "softplus(x)",
    "abs(x)",
    "sign(x) * x",
    "step(x) * x^2",
    "relu(x)",
    "round(x) + x",
    "floor(x) * x",
    "inverse(x)",
    "min(x, z)",
    "max(x, 0.1)",
    "clamp(x, -1, 1)",
    "(x < z) * x",
    "(x >= z) * x",
    "(x == z) + (x <= 0) + (x > 0)",
    "if(x > 0, x^3, sin(x))",
    "if(u > 0, x * u, z)",
    "share(x, z) * z",
    "sum(x)",
    "mean(x^3)",
    "min(x)",
    "max(x * z)",
    "dot(x, z)",
    "|x|",
    "|x|^2",
    "|x|^3",
    "|x - z|^4",
    "|u|",
    "A * x",
    "A * (x * z)",
    "x[1]",
    "x[2] * x[5]",
    "x[2:d] * x[1:d-1]",
    "sum(100 * (x[2:d] - x[1:d-1]^2)^2 + (1 - x[1:d-1])^2)",
    "cos(sum(i * x))",
    "x^-2",
    "(x^2)^0.7",
    "(2 + u)^x",
    "(x^2 + 1)^u",
    "x / z",
    "1 / (1 + x)",
    "u / z",
    "x / u",
    "ln(0.5 * (1 + |x|^2))",
    "-0.5 * lambda * |z|^2",
    "sin((|x|^2 / d)^0.4)",
    "ln(0.5 * (1 + sum((0.1 + 1.9 * (i - 1) / (d - 1)) * x^2)))",
    "max(mean(x) + 1, 0)",
    "u - u^3 + lambda * t * sum(c * x)",
    "repeat(u * x[1], 3)",
    "embed(x[2:3], 2, 6)",
    "exp(-t) * x * sum(z) + c",
];
