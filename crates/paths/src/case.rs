//! The parameters of a case file, documented.
//!
//! These structs are the documentation: `explain` and the schema are made from the comments below.

use frame::{Descent, Job, Posed};
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::plan::PathPlan;

/// `[model] kind = "parabolic"`: u_t + μ·∇u + ½ tr(σσᵀ∇²u) + f = 0, u(T, x) = g(x).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Model {
    /// d, the number of components of x; at least 1.
    pub dim: usize,
    /// T, the time at which u(T, x) = g(x) is given; positive.
    pub horizon: f64,
    /// μ(t, x), a formula that gives a vector (a number is repeated). Default: 0.
    #[serde(default = "zero")]
    pub drift: Text,
    /// σ(t, x): a formula that gives a number (σ times the identity) or a vector (the diagonal), or
    /// a constant d × d matrix as a list of rows or as the name of a constant.
    pub diffusion: Coefficient,
    /// f(t, x, z) with z = σᵀ∇u, or f(t, x, grad_u), but not of both. Default: 0.
    #[serde(default = "zero")]
    pub source: Text,
    /// g(x), a formula that gives a number.
    pub terminal: Text,
    /// Names the formulas may use: numbers, lists (vectors) and lists of rows (matrices).
    #[serde(default)]
    pub constants: BTreeMap<String, Constant>,
}

/// A formula: text, or a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Text {
    /// In the formula language.
    Formula(String),
    /// A number.
    Number(f64),
}

/// σ: a formula, a number or a constant matrix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Coefficient {
    /// In the formula language.
    Formula(String),
    /// A number: σ times the identity.
    Number(f64),
    /// The diagonal.
    Diagonal(Vec<f64>),
    /// A matrix, row by row.
    Matrix(Vec<Vec<f64>>),
}

/// A constant: a number, a vector or a matrix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Constant {
    /// A number.
    Number(f64),
    /// A vector.
    Vector(Vec<f64>),
    /// A matrix, row by row.
    Matrix(Vec<Vec<f64>>),
}

/// `[problem] kind = "deep-bsde"`: find Z along the paths from x₀ so that y₀ does not vary from path
/// to path. [HJE18]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Problem {
    /// x₀: one number for every component, or a list. Default: 0.
    #[serde(default = "origin")]
    pub at: Point,
    /// Levels of the time grid, increasing, each a divisor of the last: the function is trained on
    /// the first and evaluated on all; one number for one level. Default: [20, 40, 80].
    #[serde(default = "levels")]
    pub steps: Steps,
    /// How paths step: "exact" for constant coefficients and geometric Brownian motion, "euler"
    /// (Euler–Maruyama), or "auto": exact where it is recognised. Default: "auto".
    #[serde(default)]
    pub scheme: Scheme,
    /// Whether training paths follow the current function (drift σ ∂f/∂z): true, false, or "auto":
    /// where f depends on z. Default: "auto".
    #[serde(default)]
    pub on_policy: Choice,
    /// How u(0, x₀) is read off: "adjoint", the adjoint-weighted value, "logarithmic", the mean of
    /// e^(−λG) for f = −½λ|z|² + c(t), or "auto": logarithmic where its gate allows. Default:
    /// "auto".
    #[serde(default)]
    pub value: Reading,
}

/// x₀.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Point {
    /// The same number in every component.
    Number(f64),
    /// Component by component.
    List(Vec<f64>),
}

/// Levels of the time grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Steps {
    /// One level.
    One(i64),
    /// Several.
    Many(Vec<i64>),
}

/// How paths step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// Exact where the law is recognised, else Euler–Maruyama.
    #[default]
    Auto,
    /// Exact; an error where the law is not recognised.
    Exact,
    /// Euler–Maruyama.
    Euler,
}

/// How u(0, x₀) is read off the paths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// Logarithmic where its gate allows, else adjoint.
    #[default]
    Auto,
    /// The adjoint-weighted value.
    Adjoint,
    /// −λ⁻¹ ln of the mean of e^(−λG).
    Logarithmic,
}

/// Yes, no, or as the equation suggests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Choice {
    /// Said.
    Said(bool),
    /// "auto".
    Auto(Auto),
}

/// The word "auto".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Auto {
    /// As the equation suggests.
    Auto,
}

/// `[representation] kind = "directions"`: Z = Σ c_k D_k, a small network gives the coefficients c
/// of directions known from the paths: the gradient of the smoothed terminal value, x, and a few
/// active ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Representation {
    /// M, antithetic pairs that smooth the terminal value; 0 for its raw gradient. Default: 4, or 64
    /// where g is kinked (contains min, max, abs, relu, step, sign, clamp or if).
    #[serde(default)]
    pub pairs: Option<usize>,
    /// Active directions: leading eigenvectors of the mean of b bᵀ. Default: 4, at most d.
    #[serde(default)]
    pub active: Option<usize>,
    /// Widths of the hidden layers of the coefficient network. Default: [32, 32].
    #[serde(default = "hidden")]
    pub hidden: Vec<usize>,
    /// Where training starts: "smoothed" (Z is the gradient of the smoothed terminal value) or
    /// "zero" (Z ≡ 0). Default: "smoothed".
    #[serde(default)]
    pub start: Start,
}

/// Where training starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// Z = b, the gradient of the smoothed terminal value.
    #[default]
    Smoothed,
    /// Z ≡ 0.
    Zero,
}

fn zero() -> Text {
    Text::Number(0.0)
}

fn origin() -> Point {
    Point::Number(0.0)
}

fn levels() -> Steps {
    Steps::Many(vec![20, 40, 80])
}

fn hidden() -> Vec<usize> {
    vec![32, 32]
}

impl Default for Choice {
    fn default() -> Self {
        Self::Auto(Auto::Auto)
    }
}
