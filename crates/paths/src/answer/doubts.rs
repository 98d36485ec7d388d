//! Signs that an answer is wrong beyond what its interval says.
//!
//! The interval holds the noise of the fresh paths. The learning error is of second order in that
//! of Z and the extrapolation supposes an order: both have signs, and these are looked for.

use ground::Result;

use super::print::share;
use super::{Limit, Paths, Value, budget, steps, unexplained};
use crate::case::Reading;
use crate::problem::DeepBsde;

/// Standard errors between minimiser and adjoint-weighted value that are no chance.
const FAR: f64 = 5.0;
/// Orders below this are no approach to a limit.
const SLOWEST: f64 = 0.2;

/// The signs that are seen, as sentences.
pub(super) fn doubts(value: &Value, paths: &Paths, problem: &DeepBsde) -> Result<Vec<String>> {
    let all = [
        harmful(value, paths),
        blind(value, problem),
        no_limit(value),
        two_values(value, problem.follows()?),
    ];
    Ok(all.into_iter().flatten().collect())
}

/// The function leaves more noise than no function.
fn harmful(value: &Value, paths: &Paths) -> Option<String> {
    (unexplained(&paths.plain[0]) > 1.001 * unexplained(&paths.zero)).then(|| {
        format!(
            "the learned Z explains less than Z = 0 does (R² {}); try a smaller descent.rate, more \
             run.iterations or problem.steps",
            share(value.r2)
        )
    })
}

/// g is one number on all paths, though they spread: what it is elsewhere was not seen.
fn blind(value: &Value, problem: &DeepBsde) -> Option<String> {
    let equation = &problem.equation;
    let should_vary = equation.terminal.depends_on(equation.variables().x);
    (value.r2.is_nan() && should_vary && !equation.diffusion.is_zero()).then(|| {
        format!("g is the same on all {} plain paths: where it differs no path came", value.plain)
    })
}

/// The levels do not approach one another.
fn no_limit(value: &Value) -> Option<String> {
    if value.reading == Reading::Logarithmic {
        return None;
    }
    let Some(Limit { order: Some(_), seen, .. }) = &value.limit else { return None };
    let slow = seen.filter(|order| order.mean + 2.0 * order.stderr < SLOWEST);
    let [.., a, b, c] = value.levels.as_slice() else { return None };
    let first = budget::difference(b.value, a.value);
    let second = budget::difference(c.value, b.value);
    // Independent errors: more cautious than common paths need.
    let grows = second.0.abs() - first.0.abs() > 4.0 * first.1.hypot(second.1);
    if slow.is_none() && !grows {
        return None;
    }
    let seen = slow.map(|order| format!(" (order {order} is seen)")).unwrap_or_default();
    Some(format!(
        "the values on {}, {} and {} do not approach a limit{seen}; try more problem.steps",
        a.steps,
        b.steps,
        steps(c.steps)
    ))
}

/// Minimiser and adjoint-weighted value contradict each other, and the answer rests on the latter;
/// `follows`: the training paths follow the function.
fn two_values(value: &Value, follows: bool) -> Option<String> {
    let first = value.levels[0].value;
    let (size, noise) = budget::difference(value.minimiser, first);
    if value.reading == Reading::Logarithmic || size.abs() <= FAR * noise {
        return None;
    }
    let follow = if follows { "" } else { ", or problem.on-policy = true" };
    Some(format!(
        "the minimiser {} and the adjoint-weighted value {first} on {} are {:.0} standard errors \
         apart; try more run.iterations or problem.steps{follow}",
        value.minimiser,
        steps(value.levels[0].steps),
        size.abs() / noise
    ))
}
