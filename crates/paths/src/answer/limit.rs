//! The limit of many steps.

use frame::{Refined, refine};
use ground::Result;
use ground::estimate::Estimate;

use super::measure::{Weighted, mean};
use crate::clock::Clock;
use crate::plan::LevelDraws;
use crate::problem::DeepBsde;

/// The limit N → ∞ of the adjoint-weighted values.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// The limit.
    pub value: Estimate,
    /// The order used; None where the values have no time-step error.
    pub order: Option<f64>,
    /// Whether it was fitted.
    pub fitted: bool,
    /// The order seen, where it is resolved.
    pub seen: Option<Estimate>,
    /// What the next term of the expansion may leave; part of the answer's error.
    pub rest: f64,
}

/// The limit of the adjoint-weighted values; the best known of them where they have no time-step
/// error.
pub(super) fn limit(
    problem: &DeepBsde,
    policy: &[LevelDraws],
    weighted: Weighted,
) -> Result<Option<Limit>> {
    let [.., finest] = policy else { return Ok(None) };
    if policy.len() < 2 {
        return Ok(None);
    }
    if is_exact(problem)? {
        // All estimate the same number.
        let all = policy.iter().map(mean);
        let value = all.reduce(|a, b| if b.stderr < a.stderr { b } else { a });
        let value = value.unwrap_or_else(|| mean(finest));
        return Ok(Some(Limit { value, order: None, fitted: false, seen: None, rest: 0.0 }));
    }
    let steps: Vec<usize> = policy.iter().map(|level| level.steps).collect();
    let values: Vec<Vec<f64>> = policy.iter().map(|level| weighted.values(level)).collect();
    let assumed = problem.grid.order();
    let draws = |_: &[usize]| Ok(values.clone());
    let Refined { limit, order, fitted, seen, .. } = refine(&steps, assumed, draws)?;
    let rest = rest(&steps, &values, (order.unwrap_or(assumed), fitted.then_some(assumed)));
    Ok(Some(Limit { value: limit, order, fitted, seen, rest }))
}

/// What the limit may be off by.
///
/// ```text
/// three levels    |L_bc − L_ab|/(r^(p+1) − 1) less its noise: a term h^(p+1) after that of h^p
/// two             half of the way from the finest level to the limit: nothing speaks for p
/// fitted order    half of the way to the limit with the assumed one as well
/// ```
fn rest(steps: &[usize], values: &[Vec<f64>], (order, assumed): (f64, Option<f64>)) -> f64 {
    let limit = |k: usize, order: f64| -> Vec<f64> {
        let ratio = (steps[k + 1] as f64 / steps[k] as f64).powf(order);
        let pairs = values[k + 1].iter().zip(&values[k]);
        pairs.map(|(fine, coarse)| (ratio * fine - coarse) / (ratio - 1.0)).collect()
    };
    let apart = |a: &[f64], b: &[f64]| {
        let all: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
        let Estimate { mean, stderr, .. } = Estimate::of(&all);
        (mean.powi(2) - stderr.powi(2)).max(0.0).sqrt()
    };
    let last = steps.len() - 1;
    let found = limit(last - 1, order);
    let next = if last == 1 {
        0.5 * apart(&found, &values[last])
    } else {
        let ratio = (steps[last] as f64 / steps[last - 1] as f64).powf(order + 1.0);
        apart(&found, &limit(last - 2, order)) / (ratio - 1.0)
    };
    let fitted = assumed.map_or(0.0, |assumed| 0.5 * apart(&found, &limit(last - 1, assumed)));
    next.hypot(fitted)
}

/// Whether V_N is the same for every N: exact steps, and a driver of t alone.
fn is_exact(problem: &DeepBsde) -> Result<bool> {
    let equation = &problem.equation;
    Ok(problem.step()?.exact && equation.driver()? == Clock::of(equation)?.formula())
}
