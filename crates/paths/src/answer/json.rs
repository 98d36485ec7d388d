//! The answer for machines: keys of the published schema.

use frame::budget::Target;
use ground::estimate::Estimate;
use schemars::JsonSchema;
use serde::Serialize;

use super::print::NO_GRADIENT;
use super::{Level, Value};
use crate::bounds::Side;
use crate::case::Reading;
use crate::origin::Origin;

/// The part of the output that a Deep BSDE problem owns.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Json {
    /// x₀, as `[problem] at` says it: a number for every component, a list, or the law it is drawn
    /// from.
    at: Origin,
    /// u(0, x₀); where x₀ has a law, E u(0, x₀).
    answer: Main,
    /// Its 95 % interval.
    ci95: [f64; 2],
    /// The y₀ of the smallest loss, on plain paths at the first level.
    minimiser: Sampled,
    /// y₀ as the descent left it, where the representation trains it like a weight.
    trained: Trained,
    /// ∇u(0, x₀), component by component.
    gradient: Slopes,
    /// The share of Var g(X_T) that Z explains on plain paths, at the first level; where x₀ has a law,
    /// of E Var(g(X_T) | x₀).
    r2: f64,
    /// What is had without learning.
    baselines: Baselines,
    /// Level by level.
    levels: Vec<OneLevel>,
    /// The limit of many steps: the answer, where there are several levels.
    extrapolated: Extrapolated,
    /// The limit of the adjoint-weighted values: the value of the policy that Z is.
    policy: Maybe,
    /// The logarithmic mean and its gate.
    logarithmic: Gate,
    /// Between what numbers the truth lies, up to their noise.
    bounds: Enclosed,
    /// Fresh paths a level.
    fresh_paths: usize,
    /// Plain paths behind R², the minimiser and the baselines; where x₀ has a law, 8 from each start.
    plain_paths: usize,
}

/// A sampled number.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Sampled {
    value: f64,
    stderr: f64,
}

/// The answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Main {
    value: f64,
    /// Sampling, learning and what the limit may be off by, together.
    stderr: f64,
    /// The standard error of sampling alone.
    sampling: f64,
    /// The indicated learning error; null where there is none or it is unknown.
    learning: Option<f64>,
    /// What the limit of many steps may be off by; null where there is none.
    limit: Option<f64>,
    /// Paths behind it.
    n: usize,
    /// How it was read off.
    how: String,
}

/// ∇u(0, x₀), or why there is none.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum Slopes {
    /// At a point.
    Known(Vec<Sampled>),
    /// x₀ has a law: null, and why.
    Not { value: (), why: String },
}

/// What is had without learning.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Baselines {
    /// Z ≡ 0.
    zero: Sampled,
    /// Z = b, the gradient of the smoothed terminal value.
    untrained: Untrained,
}

/// Z = b.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Untrained {
    value: f64,
    stderr: f64,
    /// Null where g does not vary.
    r2: Option<f64>,
    /// R² of the trained function less this one, on the same paths; null where g does not vary.
    gain: Option<Sampled>,
}

/// One level of the time grid.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct OneLevel {
    /// N.
    steps: usize,
    /// The adjoint-weighted value.
    value: f64,
    stderr: f64,
    /// R² on plain paths; null where g does not vary.
    r2: Option<f64>,
    /// The logarithmic mean.
    logarithmic: Maybe,
}

/// y₀ as the descent left it, of which no error is known.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum Trained {
    /// It is trained.
    Known { value: f64 },
    /// It is not: null, and why.
    Not { value: (), why: String },
}

/// A number that may not apply.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum Maybe {
    /// It does.
    Known(Sampled),
    /// It does not: null, and why.
    Not { value: (), why: String },
}

/// Both bounds, or why there are none.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum Enclosed {
    /// The driver is concave or convex in z.
    Sides {
        /// The truth is not below.
        lower: Bound,
        /// The truth is not above.
        upper: Bound,
        /// Steps of the paths.
        steps: usize,
        /// sd(λG), where f = −½λ|z|² + ℓ(t, x).
        spread: Option<f64>,
    },
    /// There are none: null, and why.
    Not { lower: (), upper: (), why: String },
}

/// One side.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum Bound {
    /// It is known; `of` is what it bounds: "u" or "N-step value".
    Known { value: f64, stderr: f64, of: &'static str },
    /// It is unknown: null, and why.
    Not { value: (), why: String },
}

/// The limit of many steps.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum Extrapolated {
    /// There are several levels.
    Limit {
        value: f64,
        stderr: f64,
        /// Null where the values have no time-step error.
        order: Option<f64>,
        /// Whether the order was fitted to the levels rather than assumed.
        fitted: bool,
        how: String,
    },
    /// There is one level.
    Not { value: (), why: String },
}

