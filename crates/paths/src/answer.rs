//! u(0, x₀), ∇u(0, x₀) and their errors.
//!
//! ```text
//! adjoint-weighted   V_N = y + mean of ρ (y₀ − y) on paths that follow the function (κ = 1): one
//!                    Newton step of the N-step scheme, error quadratic in that of Z and of y, where
//!                    Y starts; ρ, of mean 1, goes back to the scheme's own adjoint
//! policy             mean of y₀ on the same paths: the same as h → 0, and for f concave in z the
//!                    value of a policy, an upper bound
//! logarithmic        −λ⁻¹ ln mean e^(−λ y₀) on the same paths, for f = −½λ|z|² + c(t) with constant
//!                    coefficients: no time-step error and no learning error; its gate is
//!                    sd(λ y₀) ≤ 1, beyond which a sample misses the tail
//! minimiser          the y with mean (g − Y_N) = 0 on plain paths at the first level: what the loss
//!                    converges to
//! R²                 1 − mean (δ − JΔ)² / Var g(X_T) on plain paths
//! ∇u(0, x₀)          σ^(−T) (Z₀ + mean[(y₀ − V) ΔW₀]/h₀), for exact Ornstein–Uhlenbeck steps times
//!                    what their first step does to a slope
//! ```
//! y₀ is what a path says of u(0, x₀): y + (g(X_N) − Y_N)/J, J = ∂Y_N/∂y; without u in f it is
//! g(X_N) + Σ h f − Σ Z·ΔB. Where f has u, y is found on paths of its own ([`draw`]).
//!
//! Every mean uses Σ (|ΔW_n|² − h_n d) and ρ − 1, whose means are zero, as control variates. Where the
//! weights ρ of the coarsest level have an effective sample below half, all levels go without.
//! V_N extrapolates to the value of the policy, which the learning error keeps away from u; where
//! the logarithmic mean is known the difference is printed.
//!
//! Where x₀ has a law the answer is E u(0, x₀). Plain paths come in groups of 8 from one start: minimiser
//! and gain are means over groups, which are independent, and R² is the share of E Var(g | x₀), within
//! groups. Paths that follow the function have a start each. The logarithmic mean and bounds are
//! statements at one point, and so is the gradient: there are none.
//!
//! One level asks for the value of the N-step scheme, several for the limit: the answer is V_N for
//! one level, and for several the logarithmic mean where its gate allows, else the extrapolated V_N.

mod budget;
mod doubts;
mod draw;
mod figures;
mod gradient;
mod json;
mod learning;
mod limit;
mod measure;
mod print;
mod sheets;

use frame::{Findings, Params, Watch};
use ground::Result;
use ground::estimate::Estimate;
use ground::formula::Interval;
use ground::stream::Stream;

pub use json::Json;

use crate::bounds::{Bounds, bounds};
use crate::case::Reading;
use crate::model::Equation;
use crate::origin::Origin;
use crate::plan::{Asked, Everywhere, LevelDraws, PathPlan, Trajectories, Which};
use crate::problem::DeepBsde;
use crate::quadratic::Quadratic;
pub(crate) use draw::from_point;
use draw::{Paths, draw};
use gradient::gradient;
pub(crate) use gradient::gradient_of;
pub use learning::Learning;
use learning::learning;
pub use limit::Limit;
use limit::limit;
pub(crate) use measure::mean;
use measure::{Weighted, gain, minimiser, r_squared};

/// The share of Var g, or of E Var(g | x₀), by which the loss may still move: R² is then known to three digits, and the
/// answer, whose error is of second order in that of Z, to more.
const SLACK: f64 = 1e-3;

/// Whole paths kept for pictures.
const SHOWN: usize = 64;

