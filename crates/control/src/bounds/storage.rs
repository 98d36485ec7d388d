//! Storage whose inner problem is a linear programme.
//!
//! ```text
//! inner  max Σ_t {P_t(Σ ηᵈ_i y_i + g) − Σ_i (b_{t+1,i} − b̄_{t+1,i})(R_{t+1,i} − R^π_{t+1,i})}
//!        b_{t+1,i} a guess of ∂V/∂R_i at the policy's levels, b̄ its mean given wind and price of step t
//! ```
//! with the limits of the model, g ≤ D and g + Σc ≤ E. The penalty is affine in the levels, and its mean is zero
//! for any guess.

use std::fmt::Debug;

use ground::{Error, Result};
use microlp::{ComparisonOp, OptimizationDirection, Problem, Variable};

use super::{Learner, Made, Relaxation, Relaxed, Said};
use crate::model::storage::Storage;
use crate::reference::aggregate::Aggregate;

pub mod basis;
pub mod learned;
pub mod table;

use learned::Hearing;
use table::Tabled;

/// From a step to the next one.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'a> {
    /// The step that ends.
    pub t: usize,
    /// The levels that it leaves.
    pub levels: &'a [f64],
    /// Wind and price of this step,
    pub was: [f64; 2],
    /// and of the next.
    pub is: [f64; 2],
}

/// A guess of the value function.
pub trait Guessed: Debug + Send + Sync {
    /// V̂_{t+1} less its mean given step t, and b_{t+1} less its own, of each device.
    fn news(&self, turn: Turn<'_>) -> (f64, Vec<f64>);
}

/// A storage problem with a guess of its value function.
#[derive(Debug)]
pub struct Foresight {
    model: Storage,
    guess: Box<dyn Guessed>,
}

impl Foresight {
    /// The problem with a guess.
    pub fn new(model: &Storage, guess: Box<dyn Guessed>) -> Self {
        Self { model: model.clone(), guess }
    }

    /// The control variate of a path, and b − b̄ of every step and device.
    fn news(&self, path: &Made) -> (f64, Vec<Vec<f64>>) {
        let (n, steps) = (self.model.devices.count(), self.model.demand.len());
        let mut control = 0.0;
        let mut penalty = Vec::with_capacity(steps);
        for t in 0..steps - 1 {
            let (before, after) = (&path.states[t], &path.states[t + 1]);
            let (was, is) = ([before[n], before[n + 1]], [after[n], after[n + 1]]);
            let (value, slopes) = self.guess.news(Turn { t, levels: &after[..n], was, is });
            control += value;
            penalty.push(slopes);
        }
        // After the last step nothing is worth anything.
        penalty.push(vec![0.0; n]);
        (control, penalty)
    }

    /// What somebody earns who knows the path, with a penalty on levels.
    fn foreseen(&self, path: &Made, penalty: &[Vec<f64>]) -> Result<f64> {
        let (n, devices) = (self.model.devices.count(), &self.model.devices);
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
        let n = self.model.devices.count();
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

impl Relaxed for Storage {
    fn has_table(&self) -> bool {
        Aggregate::levels(self).is_some()
    }

    fn tabled(&self) -> Option<Box<dyn Relaxation>> {
        let guess = Box::new(Tabled::new(self)?);
        Some(Box::new(Foresight::new(self, guess)))
    }

    fn learner(&self) -> Box<dyn Learner> {
        Box::new(Hearing::new(self))
    }
}
