//! u(0, x₀), ∇u(0, x₀) and their errors.
//!
//! ```text
//! adjoint-weighted   V_N = mean of ρ y₀ on paths that follow the function (κ = 1): one Newton step
//!                    of the N-step scheme, error quadratic in that of Z; ρ, of mean 1, goes back to
//!                    the scheme's own adjoint
//! policy             mean of y₀ on the same paths: the same as h → 0, and for f concave in z the
//!                    value of a policy, an upper bound
//! logarithmic        −λ⁻¹ ln mean e^(−λ y₀) on the same paths, for f = −½λ|z|² + c(t) with constant
//!                    coefficients: no time-step error and no learning error; its gate is
//!                    sd(λ y₀) ≤ 1, beyond which a sample misses the tail
//! minimiser          mean of y₀ on plain paths at the first level: what the loss converges to
//! R²                 1 − Var y₀ / Var g(X_T) on plain paths
//! ∇u(0, x₀)          σ^(−T) (Z₀ + mean[(y₀ − V) ΔW₀]/h), for exact Ornstein–Uhlenbeck steps times
//!                    what their first step does to a slope
//! ```
//! Every mean uses Σ |ΔW|² − h d and ρ − 1, whose means are zero, as control variates. Where the
//! weights ρ of the coarsest level have an effective sample below half, all levels go without.
//! V_N extrapolates to the value of the policy, which the learning error keeps away from u; where
//! the logarithmic mean is known the difference is printed.
//!
//! One level asks for the value of the N-step scheme, several for the limit: the answer is V_N for
//! one level, and for several the logarithmic mean where its gate allows, else the extrapolated V_N.

mod budget;
mod doubts;
mod json;
mod print;

use frame::{Findings, Params, Precision, Refined, Representation, Watch, refine};
use ground::estimate::{Estimate, controlled};
use ground::formula::Interval;
use ground::stream::Stream;
use ground::{Result, array, linalg};

pub use json::Json;

use crate::case::{Reading, Start};
use crate::clock::Clock;
use crate::model::Diffusion;
use crate::plan::{Fresh, LevelDraws, PathPlan};
use crate::problem::DeepBsde;
use crate::quadratic::Quadratic;
use crate::sde::Law;
use crate::sde::reversion::Reversion;

/// Plain paths that R² and the minimiser are measured on, unless fewer fresh paths are asked for.
const PLAIN: usize = 8192;
/// The share of Var g by which the loss may still move: R² is then known to three digits, and the
/// answer, whose error is of second order in that of Z, to more.
const SLACK: f64 = 1e-3;
/// The largest sd(λ y₀) at which the logarithmic mean is trusted.
const GATE: f64 = 1.0;

/// u(0, x₀) and everything that is known beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// x₀.
    pub at: Vec<f64>,
    /// u(0, x₀).
    pub answer: Estimate,
    /// How it was read off: adjoint or logarithmic.
    pub reading: Reading,
    /// The same, as a sentence.
    pub how: String,
    /// ∇u(0, x₀), `[d]`.
    pub gradient: Vec<Estimate>,
    /// The y₀ of the smallest loss.
    pub minimiser: Estimate,
    /// The share of Var g that Z explains on plain paths, at the first level.
    pub r2: f64,
    /// What Z ≡ 0 gives.
    pub zero: Estimate,
    /// What the untrained directions give.
    pub untrained: Estimate,
    /// Their R².
    pub untrained_r2: f64,
    /// What learning adds to it, path by path on the same paths.
    pub gain: Estimate,
    /// Level by level.
    pub levels: Vec<Level>,
    /// The limit of the levels, if there are several.
    pub limit: Option<Limit>,
    /// λ of the logarithmic mean, sd(λ y₀), and the mean, where the equation has one.
    pub logarithmic: Option<Logarithmic>,
    /// Fresh paths a level.
    pub fresh: usize,
    /// Plain paths.
    pub plain: usize,
}

/// One level of the time grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// N.
    pub steps: usize,
    /// V_N.
    pub value: Estimate,
    /// The mean of y₀ on paths that follow the function.
    pub policy: Estimate,
    /// R² on plain paths.
    pub r2: f64,
    /// The logarithmic mean, where it applies.
    pub logarithmic: Option<Estimate>,
}

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

/// The logarithmic mean on the finest level.
#[derive(Clone, Debug, PartialEq)]
pub struct Logarithmic {
    /// λ.
    pub lambda: f64,
    /// sd(λ y₀).
    pub spread: f64,
    /// The mean.
    pub value: Estimate,
    /// Whether the gate allows it.
    pub trusted: bool,
}

