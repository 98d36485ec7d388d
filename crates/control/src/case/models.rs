//! `[model]`: the kinds of models.

use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Matrix;
use crate::model::lqg;
use crate::reference::riccati::Riccati;

mod finance;
pub mod formulas;
mod market;

pub use finance::{Consumption, Execution, Liquidation};
pub use formulas::Formulas;
pub use market::{Kept, Storage, Walk};

/// `[model] kind = "lqg"`: x' = A x + B u + w, cost Σ (xᵀQx + uᵀRu) + xᵀQ_T x at the end. [Ber17]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lqg {
    /// n, the numbers of a state.
    #[schemars(range(min = 1))]
    pub dim: usize,
    /// m, the numbers of an action. Default: n.
    #[serde(default)]
    pub actions: Option<usize>,
    /// T, steps.
    #[schemars(range(min = 1))]
    pub horizon: usize,
    /// A. `[n, n]`
    pub a: Matrix,
    /// B. `[n, m]`
    pub b: Matrix,
    /// Q, symmetric. `[n, n]`
    pub q: Matrix,
    /// R, positive definite. `[m, m]`
    pub r: Matrix,
    /// Q_T, symmetric. `[n, n]` Default: Q.
    #[serde(default)]
    pub q_end: Option<Matrix>,
    /// W, the covariance of the noise. `[n, n]`
    pub noise: Matrix,
    /// x₀: one number for every component, or a list. Where `spread` is given, its mean.
    pub start: Start,
    /// Σ₀, the covariance of x₀, where it is not known. `[n, n]`
    #[serde(default)]
    pub spread: Option<Matrix>,
    /// Whether an action works one step late. Default: false.
    #[serde(default)]
    pub delayed: bool,
    /// What is seen where the state is not: y = C x + v.
    #[serde(default)]
    pub observation: Option<Observation>,
}

/// y = C x + v, v ~ N(0, V).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Observation {
    /// Which components of x are seen, counted from 1.
    pub of: Vec<usize>,
    /// V, the covariance of v.
    pub noise: Matrix,
}

/// A point: one number for every component, or a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Start {
    /// For every component.
    Number(f64),
    /// One by one.
    List(Vec<f64>),
}

impl Start {
    /// The point of n components.
    pub(super) fn of(&self, key: &str, n: usize) -> Result<Vec<f64>> {
        let found = match self {
            Self::Number(x) => vec![*x; n],
            Self::List(list) if list.len() == n => list.clone(),
            Self::List(list) => {
                return Err(Error::input(key, format!("a list of {} numbers", list.len()))
                    .allowed(format!("Write one number, or {n}")));
            }
        };
        if found.iter().all(|x| x.is_finite()) {
            return Ok(found);
        }
        Err(Error::input(key, "a number is not finite").allowed("Write finite numbers"))
    }
}

/// Refuses what are no probabilities that add to 1.
pub(super) fn probabilities(key: &str, all: &[f64]) -> Result<()> {
    let sum: f64 = all.iter().sum();
    let found = match all.iter().find(|p| p.is_nan() || **p < 0.0) {
        Some(p) => format!("{p} is no probability"),
        None if (sum - 1.0).abs() > 1e-9 => format!("the probabilities add to {}", sum.abs()),
        None => return Ok(()),
    };
    Err(Error::input(key, found).allowed("Write probabilities of 0 or more that add to 1"))
}

/// The most of anything that is counted: beyond it nobody waits for the end.
const MOST: usize = 10_000;

/// Refuses what is not a count.
pub(super) fn some(key: &str, n: usize) -> Result<usize> {
    if (1..=MOST).contains(&n) {
        return Ok(n);
    }
    let size = if n == 0 { "small" } else { "large" };
    Err(Error::input(key, format!("`{n}` is too {size}"))
        .allowed(format!("Write a whole number from 1 to {MOST}")))
}

impl Lqg {
    /// The model.
    pub fn model(&self) -> Result<lqg::Lqg> {
        let n = some("model.dim", self.dim)?;
        let m = some("model.actions", self.actions.unwrap_or(n))?;
        let q = self.q.symmetric("model.q", n)?;
        let q_t = match &self.q_end {
            Some(matrix) => matrix.symmetric("model.q-end", n)?,
            None => q.clone(),
        };
        let matrices = lqg::Matrices {
            a: self.a.of("model.a", [n, n])?,
            b: self.b.of("model.b", [n, m])?,
            q,
            r: self.r.positive("model.r", m)?,
            q_t,
            w: self.noise.positive("model.noise", n)?,
        };
        let steps = some("model.horizon", self.horizon)?;
        let mut model = lqg::Lqg::new(matrices, steps, self.start.of("model.start", n)?)?;
        if let Some(spread) = &self.spread {
            model = model.spread(spread.positive("model.spread", n)?)?;
        }
        if self.delayed {
            model = model.delayed();
        }
        if let Some(seen) = &self.observation {
            if self.delayed {
                return Err(Error::input(
                    "model.observation",
                    "this does not go together with `delayed`",
                )
                .allowed("Leave one of them out"));
            }
            model = model.observed(seen.read(n)?)?;
        }
        if Riccati::of(&model).is_err() {
            return Err(Error::input("model.r", "with these costs the problem is unbounded")
                .allowed("R + BᵀPB must be positive at every step: write larger R, Q or Q_T"));
        }
        Ok(model)
    }
}

impl Observation {
    fn read(&self, n: usize) -> Result<lqg::Observation> {
        let key = "model.observation.of";
        if self.of.is_empty() {
            return Err(Error::input(key, "nothing is seen").allowed("Name a component, from 1"));
        }
        if let Some(k) = self.of.iter().find(|k| **k == 0 || **k > n) {
            return Err(Error::input(key, format!("there is no component {k}"))
                .allowed(format!("Components are counted from 1 to {n}")));
        }
        let mut c = ground::array::Array::zeros((self.of.len(), n));
        for (row, k) in self.of.iter().enumerate() {
            c[[row, k - 1]] = 1.0;
        }
        let v = self.noise.positive("model.observation.noise", self.of.len())?;
        Ok(lqg::Observation { c, v })
    }
}
