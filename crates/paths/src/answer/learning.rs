//! What the learning error of Z does to the adjoint-weighted value.
//!
//! ```text
//! V(Z) − u ≈ ½ E ∫ f″(e, e) dt,    e = (Y − u, Z − Z*)             second order in Z − Z*
//! U = E ∫ |Z − Z*|² dt             mean rest² less what time steps leave of it
//! bend = ½ E ∫ |f″(e, e)| dt       with |Z − Z*|² = U/T along Z and (Y − u)² = U t/T, of either sign
//! seen = |V(¾Z) − V(Z)| U(Z)/(U(¾Z) − U(Z))                        on common draws, first level
//! ```
//! The second differences of f are taken at the size of the errors. Bend is the error, for
//! f = −½λ|z|² + c exactly ½λU. At a kink it is too much, since Z − Z* seldom points across it; where
//! a kink bends f to one side only, the smaller of bend and seen (with its noise) is taken. All of it
//! on paths that follow the function. An indicator: the direction of Z stands for that of Z − Z*.

use frame::{Params, Watch};
use ground::Result;
use ground::estimate::Estimate;
use ground::stream::Stream;

use super::draw::{follow, from_point};
use super::measure::{Weighted, independent, r_squared, unexplained};
use crate::model::At;
use crate::plan::{Asked, LevelDraws, PathPlan, Which};

/// What is left of Z in the comparison.
const PART: f64 = 0.75;
/// Paths of the comparison, unless fewer fresh paths are asked for.
const PATHS: usize = 16_384;
/// The share of Var g by which the two must differ, at least.
const APART: f64 = 1e-3;
/// Whole paths on which f is bent, in 100 dimensions and below; fewer above. Steps of each at most.
const BENT: [usize; 2] = [64, 32];
/// The share of the bends that must have the sign of their sum.
const ONE_SIGN: f64 = 0.98;
/// A part of the error of sampling that is not worth a comparison.
const SMALL: f64 = 0.3;

/// The learning error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Learning {
    /// Its indicated size.
    pub size: f64,
    /// The share of Var g that Z leaves unexplained, without what time steps leave.
    pub share: f64,
}

/// The learning error of V; none where f is linear, in which V has none. `policy` are paths of all
/// levels that follow the function; they serve where x₀ is a point. `noise` is the error of
/// sampling.
pub(super) fn learning(
    j: &mut PathPlan,
    theta: &Params,
    (policy, noise): (&[LevelDraws], f64),
    stream: &Stream,
    watch: &mut dyn Watch,
) -> Result<Option<Learning>> {
    if j.problem.equation.is_linear_in_values()? {
        return Ok(None);
    }
    let own = stream.child("learning");
    let (all, shown) = (0..j.problem.levels.len(), "learning error");
    let asked = (Which::Learned(theta), j.start(theta));
    let grouped = match (j.problem.at.is_law(), policy) {
        (false, [one]) => {
            let (x, y) = (j.problem.at.mean(j.problem.equation.dim), asked.1);
            let n = one.value.len().min(PATHS / 2);
            from_point(j, theta, (0.0, &x, y), (n, &own.child("twice")), watch)?
        }
        (false, _) => Vec::new(),
        (true, _) => follow(j, asked, (all, shown), (PATHS / 4, &own), watch)?,
    };
    let levels = if grouped.is_empty() { policy } else { &grouped };
    let (first, share) = (&levels[0], share(levels));
    let rest = unexplained(first) / first.value.len() as f64;
    let left = share * rest / (1.0 - r_squared(first));
    let [bend, sum] = bent(j, theta, (policy[0].start.unwrap_or(0.0), left), &own)?;
    let mut size = bend;
    let kinked = j.problem.equation.driver()?.is_kinked();
    if kinked && bend > SMALL * noise && sum.abs() >= ONE_SIGN * bend {
        let seen = seen(j, theta, (policy, left), &own, watch)?;
        size = bend.min(seen.unwrap_or(bend));
    }
    Ok(Some(Learning { size, share }))
}

