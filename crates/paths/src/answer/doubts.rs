//! Signs that an answer is wrong beyond what its interval says.
//!
//! The interval holds the noise of the fresh paths. The learning error is of second order in that
//! of Z and the extrapolation supposes an order: both have signs, and these are looked for.

use ground::estimate::Estimate;

use super::{Limit, Paths, Value, budget, steps};
use crate::case::Reading;
use crate::model::Diffusion;
use crate::problem::DeepBsde;

/// Standard errors between minimiser and adjoint-weighted value that are no chance.
const FAR: f64 = 5.0;
/// Orders below this are no approach to a limit.
const SLOWEST: f64 = 0.2;

/// The signs that are seen, as sentences; `follows`: the training paths follow the function.
pub(super) fn doubts(
    value: &Value,
    paths: &Paths,
    (problem, follows): (&DeepBsde, bool),
) -> Vec<String> {
    let all =
        [harmful(value, paths), no_limit(value), two_values(value, follows), blind(paths, problem)];
    all.into_iter().flatten().collect()
}

/// The function leaves more noise than no function.
fn harmful(value: &Value, paths: &Paths) -> Option<String> {
    let variance = |y: &[f64]| {
        let of = Estimate::of(y);
        of.stderr.powi(2) * of.n as f64
    };
    let (with, without) = (variance(&paths.plain[0].value), variance(&paths.zero.value));
    (with > 1.001 * without).then(|| {
        format!(
            "the learned Z explains less than Z = 0 does (R² {:.4}); try a smaller descent.rate, \
             more run.iterations or problem.steps",
            value.r2
        )
    })
}

/// g(x) is one number on all paths, though they spread: what it is elsewhere was not seen.
fn blind(paths: &Paths, problem: &DeepBsde) -> Option<String> {
    let equation = &problem.equation;
    let spreads = match &equation.diffusion {
        Diffusion::Scalar(sigma) | Diffusion::Diagonal(sigma) => sigma.as_number() != Some(0.0),
        Diffusion::Matrix(sigma) => sigma.iter().any(|v| *v != 0.0),
    };
    let g = &paths.plain[0].terminal;
    let same = g.iter().all(|v| *v == g[0]);
    (same && spreads && equation.terminal.depends_on(equation.variables().x)).then(|| {
        format!("g = {} on all {} plain paths: where it differs no path came", g[0], g.len())
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

/// Minimiser and adjoint-weighted value contradict each other, and the answer rests on the latter.
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
