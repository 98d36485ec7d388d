//! `kind = "storage"`: devices, wind, price and demand.

use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Start, some};
use crate::model::storage::{self, Chain, Devices, Limits};

/// `[model] kind = "storage"`: store energy between wind, a market and a demand; reward P (Σ ηᵈ y + min(E −
/// Σ c, D)), with levels, rates and the wind as limits. [HE16]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Storage {
    /// n, devices.
    #[schemars(range(min = 1))]
    pub devices: usize,
    /// T, steps: the first of them have a demand.
    #[schemars(range(min = 1))]
    pub horizon: usize,
    /// What all devices hold together.
    pub capacity: f64,
    /// What all devices charge in a step at most, together.
    pub charge: f64,
    /// What all devices discharge in a step at most, together.
    pub discharge: f64,
    /// What is stored at the start, in all devices together. Default: 0.
    #[serde(default)]
    pub start: f64,
    /// Shares of the capacity of each device, and of the rates: a list that is repeated. Default: equal.
    #[serde(default)]
    pub shares: Shares,
    /// ηᶜ, what arrives of what is charged: one number, or a list that is repeated. Default: 1.
    #[serde(default = "one")]
    pub charge_efficiency: Start,
    /// ηᵈ, what arrives of what is discharged: one number, or a list that is repeated. Default: 1.
    #[serde(default = "one")]
    pub discharge_efficiency: Start,
    /// How limits are kept: "shares" of what is allowed, which reach no limit but in the limit, "projection" to
    /// the nearest allowed action, or "penalty": not at all in training, where what is beyond is a cost; the
    /// answer brings what was asked to the nearest allowed action. Default: "shares".
    #[serde(default)]
    pub limits: Kept,
    /// The weight of the squares of what is beyond a limit, each over the rate that belongs to it, with limits =
    /// "penalty". Default: 300.
    #[serde(default)]
    pub penalty: Option<f64>,
    /// E, wind.
    pub wind: Walk,
    /// P, the price.
    pub price: Walk,
    /// D_t, one number a step, known beforehand: for the horizons that are listed, { 20 = [3, 1, …] }.
    pub demand: std::collections::BTreeMap<String, Vec<f64>>,
}

/// The weight of a penalty.
pub(super) fn weight(said: Option<f64>, default: f64) -> Result<f64> {
    let weight = said.unwrap_or(default);
    if weight > 0.0 && weight.is_finite() {
        return Ok(weight);
    }
    Err(Error::input("model.penalty", format!("{weight} is no weight"))
        .allowed("Write a number above 0"))
}

/// Refuses a weight where nothing is paid for.
pub(super) fn unpaid(said: Option<f64>, kept: Option<Kept>) -> Result<()> {
    if said.is_none() || kept == Some(Kept::Penalty) {
        return Ok(());
    }
    Err(Error::input("model.penalty", "constraints are kept without one")
        .allowed("Leave it out, or write limits = \"penalty\""))
}

/// How limits are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// By sigmoids and scaling.
    #[default]
    Shares,
    /// By the nearest point.
    Projection,
    /// By a cost.
    Penalty,
}

/// Shares of devices, up to a factor, as lists that are repeated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Shares {
    /// Of the capacity. Default: [1].
    pub capacity: Vec<f64>,
    /// Of the charging rate. Default: [1].
    pub charge: Vec<f64>,
    /// Of the discharging rate, from the last device to the first. Default: [1].
    pub discharge_reversed: Vec<f64>,
}

impl Default for Shares {
    fn default() -> Self {
        Self { capacity: vec![1.0], charge: vec![1.0], discharge_reversed: vec![1.0] }
    }
}

fn one() -> Start {
    Start::Number(1.0)
}

/// A chain of whole numbers: x' = clip(x + round(reversion (mean − x)) + k, low, high).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Walk {
    /// The first number.
    pub start: f64,
    /// The least number.
    pub low: f64,
    /// The largest number.
    pub high: f64,
    /// Where it is drawn to. Default: the start.
    #[serde(default)]
    pub mean: Option<f64>,
    /// How much of the way it is drawn there in a step, from 0 to 1. Default: 0.
    #[serde(default)]
    pub reversion: f64,
    /// k goes from −reach to reach.
    #[schemars(range(min = 1))]
    pub reach: usize,
    /// The law of k ∝ exp(−k²/width); without it all k are alike.
    #[serde(default)]
    pub width: Option<f64>,
}

