//! What the learning error of Z does to the adjoint-weighted value.
//!
//! ```text
//! V(Z) − u ≈ K U(Z),   U(Z) = mean rest² less what time steps leave of it   second order in Z − Z*
//! K = (V(¾Z) − V(Z)) / (U(¾Z) − U(Z))              on common draws, on the first level
//! error = |K| U(Z)
//! ```
//! All of it on paths that follow the function. For f = −½λ|z|² + c the value of a policy is above u
//! by ½λ E∫|Z − Z*|² dt, which is of this form. Elsewhere the curvature of f along Z stands for that
//! along Z − Z*: an indicator, within a factor of two or so in the cases whose solution is known.

use frame::{Params, Watch};
use ground::Result;
use ground::estimate::Estimate;
use ground::stream::Stream;

use super::draw::{follow, twice};
use super::measure::{Weighted, independent, r_squared, unexplained};
use crate::plan::{LevelDraws, PathPlan};

/// What is left of Z in the comparison.
const PART: f64 = 0.75;
/// Paths of the comparison, unless fewer fresh paths are asked for.
const PATHS: usize = 32_768;
/// The share of Var g by which the two must differ, at least.
const APART: f64 = 1e-3;

/// The learning error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Learning {
    /// Its indicated size; not a number where Z is too small to tell.
    pub size: f64,
    /// The share of Var g that Z leaves unexplained, without what time steps leave.
    pub share: f64,
}

/// The learning error of V; none where f is linear, in which V has none. `policy` are paths of all
/// levels that follow the function; they serve where x₀ is a point.
pub(super) fn learning(
    j: &mut PathPlan,
    theta: &Params,
    policy: &[LevelDraws],
    stream: &Stream,
    watch: &mut dyn Watch,
) -> Result<Option<Learning>> {
    if j.problem.equation.is_linear_in_values()? {
        return Ok(None);
    }
    let less = j.form.scaled(theta, PART);
    let own = stream.child("learning");
    let shown = |levels| (levels, "learning error");
    let full = follow(j, theta, shown(0..1), (PATHS, &own), watch)?.swap_remove(0);
    let part = follow(j, &less, shown(0..1), (PATHS, &own), watch)?.swap_remove(0);
    let weighted = Weighted::new(&policy[0]);
    let pairs = weighted.values(&part).into_iter().zip(weighted.values(&full));
    let moved: Vec<f64> = pairs.map(|(a, b)| a - b).collect();
    let moved = Estimate::of(&independent(&full, &moved));
    let [rest, grown] = [&full, &part].map(|draws| unexplained(draws) / draws.value.len() as f64);
    let variance = rest / (1.0 - r_squared(&full));
    let all = 0..j.problem.levels.len();
    let share = match (j.problem.at.is_law(), policy) {
        (false, [_]) => share(&twice(j, theta, &own.child("twice"), watch)?),
        (false, levels) => share(levels),
        (true, [_]) => 1.0 - r_squared(&full),
        (true, _) => share(&follow(j, theta, shown(all), (PATHS / 4, &own), watch)?),
    };
    // A K within its noise is no curvature.
    let seen = (moved.mean.powi(2) - moved.stderr.powi(2)).max(0.0).sqrt();
    let apart = grown - rest;
    let size = if apart > APART * variance { seen / apart * share * variance } else { f64::NAN };
    Ok(Some(Learning { size, share }))
}

/// The share of Var g that Z leaves unexplained in the limit of fine steps, from several levels.
pub(super) fn share(levels: &[LevelDraws]) -> f64 {
    let seen = |draws: &LevelDraws| (draws.steps, r_squared(draws));
    in_the_limit(seen(&levels[0]), seen(&levels[levels.len() - 1]))
}

/// 1 − R² in the limit of fine steps, from N and R² of the first level and the last: what time steps
/// leave falls like 1/N.
fn in_the_limit(first: (usize, f64), last: (usize, f64)) -> f64 {
    let ratio = last.0 as f64 / first.0 as f64;
    ((ratio * (1.0 - last.1) - (1.0 - first.1)) / (ratio - 1.0)).abs()
}