/// u(0, x₀) and everything that is known beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// The equation.
    pub equation: Equation,
    /// x₀, or its law.
    pub at: Origin,
    /// u(0, x₀), or E u(0, x₀), its error that of sampling, of learning and of the limit together.
    pub answer: Estimate,
    /// The same with the error of sampling alone.
    pub sampled: Estimate,
    /// What the learning error of Z does to it, where it does anything.
    pub learning: Option<Learning>,
    /// How it was read off: adjoint or logarithmic.
    pub reading: Reading,
    /// The same, as a sentence.
    pub how: String,
    /// ∇u(0, x₀), `[d]`; empty where x₀ has a law.
    pub gradient: Vec<Estimate>,
    /// The y₀ of the smallest loss.
    pub minimiser: Estimate,
    /// y₀ as the descent left it, where it is trained like a weight.
    pub trained: Option<f64>,
    /// The share of Var g that Z explains on plain paths, at the first level; of E Var(g | x₀) where
    /// x₀ has a law.
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
    /// Between what numbers the truth lies, where the driver is concave or convex in z.
    pub bounds: Option<Bounds>,
    /// Paths to look at.
    pub sample: Sample,
    /// Fresh paths a level.
    pub fresh: usize,
    /// Plain paths.
    pub plain: usize,
}

/// Plain paths at the first level, for pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// A few whole ones, Y starting at the value of that level; where x₀ has a law, read backward from
    /// g(X_N).
    pub paths: Trajectories,
    /// δ − JΔ of all plain paths: what is left of g(X_N) − Y_N at the best start.
    pub mismatch: Vec<f64>,
    /// The same without a function.
    pub without: Vec<f64>,
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

/// From the trained function to the answer, on draws no descent has seen.
pub(crate) fn answer(
    j: &mut PathPlan,
    theta: &Params,
    stream: &Stream,
    watch: &mut dyn Watch,
) -> Result<Findings<Value>> {
    let paths = draw(j, theta, stream, watch)?;
    let problem = j.problem.clone();
    let quadratic = Quadratic::of_answer(&problem)?;
    let weighted = Weighted::new(&paths.policy[0]);
    let levels = levels(&paths, weighted, quadratic.as_ref());
    let limit = limit(&problem, &paths.policy, weighted)?;
    let finest = paths.policy.last().expect("there is a level");
    let logarithmic = quadratic.as_ref().map(|q| q.mean(finest));
    let first = &paths.plain[0];
    let (sampled, reading, mut how) = read(&problem, &levels, limit.as_ref(), logarithmic.as_ref());
    if !weighted.0 && reading == Reading::Adjoint {
        how.push_str(", without the scheme's weights (their effective sample is below half)");
    }
    let mut answer = sampled;
    let mut learned = None;
    if reading == Reading::Adjoint {
        learned = learning(j, theta, (&paths.policy, sampled.stderr), stream, watch)?;
        let rest = limit.as_ref().map_or(0.0, |limit| limit.rest);
        answer = widened(widened(sampled, learned.map_or(0.0, |one| one.size)), rest);
    }
    let bounds = match problem.bound_steps() {
        Some(steps) => Some(bounds(j, theta, steps, &stream.child("bounds"), watch)?),
        None => None,
    };
    let sample = sample(j, theta, (&paths, levels[0].value.mean), stream);
    let value = Value {
        equation: problem.equation.clone(),
        at: problem.at.clone(),
        answer,
        sampled,
        learning: learned,
        reading,
        how,
        gradient: gradient(j, theta, finest)?,
        minimiser: minimiser(first),
        trained: j.trained(theta),
        r2: r_squared(first),
        zero: minimiser(&paths.zero),
        untrained: minimiser(&paths.untrained),
        untrained_r2: r_squared(&paths.untrained),
        gain: gain(first, &paths.untrained),
        levels,
        limit,
        logarithmic,
        bounds,
        sample,
        fresh: finest.value.len(),
        plain: first.value.len(),
    };
    let contradiction = contradiction(&problem, value.answer);
    let doubts = doubts::doubts(&value, &paths, (&problem, j), j.start(theta))?;
    let error = budget::budget(&value);
    let slack = SLACK * j.unit();
    Ok(Findings { answer: value, error, contradiction, doubts, slack, late: None })
}