/// The logarithmic mean on the finest level.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum Gate {
    /// The driver has one.
    Mean {
        value: f64,
        stderr: f64,
        lambda: f64,
        /// sd(λ y₀); trusted up to 1.
        spread: f64,
        trusted: bool,
    },
    /// It has none.
    Not { value: (), why: String },
}

impl From<Estimate> for Sampled {
    fn from(e: Estimate) -> Self {
        Self { value: e.mean, stderr: e.stderr }
    }
}

fn trained(value: Option<f64>) -> Trained {
    let why = "y₀ is no weight of this representation".to_owned();
    value.map_or(Trained::Not { value: (), why }, |value| Trained::Known { value })
}

fn maybe(value: Option<Estimate>, why: &str) -> Maybe {
    match value {
        Some(value) => Maybe::Known(value.into()),
        None => Maybe::Not { value: (), why: why.to_owned() },
    }
}

/// Why there is no logarithmic mean.
fn no_mean(at: &Origin) -> &'static str {
    if at.is_law() {
        "it is a statement at one point, and x₀ is a distribution"
    } else {
        "the driver is not -λ|z|²/2 + c(t) with constant coefficients"
    }
}

impl From<&Value> for Json {
    fn from(v: &Value) -> Self {
        let (low, high) = v.answer.interval95();
        let untrained = Untrained {
            value: v.untrained.mean,
            stderr: v.untrained.stderr,
            r2: known(v.untrained_r2),
            gain: v.gain.mean.is_finite().then(|| v.gain.into()),
        };
        Self {
            at: v.at.clone(),
            answer: Main {
                value: v.answer.mean,
                stderr: v.answer.stderr,
                sampling: v.sampled.stderr,
                learning: v.learning.and_then(|learning| known(learning.size)),
                limit: v.limit.as_ref().filter(|_| v.reading == Reading::Adjoint).map(|l| l.rest),
                n: v.answer.n,
                how: v.how.clone(),
            },
            ci95: [low, high],
            minimiser: v.minimiser.into(),
            trained: trained(v.trained),
            gradient: slopes(v),
            r2: v.r2,
            baselines: Baselines { zero: v.zero.into(), untrained },
            levels: v.levels.iter().map(|level| one(level, &v.at)).collect(),
            extrapolated: extrapolated(v),
            policy: maybe(v.limit.as_ref().map(|l| l.value), "one level"),
            logarithmic: gate(v),
            bounds: enclosed(v),
            fresh_paths: v.fresh,
            plain_paths: v.plain,
        }
    }
}

fn slopes(v: &Value) -> Slopes {
    if v.at.is_law() {
        return Slopes::Not { value: (), why: NO_GRADIENT.to_owned() };
    }
    Slopes::Known(v.gradient.iter().map(|&e| e.into()).collect())
}

fn enclosed(v: &Value) -> Enclosed {
    let Some(bounds) = &v.bounds else {
        let why = if v.at.is_law() {
            "x₀ is a distribution, and a bound holds at one point"
        } else {
            "none apply to this driver, or none were asked for"
        };
        return Enclosed::Not { lower: (), upper: (), why: why.to_owned() };
    };
    let of = if bounds.of == Target::Exact { "u" } else { "N-step value" };
    let side = |side: &Side| match side {
        Side::Known(Estimate { mean, stderr, .. }) => {
            Bound::Known { value: *mean, stderr: *stderr, of }
        }
        Side::Unknown(why) => Bound::Not { value: (), why: why.clone() },
    };
    let (lower, upper) = (side(&bounds.lower), side(&bounds.upper));
    Enclosed::Sides { lower, upper, steps: bounds.steps, spread: bounds.spread }
}

/// A number that may not be one.
fn known(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

fn one(level: &Level, at: &Origin) -> OneLevel {
    OneLevel {
        steps: level.steps,
        value: level.value.mean,
        stderr: level.value.stderr,
        r2: known(level.r2),
        logarithmic: maybe(level.logarithmic, no_mean(at)),
    }
}

/// The limit is that of the estimator the answer uses.
fn extrapolated(v: &Value) -> Extrapolated {
    let Some(limit) = &v.limit else {
        let why = "one level; give problem.steps several".to_owned();
        return Extrapolated::Not { value: (), why };
    };
    let logarithmic = v.reading == Reading::Logarithmic;
    Extrapolated::Limit {
        value: v.answer.mean,
        stderr: v.answer.stderr,
        order: if logarithmic { None } else { limit.order },
        fitted: limit.fitted && !logarithmic,
        how: v.how.clone(),
    }
}

fn gate(v: &Value) -> Gate {
    match &v.logarithmic {
        Some(log) => Gate::Mean {
            value: log.value.mean,
            stderr: log.value.stderr,
            lambda: log.lambda,
            spread: log.spread,
            trusted: log.trusted,
        },
        None => Gate::Not { value: (), why: no_mean(&v.at).to_owned() },
    }
}
