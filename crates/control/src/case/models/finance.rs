//! Kinds of models of money: execution, liquidation, consumption.

use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Start, probabilities, some};
use crate::case::Matrix;
use crate::model::consumption::{self, Outcome};
use crate::model::{execution, liquidation};

/// `[model] kind = "execution"`: sell a portfolio at prices that the sales move and information helps to
/// foresee: cost Σ 1ᵀu + uᵀA u + uᵀB x, y' = e^Z ∘ (y − u), x' = C x + η, all sold at the end. [BHL99]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Execution {
    /// n, stocks.
    #[schemars(range(min = 1))]
    pub stocks: usize,
    /// m, numbers of information.
    #[schemars(range(min = 1))]
    pub information: usize,
    /// T, steps.
    #[schemars(range(min = 1))]
    pub horizon: usize,
    /// A, what a sale does to its own price, 1/$, symmetric. `[n, n]`
    pub impact: Matrix,
    /// B, what information does to prices. `[n, m]`
    pub influence: Matrix,
    /// C, how information lasts. `[m, m]`
    pub memory: Matrix,
    /// Σ_x, the covariance of η. `[m, m]`
    pub news: Matrix,
    /// Σ_z, the covariance of returns. `[n, n]`
    pub returns: Matrix,
    /// y₀, dollars: one number for every stock, or a list.
    pub start: Start,
}

impl Execution {
    /// The model.
    pub fn model(&self) -> Result<execution::Execution> {
        let n = some("model.stocks", self.stocks)?;
        let m = some("model.information", self.information)?;
        let matrices = [
            self.impact.positive("model.impact", n)?,
            self.influence.of("model.influence", [n, m])?,
            self.memory.of("model.memory", [m, m])?,
            self.news.positive("model.news", m)?,
            self.returns.positive("model.returns", n)?,
        ];
        let start = self.start.of("model.start", n)?;
        if let Some(y) = start.iter().find(|y| **y <= 0.0) {
            return Err(Error::input("model.start", format!("there is nothing to sell: {y}"))
                .allowed("Write dollars above 0"));
        }
        execution::Execution::new(matrices, some("model.horizon", self.horizon)?, start)
    }
}

/// Refuses what is not above 0.
fn positive(key: &str, x: f64) -> Result<f64> {
    if x > 0.0 && x.is_finite() {
        return Ok(x);
    }
    Err(Error::input(key, format!("{x} is not above 0")).allowed("Write a number above 0"))
}

/// `[model] kind = "liquidation"`: sell X shares in N days at S − ε sgn n − η n, S' = S + σ ξ − γ n; minimise
/// E[C + λ Σ σ² x²]. [AC01]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Liquidation {
    /// X, shares.
    pub shares: f64,
    /// N, days.
    #[schemars(range(min = 1))]
    pub days: usize,
    /// S₀, the price of a share.
    pub price: f64,
    /// σ, the standard deviation of the price in a day.
    pub sigma: f64,
    /// γ, what a share sold takes off the price for good.
    pub gamma: f64,
    /// η, what a share sold takes off its own price.
    pub eta: f64,
    /// ε, half the spread. Default: 0.
    #[serde(default)]
    pub epsilon: f64,
    /// λ, the weight of the variance. Default: 0.
    #[serde(default)]
    pub lambda: f64,
}

impl Liquidation {
    /// The model.
    pub fn model(&self) -> Result<liquidation::Liquidation> {
        for (name, x) in [("gamma", self.gamma), ("epsilon", self.epsilon)] {
            if !(x >= 0.0 && x.is_finite()) {
                return Err(Error::input(format!("model.{name}"), format!("{x} is below 0"))
                    .allowed("Write a number of 0 or more"));
            }
        }
        let model = liquidation::Liquidation {
            shares: positive("model.shares", self.shares)?,
            days: some("model.days", self.days)?,
            price: positive("model.price", self.price)?,
            sigma: positive("model.sigma", self.sigma)?,
            gamma: self.gamma,
            eta: positive("model.eta", self.eta)?,
            epsilon: self.epsilon,
            lambda: self.lambda,
        };
        if !model.is_bounded() {
            return Err(Error::input(
                "model.lambda",
                format!("with {} the problem is unbounded", self.lambda),
            )
            .allowed(
                "Buying and selling ever more would cost ever less: write a larger λ or η, or a \
                          smaller γ",
            ));
        }
        Ok(model)
    }
}

/// `[model] kind = "consumption"`: consume C and hold A₁, A₂ in two assets and the rest in cash, C + m (A₁ + A₂)
/// ≤ W; W' = r (W − C) + A₁ (G₁ − r) + A₂ (G₂ − r) + Y; maximise E[Σ β^t u(C) + β^T u(W_T)], u(c) = −1/c.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Consumption {
    /// T, steps.
    #[schemars(range(min = 1))]
    pub horizon: usize,
    /// W₀.
    pub wealth: f64,
    /// r, what a unit of cash becomes in a step.
    pub cash: f64,
    /// m, the margin of assets, from above 0 to 1.
    pub margin: f64,
    /// β, the discount of a step, from above 0 to 1.
    pub discount: f64,
    /// What a unit of each asset may become, and how likely: rows [G₁, G₂, probability].
    pub gains: Vec<[f64; 3]>,
    /// The income and how likely it is, independent of the gains: rows [Y, probability].
    pub income: Vec<[f64; 2]>,
}

impl Consumption {
    /// The model.
    pub fn model(&self) -> Result<consumption::Consumption> {
        let likely: Vec<f64> = self.gains.iter().map(|row| row[2]).collect();
        probabilities("model.gains", &likely)?;
        let likely: Vec<f64> = self.income.iter().map(|row| row[1]).collect();
        probabilities("model.income", &likely)?;
        for (name, x) in [("margin", self.margin), ("discount", self.discount)] {
            if !(x > 0.0 && x <= 1.0) {
                return Err(Error::input(format!("model.{name}"), format!("{x} is out of range"))
                    .allowed("Write a number above 0, up to 1"));
            }
        }
        let cash = positive("model.cash", self.cash)?;
        let mut outcomes = Vec::new();
        for [first, second, p] in &self.gains {
            for [income, q] in &self.income {
                let gains = [*first, *second];
                outcomes.push(Outcome { gains, income: *income, probability: p * q });
            }
        }
        let worst = |o: &Outcome| {
            let lost = o.gains.map(|gain| (cash - gain) / self.margin);
            o.income.min(0.0) + cash.min(cash - lost[0].max(lost[1]))
        };
        if outcomes.iter().any(|o| worst(o) < 0.0) {
            return Err(Error::input(
                "model.gains",
                "wealth may fall below 0 when all is invested",
            )
            .allowed("Write a larger margin, smaller losses or an income of 0 or more"));
        }
        Ok(consumption::Consumption {
            steps: some("model.horizon", self.horizon)?,
            wealth: positive("model.wealth", self.wealth)?,
            cash,
            margin: self.margin,
            discount: self.discount,
            outcomes,
        })
    }
}
