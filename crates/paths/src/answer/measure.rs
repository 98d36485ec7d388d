//! What is averaged over the paths of a level.
//!
//! ```text
//! y₀ = y + δ/J          what a path says of u(0, x₀); J = 1 where f does not depend on u
//! V = y + mean ρ (y₀ − y)
//! minimiser m           mean J (y₀ − m) = 0
//! rest                  δ − J Δ = J (y₀ − y*),   y* = Σ J² y₀ / Σ J²:  what the loss squares
//! R² = 1 − Σ rest² / Σ (g − ḡ)²
//! ```
//! Of paths in groups of one start, y* and ḡ are those of the group, so that R² is the share of
//! E Var(g | x₀), and means are taken group by group first: groups are independent, their paths are not.

use std::borrow::Cow;

use ground::estimate::{Estimate, controlled};

use crate::plan::LevelDraws;

/// Whether the weights ρ are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Weighted(pub(super) bool);

impl Weighted {
    /// By the effective sample of the coarsest level, whose weights vary most.
    pub(super) fn new(coarsest: &LevelDraws) -> Self {
        let sum: f64 = coarsest.weight.iter().sum();
        let squares: f64 = coarsest.weight.iter().map(|w| w * w).sum();
        Self(sum * sum >= 0.5 * squares * coarsest.weight.len() as f64)
    }

    /// V_N path by path, with what the controls explain taken out.
    pub(super) fn values(self, draws: &LevelDraws) -> Vec<f64> {
        if !self.0 {
            return controlled(&draws.value, &[&draws.control]);
        }
        let centre = draws.start.unwrap_or_else(|| Estimate::of(&draws.value).mean);
        let pairs = draws.value.iter().zip(&draws.weight);
        let values: Vec<f64> = pairs.map(|(y, w)| centre + w * (y - centre)).collect();
        let excess: Vec<f64> = draws.weight.iter().map(|w| w - 1.0).collect();
        controlled(&values, &[&draws.control, &excess])
    }
}

/// Numbers that are independent: path by path, or the means of groups of one start.
pub(super) fn independent<'v>(draws: &LevelDraws, values: &'v [f64]) -> Cow<'v, [f64]> {
    if draws.group == 1 {
        return values.into();
    }
    let mean = |alike: &[f64]| alike.iter().sum::<f64>() / alike.len() as f64;
    values.chunks(draws.group).map(mean).collect()
}

/// Paths of one start.
fn alike(draws: &LevelDraws) -> usize {
    if draws.group == 1 { draws.value.len() } else { draws.group }
}

/// The mean of y₀ with its control.
pub(crate) fn mean(draws: &LevelDraws) -> Estimate {
    let (values, control) = (independent(draws, &draws.value), independent(draws, &draws.control));
    Estimate::with_controls(&values, &[&control])
}

/// The y with mean δ = 0.
pub(super) fn minimiser(draws: &LevelDraws) -> Estimate {
    if draws.start.is_none() {
        return mean(draws);
    }
    let (n, sum) = (draws.tangent.len() as f64, draws.tangent.iter().sum::<f64>());
    let weighted = |values: &[f64]| -> f64 {
        draws.tangent.iter().zip(values).map(|(j, y)| j * y).sum::<f64>() / sum
    };
    let centre = weighted(&draws.value);
    let pairs = draws.value.iter().zip(&draws.tangent);
    let values: Vec<f64> = pairs.map(|(y, j)| centre + j * n / sum * (y - centre)).collect();
    Estimate::with_controls(&values, &[&draws.control])
}

/// (v − v̄)², value by value.
pub(super) fn squares(values: &[f64]) -> Vec<f64> {
    let mean = Estimate::of(values).mean;
    values.iter().map(|v| (v - mean).powi(2)).collect()
}

/// What the loss squares, path by path.
pub(super) fn rests(draws: &LevelDraws) -> Vec<f64> {
    let square = |j: &f64| j * j;
    let n = alike(draws);
    let mut all = Vec::with_capacity(draws.value.len());
    for (tangent, value) in draws.tangent.chunks(n).zip(draws.value.chunks(n)) {
        let sum: f64 = tangent.iter().map(square).sum();
        let pairs = || tangent.iter().zip(value);
        let centre = pairs().map(|(j, y)| square(j) * y).sum::<f64>() / sum;
        all.extend(pairs().map(|(j, y)| j * (y - centre)));
    }
    all
}

/// Σ rest².
pub(super) fn unexplained(draws: &LevelDraws) -> f64 {
    rests(draws).iter().map(|rest| rest * rest).sum()
}

/// Σ (g − ḡ)²; not a number where g is the same on all paths of every start.
fn to_explain(draws: &LevelDraws) -> f64 {
    let alike = || draws.terminal.chunks(alike(draws));
    if alike().all(|g| g.iter().all(|v| *v == g[0])) {
        return f64::NAN;
    }
    alike().flat_map(squares).sum()
}

/// R²; not a number where g does not vary.
pub(super) fn r_squared(draws: &LevelDraws) -> f64 {
    1.0 - unexplained(draws) / to_explain(draws)
}

/// R² of the first less that of the second, on the same paths.
pub(super) fn gain(trained: &LevelDraws, untrained: &LevelDraws) -> Estimate {
    let variance = to_explain(trained) / trained.terminal.len() as f64;
    let pairs = rests(untrained).into_iter().zip(rests(trained));
    let gain = |(before, after): (f64, f64)| (before.powi(2) - after.powi(2)) / variance;
    let gains: Vec<f64> = pairs.map(gain).collect();
    Estimate::of(&independent(trained, &gains))
}
