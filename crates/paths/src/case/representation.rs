//! `[representation]`: the function that is learned.

use ground::kernel::network::Activation;
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::form::{self, Form, Free, Time};
use crate::problem::DeepBsde;

/// Any of its kinds.
#[derive(Clone, Debug, PartialEq)]
pub enum Representation {
    /// `directions`.
    Directions(Directions),
    /// `network`.
    Network(Network),
    /// `per-step`.
    PerStep(PerStep),
}

/// `[representation] kind = "directions"`: Z = Σ c_k D_k, a small network gives the coefficients c
/// of directions known from the paths: the gradient of the smoothed terminal value, x, and a few
/// active ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Directions {
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
    /// A free network added to the sum, with the keys of kind = "network"; its start is zero.
    /// Default: none.
    #[serde(default)]
    pub plus: Option<Network>,
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

/// `[representation] kind = "network"`: Z is what a dense network says of x and t, with no directions
/// given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Network {
    /// Widths of the hidden layers. Default: two of d + 10.
    #[serde(default)]
    pub hidden: Option<Vec<usize>>,
    /// Of the hidden layers: "tanh", "sigmoid", "softplus", "relu", "sin", "gelu", "gelu-tanh" or "silu".
    /// Default: "tanh".
    #[serde(default)]
    pub activation: Bend,
    /// How the time is known: "input", one network has it among its inputs; or "per-step", each step
    /// of the first level has a network of its own. Default: "input".
    #[serde(default)]
    pub time: Clocked,
}

/// How a network knows the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Clocked {
    /// Among its inputs.
    #[default]
    Input,
    /// A network a step.
    PerStep,
}

/// What a hidden layer does to each number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Bend {
    /// tanh x.
    #[default]
    Tanh,
    /// 1/(1 + e⁻ˣ).
    Sigmoid,
    /// ln(1 + eˣ).
    Softplus,
    /// max(x, 0).
    Relu,
    /// sin x.
    Sin,
    /// x Φ(x).
    Gelu,
    /// ½ x (1 + tanh(√(2/π)(x + 0.044715 x³))).
    GeluTanh,
    /// x/(1 + e⁻ˣ).
    Silu,
}

/// `[representation] kind = "per-step"`: the published form, a batch-normalised network a step, Z =
/// N_n(x)/d; y₀ and z₀ are trained with it on the clipped square of Y_N − g(X_N), on paths that do not
/// follow the function. [HJE18]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PerStep {
    /// Between what numbers y₀ is drawn: [low, high].
    #[serde(deserialize_with = "pair")]
    pub start: [f64; 2],
    /// Components of z₀ are drawn between this number and its negative. Default: 0.1.
    #[serde(default = "slope")]
    #[schemars(range(min = 0.0))]
    pub slope: f64,
    /// Widths of the hidden layers. Default: two of d + 10.
    #[serde(default)]
    pub hidden: Option<Vec<usize>>,
    /// Of the hidden layers: "tanh", "sigmoid", "softplus", "relu", "sin", "gelu", "gelu-tanh" or "silu".
    /// Default: "relu".
    #[serde(default = "relu")]
    pub activation: Bend,
    /// The loss of a path is δ² up to this |δ|, and linear beyond; inf for squares everywhere.
    /// Default: 50.
    #[serde(default = "clip")]
    #[schemars(range(min = 0.0))]
    pub clip: f64,
}

fn hidden() -> Vec<usize> {
    vec![32, 32]
}

/// A list that must have two numbers.
fn pair<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<[f64; 2], D::Error> {
    Vec::deserialize(from)?.try_into().map_err(|list: Vec<f64>| {
        D::Error::custom(format!("start has {} numbers; write two, [low, high]", list.len()))
    })
}

fn slope() -> f64 {
    0.1
}

fn clip() -> f64 {
    50.0
}

fn relu() -> Bend {
    Bend::Relu
}

impl From<Bend> for Activation {
    fn from(bend: Bend) -> Self {
        match bend {
            Bend::Tanh => Self::Tanh,
            Bend::Sigmoid => Self::Sigmoid,
            Bend::Softplus => Self::Softplus,
            Bend::Relu => Self::Relu,
            Bend::Sin => Self::Sin,
            Bend::Gelu => Self::Gelu,
            Bend::GeluTanh => Self::GeluTanh,
            Bend::Silu => Self::Silu,
        }
    }
}

impl Representation {
    /// The form on the paths of a problem.
    pub(super) fn form(&self, problem: &DeepBsde) -> Result<Form> {
        match self {
            Self::Directions(section) => Ok(section.form(problem)?.into()),
            Self::Network(section) => Ok(section.form("representation", problem)?.into()),
            Self::PerStep(section) => Ok(section.form(problem)?.into()),
        }
    }
}

impl Directions {
    fn form(&self, problem: &DeepBsde) -> Result<form::Directions> {
        let default = problem.default_form();
        let dim = problem.equation.dim;
        let active = self.active.unwrap_or(default.active);
        if active > dim {
            let found = format!("{active} directions in {dim} dimensions");
            return Err(
                Error::input("representation.active", found).allowed(format!("At most {dim}"))
            );
        }
        let pairs = self.pairs.unwrap_or(default.pairs);
        if pairs > 4096 {
            return Err(Error::input("representation.pairs", format!("{pairs} pairs"))
                .allowed("At most 4096"));
        }
        let hidden = widths("representation", self.hidden.clone())?;
        let plus = self.plus.as_ref().map(|plus| plus.form("representation.plus", problem));
        let plus = plus.transpose()?;
        Ok(form::Directions { pairs, active, hidden, start: self.start, plus })
    }
}

impl Network {
    fn form(&self, section: &str, problem: &DeepBsde) -> Result<Free> {
        let default = Free::new(problem.equation.dim, problem.levels[0]);
        let hidden = self.hidden.clone().unwrap_or(default.hidden);
        let time = match self.time {
            Clocked::Input => Time::Input,
            Clocked::PerStep => Time::PerStep,
        };
        let hidden = widths(section, hidden)?;
        Ok(Free { hidden, activation: self.activation.into(), time, ..default })
    }
}

impl PerStep {
    fn form(&self, problem: &DeepBsde) -> Result<form::PerStep> {
        let (dim, steps) = (problem.equation.dim, problem.levels[0]);
        let default = form::PerStep::published(dim, steps, self.start);
        let hidden = widths("representation", self.hidden.clone().unwrap_or(default.hidden))?;
        if self.clip <= 0.0 {
            return Err(Error::input("representation.clip", "no path would have a loss")
                .allowed("A number above 0, or inf for squares everywhere"));
        }
        let (activation, slope, clip) = (self.activation.into(), self.slope, self.clip);
        Ok(form::PerStep { hidden, activation, slope, clip, ..default })
    }
}

/// Widths of hidden layers that can be.
fn widths(section: &str, hidden: Vec<usize>) -> Result<Vec<usize>> {
    match hidden.iter().find(|&&width| width == 0 || width > 4096) {
        None => Ok(hidden),
        Some(bad) => Err(Error::input(format!("{section}.hidden"), format!("`{bad}` is no width"))
            .allowed("Whole numbers from 1 to 4096")),
    }
}