/// What pictures show: plain paths at the first level, Y starting at its value.
fn sample(j: &PathPlan, theta: &Params, (paths, start): (&Paths, f64), stream: &Stream) -> Sample {
    let own = stream.child("pictures");
    let asked = Asked { level: 0, start, kappa: 0.0, n: SHOWN, stream: &own };
    Sample {
        paths: j.trajectories(theta, &asked),
        mismatch: measure::rests(&paths.plain[0]),
        without: measure::rests(&paths.zero),
    }
}

fn levels(paths: &Paths, weighted: Weighted, quadratic: Option<&Quadratic>) -> Vec<Level> {
    let level = |(plain, policy): (&LevelDraws, &LevelDraws)| Level {
        steps: policy.steps,
        value: Estimate::of(&weighted.values(policy)),
        policy: mean(policy),
        r2: r_squared(plain),
        logarithmic: quadratic.map(|q| q.mean(policy).value),
    };
    paths.plain.iter().zip(&paths.policy).map(level).collect()
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

/// u(t, x) from paths of a few levels that begin there and follow the function, and how it was read
/// off.
pub(crate) fn value_of(problem: &DeepBsde, policy: &[LevelDraws]) -> Result<(Estimate, Reading)> {
    let finest = &policy[policy.len() - 1];
    if let Some(q) = Quadratic::of(problem)?
        && problem.reading != Reading::Adjoint
    {
        let log = q.mean(finest);
        if log.trusted {
            return Ok((log.value, Reading::Logarithmic));
        }
    }
    let weighted = Weighted::new(&policy[0]);
    let limit = limit(problem, policy, weighted)?;
    let value = match limit {
        Some(limit) => widened(limit.value, limit.rest),
        None => Estimate::of(&weighted.values(finest)),
    };
    Ok((value, Reading::Adjoint))
}

/// What is known of a function everywhere: the learning error of V, where it has one, and the share of
/// Var g that Z leaves unexplained, whose root is about the relative error of Z along the paths.
pub(crate) fn learned(
    j: &mut PathPlan,
    theta: &Params,
    stream: &Stream,
    watch: &mut dyn Watch,
) -> Result<Everywhere> {
    let all = 0..j.problem.levels.len();
    let asked = (Which::Learned(theta), j.start(theta));
    let plain = draw::plain(j, asked, (all.clone(), "plain paths"), stream, watch)?;
    let share = learning::share(&plain);
    let (n, own) = (plain[0].value.len(), stream.child("policy"));
    let policy = draw::follow(j, asked, (all, "fresh paths"), (n, &own), watch)?;
    Ok((learning(j, theta, (&policy, 0.0), stream, watch)?, share))
}

/// An estimate with another error in its standard error, where that is known.
pub(crate) fn widened(value: Estimate, by: f64) -> Estimate {
    let by = if by.is_finite() { by } else { 0.0 };
    Estimate { stderr: value.stderr.hypot(by), ..value }
}

/// `1 step`, `20 steps`.
fn steps(n: usize) -> String {
    if n == 1 { "1 step".to_owned() } else { format!("{n} steps") }
}

/// Where f(t, x, u, 0) = 0 the answer lies between inf g and sup g, by intervals on the formula.
fn contradiction(problem: &DeepBsde, answer: Estimate) -> Option<String> {
    let equation = &problem.equation;
    let variables = equation.variables();
    let at_rest = equation.driver().ok()?.substitute(&[(variables.z, 0.0 * variables.z)]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::{AllenCahn, Burgers};

    #[test]
    fn what_the_equation_does_not_allow_is_contradicted() {
        let said = |problem: &DeepBsde, mean: f64| {
            contradiction(problem, Estimate { mean, stderr: 0.01, n: 100 })
        };
        let burgers = DeepBsde::new(&Burgers { dim: 20, horizon: 1.0 });
        assert_eq!(said(&burgers, 0.5), None);
        assert_eq!(said(&burgers, 1.04), None, "within five standard errors");
        let why = said(&burgers, 5.15).unwrap();
        assert_eq!(why, "u = 5.150(10) lies outside [inf g, sup g] = [0, 1], which holds it");
        // f(u, 0) = u − u³ is not zero: u may leave the range of g.
        assert_eq!(said(&DeepBsde::new(&AllenCahn { dim: 3 }), 5.15), None);
    }
}
