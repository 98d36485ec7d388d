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
        return Ok(Some(Limit { value, order: None, fitted: false, seen: None }));
    }
    let steps: Vec<usize> = policy.iter().map(|level| level.steps).collect();
    let draws = |_: &[usize]| Ok(policy.iter().map(|level| weighted.values(level)).collect());
    let Refined { limit, order, fitted, seen, .. } = refine(&steps, problem.grid.order(), draws)?;
    Ok(Some(Limit { value: limit, order, fitted, seen }))
}

/// Whether V_N is the same for every N: exact steps, and a driver of t alone.
fn is_exact(problem: &DeepBsde) -> Result<bool> {
    let equation = &problem.equation;
    Ok(problem.step()?.exact && equation.driver()? == Clock::of(equation)?.formula())
}