/// All paths of an answer.
struct Paths {
    plain: Vec<LevelDraws>,
    zero: LevelDraws,
    untrained: LevelDraws,
    policy: Vec<LevelDraws>,
}

/// From the trained function to the answer, on draws no descent has seen.
pub(crate) fn answer(
    j: &mut PathPlan,
    theta: &Params,
    stream: &Stream,
    watch: &mut dyn Watch,
) -> Result<Findings<Value>> {
    let paths = draw(j, theta, stream, watch)?;
    let problem = j.problem.clone();
    let quadratic = Quadratic::of(&problem)?;
    let weighted = Weighted::new(&paths.policy[0]);
    let levels = levels(&paths, weighted, quadratic.as_ref());
    let limit = limit(&problem, &paths, weighted)?;
    let finest = paths.policy.last().expect("there is a level");
    let logarithmic = quadratic.as_ref().map(|q| q.mean(finest, GATE));
    let first = &paths.plain[0];
    let (answer, reading, mut how) = read(&problem, &levels, limit.as_ref(), logarithmic.as_ref());
    if !weighted.0 && reading == Reading::Adjoint {
        how.push_str(", without the scheme's weights (their effective sample is below half)");
    }
    let z0 = j.slope_at(theta, 0.0, &problem.at);
    let value = Value {
        at: problem.at.clone(),
        answer,
        reading,
        how,
        gradient: gradient(&problem, finest, &z0, &pull(&problem, finest.h)?),
        minimiser: mean(first),
        r2: r_squared(first),
        zero: mean(&paths.zero),
        untrained: mean(&paths.untrained),
        untrained_r2: r_squared(&paths.untrained),
        gain: gain(first, &paths.untrained),
        levels,
        limit,
        logarithmic,
        fresh: finest.value.len(),
        plain: first.value.len(),
    };
    let contradiction = contradiction(&problem, value.answer);
    let doubts = doubts::doubts(&value, &paths, (&problem, j.pilot()))?;
    let error = budget::budget(&value);
    Ok(Findings { answer: value, error, contradiction, doubts, slack: SLACK })
}

/// Draws all paths of an answer.
fn draw(j: &mut PathPlan, theta: &Params, stream: &Stream, watch: &mut dyn Watch) -> Result<Paths> {
    let fresh = j.fresh();
    let plain_n = PLAIN.min(fresh);
    let all = 0..j.problem.levels.len();
    let plain_stream = stream.child("plain");
    let plain_paths = |j: &mut PathPlan, theta: &Params, levels, what, watch: &mut dyn Watch| {
        let stream = &plain_stream;
        let (n, kappa, pivot) = (plain_n, 0.0, 0.0);
        j.evaluate(theta, &Fresh { what, levels, from: None, kappa, n, stream, pivot }, watch)
    };
    let plain = plain_paths(j, theta, all.clone(), "plain paths", watch)?;
    let start = untrained(j, theta.precision(), stream)?;
    let untrained = plain_paths(j, &start, 0..1, "without training", watch)?.swap_remove(0);
    let nothing = theta.zeros_like();
    let zero = plain_paths(j, &nothing, 0..1, "without a function", watch)?.swap_remove(0);
    let pivot = Estimate::of(&plain[plain.len() - 1].value).mean;
    let kappa = if j.problem.equation.is_nonlinear() { 1.0 } else { 0.0 };
    let stream = &stream.child("policy");
    let what = "fresh paths";
    let wanted = Fresh { what, levels: all, from: None, kappa, n: fresh, stream, pivot };
    let policy = j.evaluate(theta, &wanted, watch)?;
    Ok(Paths { plain, zero, untrained, policy })
}

/// The parameters at which Z is the gradient of the smoothed terminal value.
fn untrained(j: &PathPlan, precision: Precision, stream: &Stream) -> Result<Params> {
    let form = crate::form::Directions { start: Start::Smoothed, ..j.form.clone() };
    form.init(precision, stream)
}

/// Whether the weights ρ are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Weighted(bool);

impl Weighted {
    /// By the effective sample of the coarsest level, whose weights vary most.
    fn new(coarsest: &LevelDraws) -> Self {
        let sum: f64 = coarsest.weight.iter().sum();
        let squares: f64 = coarsest.weight.iter().map(|w| w * w).sum();
        Self(sum * sum >= 0.5 * squares * coarsest.weight.len() as f64)
    }