/// By how much V moves for what is left unexplained, as it does for a quarter of Z, with the noise of
/// that; none where Z is too small to tell.
fn seen(
    j: &mut PathPlan,
    theta: &Params,
    (policy, left): (&[LevelDraws], f64),
    own: &Stream,
    watch: &mut dyn Watch,
) -> Result<Option<f64>> {
    let start = j.start(theta);
    let [full, less] =
        [Which::Learned(theta), Which::Part(theta, PART)].map(|which| (which, start));
    let shown = || (0..1, "learning error");
    let full = follow(j, full, shown(), (PATHS, own), watch)?.swap_remove(0);
    let part = follow(j, less, shown(), (PATHS, own), watch)?.swap_remove(0);
    let weighted = Weighted::new(&policy[0]);
    let pairs = weighted.values(&part).into_iter().zip(weighted.values(&full));
    let moved: Vec<f64> = pairs.map(|(a, b)| a - b).collect();
    let moved = Estimate::of(&independent(&full, &moved));
    let [rest, grown] = [&full, &part].map(|draws| unexplained(draws) / draws.value.len() as f64);
    let (apart, variance) = (grown - rest, rest / (1.0 - r_squared(&full)));
    Ok((apart > APART * variance).then(|| moved.mean.hypot(moved.stderr) / apart * left))
}

/// ½ E ∫ |f″(e, e)| dt and the same without the bars, where so much of the variance is left.
fn bent(
    j: &PathPlan,
    theta: &Params,
    (start, left): (f64, f64),
    stream: &Stream,
) -> Result<[f64; 2]> {
    let equation = &j.problem.equation;
    let At { t, x, u, z, .. } = equation.variables();
    let (f, horizon) = (equation.driver()?, equation.horizon);
    let n = (100 * BENT[0] / equation.dim.max(100)).max(8);
    let paths = j.trajectories(theta, &Asked { level: 0, start, kappa: 1.0, n, stream });
    let (steps, mut sums) = (paths.steps(), [0.0; 2]);
    let stride = steps.div_ceil(BENT[1]);
    for path in 0..paths.paths {
        for n in (0..steps).step_by(stride) {
            let (time, at, slope) = (paths.t[n], paths.point(path, n), paths.slope(path, n));
            let size = slope.iter().map(|v| v * v).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
            let (by_u, by_z) = ((left * time / horizon).sqrt(), (left / horizon).sqrt());
            let of = |a: f64, b: f64| {
                let moved: Vec<f64> = slope.iter().map(|v| v * (1.0 + b * by_z / size)).collect();
                let value = [paths.value(path, n) + a * by_u];
                f.evaluate(&[(t, &[time]), (x, at), (u, &value), (z, &moved)])[0]
            };
            let h = paths.t[steps.min(n + stride)] - time;
            for sign in [1.0, -1.0] {
                // Half of ½ for either sign.
                let bend = 0.25 * h * (of(1.0, sign) + of(-1.0, -sign) - 2.0 * of(0.0, 0.0));
                sums[0] += bend.abs();
                sums[1] += bend;
            }
        }
    }
    Ok(sums.map(|sum| sum / paths.paths as f64))
}

/// The share of Var g that Z leaves unexplained in the limit of fine steps; of one level with what
/// the steps leave.
pub(super) fn share(levels: &[LevelDraws]) -> f64 {
    let seen = |draws: &LevelDraws| (draws.steps, r_squared(draws));
    match levels {
        [one] => 1.0 - r_squared(one),
        levels => in_the_limit(seen(&levels[0]), seen(&levels[levels.len() - 1])),
    }
}

/// 1 − R² in the limit of fine steps, from N and R² of the first level and the last: what time steps
/// leave falls like 1/N.
fn in_the_limit(first: (usize, f64), last: (usize, f64)) -> f64 {
    let ratio = last.0 as f64 / first.0 as f64;
    ((ratio * (1.0 - last.1) - (1.0 - first.1)) / (ratio - 1.0)).abs()
}
