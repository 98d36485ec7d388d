//! The exact optimum of [`Liquidation`]: V_t = −x S + a_t x² + ε x for what is left, by a recursion. [AC01]
//!
//! ```text
//! last day   a = η,  all is sold
//! before     b = λσ² + a',  f = (2b − γ)/(2(b + η − γ)),  n* = f x
//!            a = γ f (1 − f) + η f² + b (1 − f)²
//! ```
//! As long as no day buys, an action that is not the best loses (b + η − γ)(n − n*)² + ε(|n| + |x − n| − |x|).

use super::{Exact, Seen};
use crate::model::liquidation::Liquidation;

/// The recursion, finished.
#[derive(Clone, Debug)]
pub struct Schedule {
    model: Liquidation,
    /// f and b + η − γ of every day but the last.
    days: Vec<[f64; 2]>,
    optimum: f64,
}

impl Schedule {
    /// The optimum of a problem.
    pub fn of(model: &Liquidation) -> Self {
        let Liquidation { gamma, eta, .. } = *model;
        let risk = model.lambda * model.sigma.powi(2);
        let mut a = eta;
        let mut days = Vec::new();
        for _ in 1..model.days {
            let b = risk + a;
            let curvature = b + eta - gamma;
            let f = (2.0 * b - gamma) / (2.0 * curvature);
            a = gamma * f * (1.0 - f) + eta * f * f + b * (1.0 - f).powi(2);
            days.push([f, curvature]);
        }
        days.reverse();
        let optimum = a * model.shares.powi(2) + model.epsilon * model.shares;
        Self { model: *model, days, optimum }
    }

    /// Whether every day has a best sale.
    pub fn is_convex(&self) -> bool {
        self.days.iter().all(|[f, curvature]| *curvature > 0.0 && f.is_finite())
    }

    /// Whether no day of the best schedule buys.
    pub fn only_sells(&self) -> bool {
        self.model.epsilon == 0.0 || self.days.iter().all(|[f, _]| (0.0..=1.0).contains(f))
    }

    /// The objective of equal slices.
    pub fn equal(model: &Liquidation) -> f64 {
        let (n, shares) = (model.days as f64, model.shares);
        let left: f64 = (1..model.days).map(|k| (1.0 - k as f64 / n).powi(2)).sum();
        let mean = 0.5 * model.gamma * shares.powi(2)
            + model.epsilon * shares
            + (model.eta - 0.5 * model.gamma) * shares.powi(2) / n;
        mean + model.lambda * model.sigma.powi(2) * left * shares.powi(2)
    }

    /// What is left after every day of the best schedule, from X to 0.
    pub fn holdings(&self) -> Vec<f64> {
        let mut left = vec![self.model.shares];
        for [f, _] in &self.days {
            left.push(left[left.len() - 1] * (1.0 - f));
        }
        left.push(0.0);
        left
    }
}

impl Exact for Schedule {
    fn value(&self) -> f64 {
        self.optimum
    }

    fn how(&self) -> String {
        "exact: the optimal schedule".to_owned()
    }

    fn regret(&self, Seen { t, s, a, .. }: Seen<'_>, _: &mut Vec<f64>) -> f64 {
        // The last sale is forced.
        let Some([f, curvature]) = self.days.get(t) else { return 0.0 };
        let (x, n) = (s[0], a[0]);
        let turned = n.abs() + (x - n).abs() - x.abs();
        curvature * (n - f * x).powi(2) + self.model.epsilon * turned
    }
}