    /// V_N path by path, with what the controls explain taken out.
    fn values(self, draws: &LevelDraws) -> Vec<f64> {
        if !self.0 {
            return controlled(&draws.value, &[&draws.control]);
        }
        let centre = Estimate::of(&draws.value).mean;
        let pairs = draws.value.iter().zip(&draws.weight);
        let values: Vec<f64> = pairs.map(|(y, w)| centre + w * (y - centre)).collect();
        let excess: Vec<f64> = draws.weight.iter().map(|w| w - 1.0).collect();
        controlled(&values, &[&draws.control, &excess])
    }
}

fn levels(paths: &Paths, weighted: Weighted, quadratic: Option<&Quadratic>) -> Vec<Level> {
    let level = |(plain, policy): (&LevelDraws, &LevelDraws)| Level {
        steps: policy.steps,
        value: Estimate::of(&weighted.values(policy)),
        policy: mean(policy),
        r2: r_squared(plain),
        logarithmic: quadratic.map(|q| q.mean(policy, GATE).value),
    };
    paths.plain.iter().zip(&paths.policy).map(level).collect()
}

/// The limit of the adjoint-weighted values; the finest level's where they have no time-step error.
fn limit(problem: &DeepBsde, paths: &Paths, weighted: Weighted) -> Result<Option<Limit>> {
    if problem.levels.len() < 2 {
        return Ok(None);
    }
    if is_exact(problem)? {
        let value = mean(paths.policy.last().expect("there is a level"));
        return Ok(Some(Limit { value, order: None, fitted: false, seen: None }));
    }
    let draws = |_: &[usize]| Ok(paths.policy.iter().map(|level| weighted.values(level)).collect());
    let Refined { limit, order, fitted, seen, .. } = refine(&problem.levels, 1.0, draws)?;
    Ok(Some(Limit { value: limit, order, fitted, seen }))
}

/// Whether V_N is the same for every N: exact steps, and a driver of t alone.
fn is_exact(problem: &DeepBsde) -> Result<bool> {
    let equation = &problem.equation;
    Ok(problem.step()?.exact && equation.driver()? == Clock::of(equation)?.formula())
}

/// The answer and how it was read off.
fn read(
    problem: &DeepBsde,
    levels: &[Level],
    limit: Option<&Limit>,
    logarithmic: Option<&Logarithmic>,
) -> (Estimate, Reading, String) {
    let wanted = problem.reading;
    if let Some(log) = logarithmic
        && log.trusted
        && (wanted == Reading::Logarithmic || (wanted == Reading::Auto && limit.is_some()))
    {
        let (n, lambda) = (levels[levels.len() - 1].steps, log.lambda);
        let how = format!("logarithmic mean with λ = {lambda} on {}", steps(n));
        return (log.value, Reading::Logarithmic, how);
    }
    let (value, how) = match limit {
        Some(Limit { value, order: Some(order), fitted, .. }) => {
            let said = if *fitted { "fitted" } else { "assumed" };
            let all: Vec<String> = levels.iter().map(|l| l.steps.to_string()).collect();
            let all = all.join(", ");
            let how = format!(
                "adjoint-weighted values on {all} steps, extrapolated with order {order:.2} ({said})"
            );
            (*value, how)
        }
        Some(Limit { value, .. }) => {
            (*value, "mean over exact steps, which has no time-step error".to_owned())
        }
        None => {
            let n = levels[0].steps;
            (
                levels[0].value,
                format!("adjoint-weighted value of the scheme with {}, not extrapolated", steps(n)),
            )
        }
    };
    (value, Reading::Adjoint, how)
}

/// `1 step`, `20 steps`.
fn steps(n: usize) -> String {
    if n == 1 { "1 step".to_owned() } else { format!("{n} steps") }
}

/// The mean of y₀ with its control.
fn mean(draws: &LevelDraws) -> Estimate {
    Estimate::with_controls(&draws.value, &[&draws.control])
}

/// (v − v̄)², value by value.
fn squares(values: &[f64]) -> Vec<f64> {
    let mean = Estimate::of(values).mean;
    values.iter().map(|v| (v - mean).powi(2)).collect()
}

/// n Var y₀.
fn unexplained(draws: &LevelDraws) -> f64 {
    squares(&draws.value).iter().sum()
}

/// n Var g; not a number where g is the same on all paths.
fn to_explain(draws: &LevelDraws) -> f64 {
    let g = &draws.terminal;
    if g.iter().all(|v| *v == g[0]) { f64::NAN } else { squares(g).iter().sum() }
}

/// 1 − Var y₀ / Var g; not a number where g does not vary.
fn r_squared(draws: &LevelDraws) -> f64 {
    1.0 - unexplained(draws) / to_explain(draws)
}

