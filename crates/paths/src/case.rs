//! The parameters of a case file, documented.
//!
//! These structs are the documentation: `explain` and the schema are made from the comments below.

mod correlated;
pub mod representation;

use frame::text::{at_key, finite, flat, single};
use frame::{Descent, Job, Posed};
use ground::formula::{self, Expr, Scope, Shape, parse};
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use frame::text::{Constant, Text};

pub use correlated::{Correlated, Correlation, MatrixFile, Volatility};
pub use representation::{Representation, Start};

use crate::form::Form;
use crate::model::{Diffusion, Equation};
use crate::origin::Origin;
use crate::plan::PathPlan;
use crate::problem::DeepBsde;
use crate::spacing::Spacing;

/// `[model] kind = "parabolic"`: u_t + μ·∇u + ½ tr(σσᵀ∇²u) + f = 0, u(T, x) = g(x).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Model {
    /// d, the number of components of x.
    #[schemars(range(min = 1))]
    pub dim: usize,
    /// T, the time at which u(T, x) = g(x) is given; positive.
    pub horizon: f64,
    /// μ(t, x), a formula that gives a vector (a number is repeated). Default: 0.
    #[serde(default = "zero")]
    pub drift: Text,
    /// σ(t, x): a formula that gives a number (σ times the identity) or a vector (the diagonal); a
    /// constant d × d matrix as a list of rows, as the name of a constant or in a file; or
    /// volatilities and their correlation.
    pub diffusion: Coefficient,
    /// f(t, x, u, z) with z = σᵀ∇u, or f(t, x, u, grad_u), but not of both. Default: 0.
    #[serde(default = "zero")]
    pub source: Text,
    /// g(x), a formula that gives a number.
    pub terminal: Text,
    /// Names the formulas may use: numbers, lists (vectors) and lists of rows (matrices).
    #[serde(default)]
    pub constants: BTreeMap<String, Constant>,
}

/// σ: a formula, a number, a constant matrix, or volatilities and their correlation.
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
    /// A matrix in a file.
    File(MatrixFile),
    /// Volatilities and their correlation.
    Correlated(Correlated),
}

/// `[problem] kind = "deep-bsde"`: find Z along the paths from x₀ so that y₀ does not vary from path
/// to path. [HJE18]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Problem {
    /// x₀: a point, one number for every component or a list; or a law with independent components,
    /// { mean = m, sd = s } for a normal and { low = a, high = b } for a uniform one, each a number or
    /// a list. With a law the answer is E u(0, x₀), `eval` gives u at points, and the loss is
    /// conditional: it compares 8 paths of each start, so that run.batch and run.look are multiples
    /// of 8; f may not depend on u. Default: 0.
    #[serde(default = "origin")]
    pub at: Origin,
    /// Levels of the time grid, increasing, each a divisor of the last: the function is trained on
    /// the first and evaluated on all; one number for one level. Default: [20, 40, 80].
    #[serde(default = "levels")]
    pub steps: Steps,
    /// How the times of a level are spaced: "uniform"; { power = p }, t = T (1 − (1 − n/N)^p): finer
    /// towards T for p > 1, where g is steep, and towards 0 for p < 1; or { times = [0, …, T] }, those
    /// of the first level: later levels cut its intervals into equal parts. Bounds and `eval` keep a
    /// power, and step uniformly where times are given. Default: "uniform".
    #[serde(default)]
    pub grid: Spacing,
    /// How paths step: "exact" for constant coefficients, geometric Brownian motion and
    /// Ornstein–Uhlenbeck processes (drift affine in x component by component, σ constant), "euler"
    /// (Euler–Maruyama), or "auto": exact where it is recognised. Default: "auto".
    #[serde(default)]
    pub scheme: Scheme,
    /// Whether training paths follow the current function (drift σ ∂f/∂z): true, false, or "auto":
    /// where f depends on z. Default: "auto".
    #[serde(default)]
    pub on_policy: Choice,
    /// How u(0, x₀) is read off: "adjoint", the adjoint-weighted value; "logarithmic", the mean of
    /// e^(−λG) for f = −½λ|z|² + c(t); or "auto": for several levels logarithmic where its gate
    /// allows, for one level adjoint, the value of the scheme with that many steps. Default:
    /// "auto".
    #[serde(default)]
    pub value: Reading,
    /// Bounds between which the truth lies: "auto" where the driver is concave or convex in z, on
    /// twice as many steps as the last level; a number of steps; or "none". Bounds of u itself where
    /// coefficients and driver are constant in t and x, else of the value of the scheme on those
    /// steps; the answer says which. Default: "auto".
    #[serde(default)]
    pub bounds: Enclosure,
    /// Between what numbers f sees u, which keeps the first paths of a training from running away:
    /// [low, high], or "auto": E g ± (8 sd g + 2T |f| at the start). Only where f depends on u.
    /// Default: "auto".
    #[serde(default)]
    pub range: Seen,
}

