//! The guess of a table: one device of the whole capacity, shared out.
//!
//! ```text
//! V̂_t(R, E, P) = Σ_i (R̄_i/R̄)(ηᵈ_i/ηᵈ) V_t(R̄ R_i/R̄_i, E, P)      V of one device of the whole capacity
//! b            = ∂V̂/∂R_i
//! ```

use super::{Guessed, Turn};
use crate::model::storage::Storage;
use crate::reference::aggregate::Aggregate;

/// A table that is shared out.
#[derive(Clone, Debug)]
pub struct Tabled {
    table: Aggregate,
    /// R̄_i, and their sum.
    capacities: Vec<f64>,
    capacity: f64,
    /// ηᵈ_i/ηᵈ.
    weights: Vec<f64>,
}

impl Tabled {
    /// From one device with mean efficiencies; none where there is no table of that.
    pub fn new(model: &Storage) -> Option<Self> {
        let devices = &model.devices;
        let mean = devices.discharged.iter().sum::<f64>() / devices.count() as f64;
        Some(Self {
            table: Aggregate::of(model)?,
            capacities: devices.capacity.clone(),
            capacity: devices.capacity.iter().sum(),
            weights: devices.discharged.iter().map(|eta| eta / mean).collect(),
        })
    }

    /// The level that a device would have if all of the capacity were as full.
    fn level(&self, i: usize, level: f64) -> f64 {
        level * self.capacity / self.capacities[i]
    }

    /// V̂ at some levels, V by `at`.
    fn guess(&self, levels: &[f64], at: impl Fn(f64) -> f64) -> f64 {
        let share = |i: usize| self.weights[i] * self.capacities[i] / self.capacity;
        (0..levels.len()).map(|i| share(i) * at(self.level(i, levels[i]))).sum()
    }
}

impl Guessed for Tabled {
    fn news(&self, Turn { t, levels, was, is }: Turn<'_>) -> (f64, Vec<f64>) {
        let control = self.guess(levels, |level| self.table.value(t + 1, level, is))
            - self.guess(levels, |level| self.table.ahead(t, level, was));
        let slope = |i: usize| {
            let level = self.level(i, levels[i]);
            let own = self.table.slope(level, |level| self.table.value(t + 1, level, is));
            let mean = self.table.slope(level, |level| self.table.ahead(t, level, was));
            self.weights[i] * (own - mean)
        };
        (control, (0..levels.len()).map(slope).collect())
    }
}