/// R² of the first less that of the second, on the same paths.
fn gain(trained: &LevelDraws, untrained: &LevelDraws) -> Estimate {
    let variance = to_explain(trained) / trained.terminal.len() as f64;
    let pairs = squares(&untrained.value).into_iter().zip(squares(&trained.value));
    let gains: Vec<f64> = pairs.map(|(before, after)| (before - after) / variance).collect();
    Estimate::of(&gains)
}

/// What the first step does to a slope beside σ: not 1 for Ornstein–Uhlenbeck steps only.
fn pull(problem: &DeepBsde, h: f64) -> Result<Vec<f64>> {
    let step = problem.step()?;
    let reversion = Reversion::of(&problem.equation)
        .filter(|_| step.law == Law::OrnsteinUhlenbeck && step.exact);
    Ok(reversion.map_or_else(|| vec![1.0], |reversion| reversion.pull(h)))
}

/// ∇u(0, x₀) = σ^(−T) (Z₀ + mean[(y₀ − V) ΔW₀]/h); not a number where σ is singular.
fn gradient(problem: &DeepBsde, draws: &LevelDraws, z0: &[f64], pull: &[f64]) -> Vec<Estimate> {
    let n = draws.value.len();
    let count = n as f64;
    let z: Vec<Estimate> = draws
        .moments
        .iter()
        .zip(z0)
        .zip(pull.iter().cycle())
        .map(|(([sum, square], z0), pull)| {
            let mean = sum / count;
            let variance = (square / count - mean * mean).max(0.0);
            let stderr = (variance / count).sqrt() / draws.h;
            Estimate { mean: pull * (z0 + mean / draws.h), stderr: pull * stderr, n }
        })
        .collect();
    let d = problem.equation.dim;
    let weighted = |weights: &dyn Fn(usize) -> f64| Estimate {
        mean: (0..d).map(|k| weights(k) * z[k].mean).sum(),
        stderr: (0..d).map(|k| (weights(k) * z[k].stderr).powi(2)).sum::<f64>().sqrt(),
        n,
    };
    let variables = problem.equation.variables();
    match &problem.equation.diffusion {
        Diffusion::Scalar(sigma) | Diffusion::Diagonal(sigma) => {
            let sigma = sigma.evaluate(&[(variables.t, &[0.0]), (variables.x, &problem.at)]);
            let at = |i: usize| sigma[i.min(sigma.len() - 1)];
            let one = |(i, z): (usize, &Estimate)| Estimate {
                mean: if at(i) == 0.0 { f64::NAN } else { z.mean / at(i) },
                stderr: (z.stderr / at(i)).abs(),
                n,
            };
            z.iter().enumerate().map(one).collect()
        }
        Diffusion::Matrix(sigma) => match linalg::inverse(&array::rows(d, d, sigma)) {
            Ok(inverse) => (0..d).map(|i| weighted(&|k| inverse[[k, i]])).collect(),
            Err(_) => vec![Estimate { mean: f64::NAN, stderr: f64::NAN, n }; d],
        },
        Diffusion::Correlated { volatility, factor } => {
            let here = [(variables.t, &[0.0][..]), (variables.x, &problem.at)];
            let v = volatility.evaluate(&here);
            let v = |i: usize| v[i.min(v.len() - 1)];
            match linalg::inverse(&array::rows(d, d, factor)) {
                Ok(inverse) if (0..d).all(|i| v(i) != 0.0) => {
                    (0..d).map(|i| weighted(&|k| inverse[[k, i]] / v(i))).collect()
                }
                _ => vec![Estimate { mean: f64::NAN, stderr: f64::NAN, n }; d],
            }
        }
    }
}

/// Where f(t, x, 0) = 0 the answer lies between inf g and sup g, by intervals on the formula.
fn contradiction(problem: &DeepBsde, answer: Estimate) -> Option<String> {
    let equation = &problem.equation;
    let variables = equation.variables();
    let zero = 0.0 * variables.z;
    let at_rest = equation.driver().ok()?.substitute(&[(variables.z, zero)]);
    if at_rest.as_number() != Some(0.0) {
        return None;
    }
    let everywhere = Interval { low: f64::NEG_INFINITY, high: f64::INFINITY };
    let range = equation.terminal.range(&[(variables.x, everywhere)]);
    let margin = 5.0 * answer.stderr + 1e-12 * answer.mean.abs();
    let outside = answer.mean + margin < range.low || answer.mean - margin > range.high;
    outside.then(|| {
        let Interval { low, high } = range;
        format!("u = {answer} lies outside [inf g, sup g] = [{low}, {high}], which holds it")
    })
}
