//! Storage whose inner problem is a linear programme.
//!
//! ```text
//! V̂_t(R, E, P) = Σ_i (R̄_i/R̄)(ηᵈ_i/ηᵈ) V_t(R̄ R_i/R̄_i, E, P)      V of one device of the whole capacity
//! inner  max Σ_t {P_t(Σ ηᵈ_i y_i + g) − Σ_i (b_{t+1,i} − b̄_{t+1,i})(R_{t+1,i} − R^π_{t+1,i})}
//!        b = ∂V̂_{t+1}/∂R_i at the policy's levels, b̄ its mean given wind and price of step t
//! ```
//! with the limits of the model, g ≤ D and g + Σc ≤ E. The penalty is affine in the levels.

use ground::{Error, Result};
use microlp::{ComparisonOp, OptimizationDirection, Problem, Variable};

use super::{Made, Relaxation, Said};
use crate::model::storage::Storage;
use crate::reference::aggregate::Aggregate;

/// A storage problem with a guess of its value function.
#[derive(Clone, Debug)]
pub struct Foresight {
    model: Storage,
    table: Aggregate,
    /// Σ R̄_i.
    capacity: f64,
    /// ηᵈ_i/ηᵈ.
    weights: Vec<f64>,
}

impl Foresight {
    /// The problem, its guess from one device with mean efficiencies; none where there is no table of that.
    pub fn new(model: &Storage) -> Option<Self> {
        let devices = &model.devices;
        let mean = devices.discharged.iter().sum::<f64>() / devices.count() as f64;
        Some(Self {
            table: Aggregate::of(model)?,
            capacity: devices.capacity.iter().sum(),
            weights: devices.discharged.iter().map(|eta| eta / mean).collect(),
            model: model.clone(),
        })
    }

    /// The level that a device would have if all of the capacity were as full.
    fn level(&self, i: usize, level: f64) -> f64 {
        level * self.capacity / self.model.devices.capacity[i]
    }

    /// V̂ at some levels, V by `at`.
    fn guess(&self, levels: &[f64], at: impl Fn(f64) -> f64) -> f64 {
        let capacity = &self.model.devices.capacity;
        let of =
            |i: usize| self.weights[i] * capacity[i] / self.capacity * at(self.level(i, levels[i]));
        (0..capacity.len()).map(of).sum()
    }

    /// The control variate of a path, and b − b̄ of every step and device.
    fn news(&self, path: &Made) -> (f64, Vec<Vec<f64>>) {
        let (n, steps) = (self.weights.len(), self.model.demand.len());
        let mut control = 0.0;
        let mut slopes = Vec::with_capacity(steps);
        for t in 0..steps {
            let (before, after) = (&path.states[t], &path.states[t + 1]);
            let (was, is) = ([before[n], before[n + 1]], [after[n], after[n + 1]]);
            if t + 1 == steps {
                slopes.push(vec![0.0; n]);
                continue;
            }
            let levels = &after[..n];
            control += self.guess(levels, |level| self.table.value(t + 1, level, is))
                - self.guess(levels, |level| self.table.ahead(t, level, was));
            let slope = |i: usize| {
                let level = self.level(i, levels[i]);
                let own = self.table.slope(level, |level| self.table.value(t + 1, level, is));
                let mean = self.table.slope(level, |level| self.table.ahead(t, level, was));
                self.weights[i] * (own - mean)
            };
            slopes.push((0..n).map(slope).collect());
        }
        (control, slopes)
    }

    /// What somebody earns who knows the path, with a penalty on levels.
    fn foreseen(&self, path: &Made, penalty: &[Vec<f64>]) -> Result<f64> {
        let (n, devices) = (self.weights.len(), &self.model.devices);
        let mut programme = Problem::new(OptimizationDirection::Maximize);
        let mut earned = 0.0;
        let mut levels: Vec<Option<Variable>> = vec![None; n];
        for (t, penalty) in penalty.iter().enumerate() {
            let (wind, price) = (path.states[t][n], path.states[t][n + 1]);
            let g = programme.add_var(price, (0.0, self.model.demand[t]));
            let mut shared = vec![(g, 1.0)];
            for i in 0..n {
                let c = programme.add_var(0.0, (0.0, devices.charge[i]));
                let y =
                    programme.add_var(price * devices.discharged[i], (0.0, devices.discharge[i]));
                let next = programme.add_var(-penalty[i], (0.0, devices.capacity[i]));
                earned += penalty[i] * path.states[t + 1][i];
                shared.push((c, 1.0));
                let eta = devices.charged[i];
                let mut balance = vec![(next, 1.0), (c, -eta), (y, 1.0)];
                // What was stored before: a variable, or the start.
                let (mut used, mut filled) = (vec![(y, 1.0)], vec![(c, eta)]);
                let first = if let Some(level) = levels[i] {
                    balance.push((level, -1.0));
                    used.push((level, -1.0));
                    filled.push((level, 1.0));
                    0.0
                } else {
                    devices.start[i]
                };
                programme.add_constraint(balance, ComparisonOp::Eq, first);
                programme.add_constraint(used, ComparisonOp::Le, first);
                programme.add_constraint(filled, ComparisonOp::Le, devices.capacity[i] - first);
                levels[i] = Some(next);
            }
            programme.add_constraint(shared, ComparisonOp::Le, wind);
        }
        let failed =
            |what: String| Error::Numeric { what: format!("a linear programme ({what})"), at: 0 };
        let outcome = programme.solve().map_err(|e| failed(e.to_string()))?;
        let solution = outcome.into_solution().map_err(|_| failed("no optimum".to_owned()))?;
        Ok(earned + solution.objective())
    }
}

impl Relaxation for Foresight {
    fn of_path(&self, path: &Made) -> Result<Said> {
        let n = self.weights.len();
        let earned = (0..self.model.demand.len())
            .map(|t| {
                let (s, a) = (&path.states[t], &path.actions[t]);
                let sold: f64 = (0..n).map(|i| self.model.devices.discharged[i] * a[n + i]).sum();
                let left = s[n] - a[..n].iter().sum::<f64>();
                s[n + 1] * (sold + left.min(self.model.demand[t]))
            })
            .sum();
        let (control, penalty) = self.news(path);
        let none = vec![vec![0.0; n]; penalty.len()];
        Ok(Said {
            earned,
            control,
            upper: self.foreseen(path, &penalty)?,
            foresight: self.foreseen(path, &none)?,
        })
    }
}