/// Between what numbers f sees u.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Seen {
    /// Said.
    Between([f64; 2]),
    /// "auto".
    Auto(Auto),
}

impl Default for Seen {
    fn default() -> Self {
        Self::Auto(Auto::Auto)
    }
}

/// Which bounds are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Enclosure {
    /// As a word says.
    Word(Wanted),
    /// On so many steps.
    Steps(#[schemars(range(min = 1))] usize),
}

impl Default for Enclosure {
    fn default() -> Self {
        Self::Word(Wanted::Auto)
    }
}

/// Whether something is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    /// Where it applies.
    Auto,
    /// It is not.
    None,
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

fn zero() -> Text {
    Text::Number(0.0)
}

fn origin() -> Origin {
    Origin::Point(0.0.into())
}

fn levels() -> Steps {
    Steps::Many(vec![20, 40, 80])
}

impl Default for Choice {
    fn default() -> Self {
        Self::Auto(Auto::Auto)
    }
}

/// A case as something to run; errors carry the key.
pub fn job(
    model: &Model,
    problem: &Problem,
    representation: &Representation,
    descent: Box<dyn Descent<PathPlan>>,
) -> Result<Box<dyn Job>> {
    let (problem, form) = pose(model, problem, representation)?;
    Ok(Box::new(Posed { problem, form, descent }))
}

/// The problem and the form of a case; errors carry the key.
pub fn pose(
    model: &Model,
    problem: &Problem,
    representation: &Representation,
) -> Result<(DeepBsde, Form)> {
    let problem = problem.pose(model.equation()?)?;
    problem.check()?;
    let form = representation.form(&problem)?;
    Ok((problem, form))
}

impl Model {
    /// The equation the formulas say.
    pub fn equation(&self) -> Result<Equation> {
        if self.dim == 0 {
            return Err(Error::input("model.dim", "`0` is no dimension")
                .allowed("A whole number, at least 1"));
        }
        let coefficient = self.scope(&["t", "x"])?;
        let driver = self.scope(&["t", "x", "u", "z", "grad_u"])?;
        let terminal = self.scope(&["x"])?;
        let equation = Equation {
            dim: self.dim,
            horizon: self.horizon,
            drift: self.drift.read("model.drift", &coefficient)?,
            diffusion: self.read_diffusion(&coefficient)?,
            source: single(self.source.read("model.source", &driver)?),
            terminal: single(self.terminal.read("model.terminal", &terminal)?),
        };
        equation.check()?;
        Ok(equation)
    }

    /// A formula of t and x for the solution u, such as a case may know it: for pictures and tests,
    /// read by no solver. An error carries the key `expect.solution`.
    pub fn solution(&self, text: &str) -> Result<Expr> {
        let key = "expect.solution";
        let scope = self.scope(&["t", "x"])?;
        let u = single(parse(text, &scope).map_err(|e| at_key(e, key))?);
        match u.shape() {
            Shape::Scalar => Ok(u),
            Shape::Vector(n) => {
                Err(Error::input(key, format!("the formula gives a vector of length {n}"))
                    .allowed("It must give one number; use sum, mean, dot or a component"))
            }
        }
    }