impl Walk {
    fn chain(&self, key: &str) -> Result<Chain> {
        let at = |name: &str, found: String, allowed: &str| {
            Error::input(format!("{key}.{name}"), found).allowed(allowed)
        };
        for (name, x) in [("start", self.start), ("low", self.low), ("high", self.high)] {
            if x.fract() != 0.0 {
                return Err(at(name, format!("{x} is not whole"), "Write a whole number"));
            }
        }
        if self.low > self.high || self.high - self.low > 10_000.0 {
            let found = format!("from {} to {}", self.low, self.high);
            return Err(at("high", found, "Write a number above `low`, by 10000 at most"));
        }
        if !(self.low..=self.high).contains(&self.start) {
            let range = format!("Write a whole number from {} to {}", self.low, self.high);
            return Err(at("start", format!("{} is out of range", self.start), &range));
        }
        if let Some(mean) = self.mean.filter(|mean| !(self.low..=self.high).contains(mean)) {
            let range = format!("Write a number from {} to {}", self.low, self.high);
            return Err(at("mean", format!("{mean} is out of range"), &range));
        }
        if !(0.0..=1.0).contains(&self.reversion) {
            return Err(at("reversion", self.reversion.to_string(), "Write a number from 0 to 1"));
        }
        let reach = some(&format!("{key}.reach"), self.reach)?;
        let moves: Vec<f64> = (0..=2 * reach).map(|k| k as f64 - reach as f64).collect();
        if self.width.is_some_and(|width| width.is_nan() || width <= 0.0) {
            return Err(at("width", "it is not above 0".to_owned(), "Write a number above 0"));
        }
        let weight = |k: &f64| self.width.map_or(1.0, |width| (-k * k / width).exp());
        let total: f64 = moves.iter().map(weight).sum();
        Ok(Chain {
            range: [self.low, self.high],
            mean: self.mean.unwrap_or(self.start),
            reversion: self.reversion,
            probabilities: moves.iter().map(|k| weight(k) / total).collect(),
            moves,
            start: self.start,
        })
    }
}

impl Storage {
    /// The model.
    pub fn model(&self) -> Result<storage::Storage> {
        let n = some("model.devices", self.devices)?;
        unpaid(self.penalty, Some(self.limits))?;
        let steps = some("model.horizon", self.horizon)?;
        for (name, x) in
            [("capacity", self.capacity), ("charge", self.charge), ("discharge", self.discharge)]
        {
            if !(x > 0.0 && x.is_finite()) {
                return Err(Error::input(format!("model.{name}"), format!("{x} is not above 0"))
                    .allowed("Write a number above 0"));
            }
        }
        if !(0.0..=self.capacity).contains(&self.start) {
            return Err(Error::input("model.start", format!("{} cannot be stored", self.start))
                .allowed(format!("Write a number from 0 to the capacity, {}", self.capacity)));
        }
        let demand = self.demanded(steps)?;
        let share = |key: &str, list: &[f64]| -> Result<Vec<f64>> {
            if list.is_empty() || list.iter().any(|x| x.is_nan() || *x <= 0.0) {
                return Err(Error::input(format!("model.shares.{key}"), "a share is not above 0")
                    .allowed("Write numbers above 0, repeated over the devices"));
            }
            let all: Vec<f64> = (0..n).map(|i| list[i % list.len()]).collect();
            let sum: f64 = all.iter().sum();
            Ok(all.iter().map(|x| x / sum).collect())
        };
        let capacity = share("capacity", &self.shares.capacity)?;
        let charge = share("charge", &self.shares.charge)?;
        let mut discharge = share("discharge-reversed", &self.shares.discharge_reversed)?;
        discharge.reverse();
        let charged = efficiency("model.charge-efficiency", &self.charge_efficiency)?;
        let discharged = efficiency("model.discharge-efficiency", &self.discharge_efficiency)?;
        let times = |x: f64, list: &[f64]| list.iter().map(|share| x * share).collect();
        let repeated = |list: &[f64]| (0..n).map(|i| list[i % list.len()]).collect();
        Ok(storage::Storage {
            limits: match self.limits {
                Kept::Shares => Limits::Shares,
                Kept::Projection => Limits::Projection,
                Kept::Penalty => Limits::Penalty(weight(self.penalty, 300.0)?),
            },
            devices: Devices {
                capacity: times(self.capacity, &capacity),
                charge: times(self.charge, &charge),
                discharge: times(self.discharge, &discharge),
                charged: repeated(&charged),
                per_charged: charged.iter().cycle().take(n).map(|eta| 1.0 / eta).collect(),
                discharged: repeated(&discharged),
                start: times(self.start, &capacity),
            },
            wind: self.wind.chain("model.wind")?,
            price: self.price.chain("model.price")?,
            demand: demand.clone(),
        })
    }
}

impl Storage {
    /// D_t of so many steps.
    fn demanded(&self, steps: usize) -> Result<&Vec<f64>> {
        let demand = self.demand.get(&steps.to_string()).ok_or_else(|| {
            let known: Vec<&str> = self.demand.keys().map(String::as_str).collect();
            Error::input("model.demand", format!("there is none for {steps} steps")).allowed(
                format!("There is one for {}; write demand.{steps} = […]", known.join(", ")),
            )
        })?;
        if demand.len() != steps {
            return Err(Error::input(
                format!("model.demand.{steps}"),
                format!("{} numbers", demand.len()),
            )
            .allowed(format!("Write one a step: {steps}")));
        }
        if let Some(d) = demand.iter().find(|d| d.is_nan() || **d < 0.0) {
            return Err(Error::input(format!("model.demand.{steps}"), format!("{d} is below 0"))
                .allowed("Write numbers of 0 or more"));
        }
        Ok(demand)
    }
}

/// Efficiencies, which are repeated.
fn efficiency(key: &str, said: &Start) -> Result<Vec<f64>> {
    let list = match said {
        Start::Number(x) => vec![*x],
        Start::List(list) => list.clone(),
    };
    if list.is_empty() || list.iter().any(|x| !(*x > 0.0 && *x <= 1.0)) {
        return Err(Error::input(key, "an efficiency is above 0, up to 1")
            .allowed("Write such a number, or a list of them"));
    }
    Ok(list)
}