    /// The names a formula may use: the variables, d, T, pi, i and the constants.
    fn scope(&self, variables: &[&str]) -> Result<Scope> {
        let mut scope = Scope { dim: Some(self.dim), ..Scope::new() };
        for &name in variables {
            let number = name == "t" || name == "u";
            let shape = if number { Shape::Scalar } else { Shape::Vector(self.dim) };
            scope = scope.variable(name, shape);
        }
        let known = [("d", self.dim as f64), ("T", self.horizon), ("pi", std::f64::consts::PI)];
        for (name, value) in known {
            scope = scope.constant(name, formula::Constant::Number(value));
        }
        for (name, constant) in &self.constants {
            scope = scope.constant(name, constant.read(name, &RESERVED)?);
        }
        Ok(scope)
    }

    fn read_diffusion(&self, scope: &Scope) -> Result<Diffusion> {
        let key = "model.diffusion";
        match &self.diffusion {
            Coefficient::Number(sigma) => Ok(Diffusion::scalar(finite(key, *sigma)?)),
            Coefficient::Diagonal(sigma) => {
                sigma.iter().try_for_each(|&v| finite(key, v).map(|_| ()))?;
                let diagonal = Expr::vector(sigma);
                if diagonal.shape() == Shape::Vector(self.dim) {
                    return Ok(Diffusion::Diagonal(diagonal));
                }
                Err(Error::input(key, format!("the diagonal has {} numbers", sigma.len()))
                    .allowed(format!("The equation has {} dimensions", self.dim)))
            }
            Coefficient::Matrix(rows) => self.square(rows),
            Coefficient::File(file) => Err(file.unread(key)),
            Coefficient::Correlated(sigma) => sigma.read(self.dim, scope),
            Coefficient::Formula(text) => match self.constants.get(text.trim()) {
                Some(Constant::Matrix(rows)) => self.square(rows),
                _ => Ok(parse(text, scope).map_err(|e| at_key(e, key))?.into()),
            },
        }
    }

    fn square(&self, rows: &[Vec<f64>]) -> Result<Diffusion> {
        let (cols, data) = flat("model.diffusion", rows)?;
        if rows.len() == self.dim && cols == self.dim {
            return Ok(Diffusion::Matrix(data));
        }
        let (n, d) = (rows.len(), self.dim);
        Err(Error::input("model.diffusion", format!("the matrix is {n} x {cols}"))
            .allowed(format!("σ is {d} x {d} here")))
    }
}

/// Names a constant cannot take.
const RESERVED: [&str; 9] = ["t", "x", "u", "z", "grad_u", "d", "T", "pi", "i"];

impl Problem {
    fn pose(&self, equation: Equation) -> Result<DeepBsde> {
        let one = |n: i64| {
            usize::try_from(n).ok().filter(|n| *n <= 1 << 24).ok_or_else(|| {
                Error::input("problem.steps", format!("`{n}` is no number of steps"))
                    .allowed("Whole numbers from 1 to 16777216")
            })
        };
        let levels = match &self.steps {
            Steps::One(n) => vec![one(*n)?],
            Steps::Many(levels) => levels.iter().map(|&n| one(n)).collect::<Result<_>>()?,
        };
        let on_policy = match self.on_policy {
            Choice::Said(on) => Some(on),
            Choice::Auto(_) => None,
        };
        let (scheme, reading, bounds) = (self.scheme, self.value, self.bounds);
        let (at, grid) = (self.at.clone(), self.grid.clone());
        let range = match self.range {
            Seen::Between(range) => Some(range),
            Seen::Auto(_) => None,
        };
        Ok(DeepBsde { equation, at, levels, grid, scheme, on_policy, reading, bounds, range })
    }
}
