//! Two sides between which the truth lies.
//!
//! ```text
//! G = g(X_T) + ∫c dt + Σ h_n r − Σ Z·ΔB   on paths dX = μ dt + σ (a dt + dW), a = ∂f/∂z at Z_n
//! above   E G                             the value of the policy a, f concave in z
//! below   ŷ + λ⁻¹ (1 − E e^(−λ (G − ŷ)))   f = −½λ|z|² + ℓ: Girsanov, and ln ψ ≤ ln c + ψ/c − 1
//! ```
//! ŷ = −λ⁻¹ ln mean e^(−λG) on paths of its own. For f convex (λ < 0) the sides change places. Every
//! mean is over paths of its own. A policy held constant over a step is admissible, so with constant
//! coefficients, exact steps and f = r(z) + c(t) both are bounds of u; otherwise of the value of the
//! scheme with N steps. The mean of e^(−λG) misses the tail where sd(λG) is large: beyond the gate
//! that side is unknown.

use frame::budget::Target;
use frame::{Params, Watch};
use ground::Result;
use ground::estimate::Estimate;
use ground::stream::Stream;

use crate::answer::{Logarithmic, mean};
use crate::curvature::{Curvature, curvature};
use crate::model::At;
use crate::plan::{Fresh, LevelDraws, PathPlan, Which};
use crate::problem::DeepBsde;
use crate::quadratic::{GATE, Quadratic};
use crate::sde::Law;

/// Paths behind a side, unless fewer fresh paths are asked for.
pub(crate) const PATHS: usize = 8192;

/// Standard errors that are added to both sides of an enclosure.
pub const WIDER: f64 = 2.5;

/// A number that the truth is not below, or not above, up to its noise.
#[derive(Clone, Debug, PartialEq)]
pub enum Side {
    /// The bound.
    Known(Estimate),
    /// None, and why.
    Unknown(String),
}

/// Both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Bounds {
    /// The truth is not below.
    pub lower: Side,
    /// The truth is not above.
    pub upper: Side,
    /// What they are bounds of.
    pub of: Target,
    /// N.
    pub steps: usize,
    /// sd(λG), where f = −½λ|z|² + ℓ.
    pub spread: Option<f64>,
}

impl Bounds {
    /// The two sides with [`WIDER`] standard errors added, where both are known: a bound that is all
    /// but attained, as the lower one of a small λ, is missed by its noise alone in 0.6 %.
    pub fn enclosure(&self) -> Option<[f64; 2]> {
        let (Side::Known(low), Side::Known(high)) = (&self.lower, &self.upper) else { return None };
        Some([low.mean - WIDER * low.stderr, high.mean + WIDER * high.stderr])
    }

    /// Why the sides contradict each other, if they do.
    pub fn crossing(&self) -> Option<String> {
        let (Side::Known(low), Side::Known(high)) = (&self.lower, &self.upper) else { return None };
        (low.mean - 1.96 * low.stderr > high.mean + 1.96 * high.stderr)
            .then(|| format!("the lower bound {low} is above the upper bound {high}"))
    }
}

/// Why an equation has no bounds here, if it has none whatever its curvature.
pub(crate) fn none(problem: &DeepBsde) -> Option<&'static str> {
    let equation = &problem.equation;
    if problem.at.is_law() {
        Some("x₀ is a distribution, and a bound holds at one point")
    } else if equation.depends_on_value() {
        Some("the driver depends on u")
    } else if !equation.is_nonlinear() {
        Some("the driver does not depend on z, so the answer has no learning error")
    } else {
        None
    }
}

/// The bounds of a trained function on a grid of so many steps.
pub(crate) fn bounds(
    j: &mut PathPlan,
    theta: &Params,
    steps: usize,
    stream: &Stream,
    watch: &mut dyn Watch,
) -> Result<Bounds> {
    let problem = j.problem.clone();
    let shape = curvature(&problem, j.pilot())?;
    let of = target(&problem)?;
    let at = problem.at.mean(problem.equation.dim);
    let mut draw = |name: &str, part: usize| {
        let n = (PATHS / part).min(j.fresh());
        let stream = stream.child(name);
        let grid = [steps];
        let (levels, from) = (0..1, Some((0.0, at.as_slice(), grid.as_slice())));
        let (kappa, group, pivot, start) = (1.0, 1, 0.0, &[0.0][..]);
        let what = "bounds";
        let stream = &stream;
        let fresh = Fresh { what, levels, from, start, kappa, group, n, stream, pivot };
        Ok(j.evaluate(Which::Learned(theta), &fresh, watch)?.swap_remove(0))
    };
    let [mut lower, mut upper] = [Curvature::Convex, Curvature::Concave].map(|policy| {
        Side::Unknown(
            match shape {
                Curvature::Linear => "the driver is linear in z: every policy has the same value",
                Curvature::Neither => "the driver is neither concave nor convex in z",
                _ if policy == Curvature::Convex => {
                    "a policy bounds a concave driver from above only"
                }
                _ => "a policy bounds a convex driver from below only",
            }
            .to_owned(),
        )
    });
    let mut spread = None;
    match shape {
        Curvature::Concave => upper = Side::Known(mean(&draw("policy", 1)?)),
        Curvature::Convex => lower = Side::Known(mean(&draw("policy", 1)?)),
        Curvature::Linear | Curvature::Neither => {}
        Curvature::Quadratic(lambda) => {
            let logarithmic = Quadratic::new(lambda);
            let policy = draw("policy", 1)?;
            let known = Side::Known(mean(&policy));
            let Logarithmic { spread: sd, trusted, .. } = logarithmic.mean(&policy);
            let dual = if trusted {
                dual(lambda, &logarithmic.mean(&draw("centre", 2)?), &draw("dual", 1)?)
            } else {
                let why =
                    format!("sd(λG) = {sd:.2} > {GATE}: the sample misses the tail of e^(−λG)");
                Side::Unknown(why)
            };
            (lower, upper) = if lambda > 0.0 { (dual, known) } else { (known, dual) };
            spread = Some(sd);
        }
    }
    Ok(Bounds { lower, upper, of, steps, spread })
}

/// What a bound on N steps is a bound of: where the coefficients are constant and what the steps take
/// of the driver is of z alone, u itself.
fn target(problem: &DeepBsde) -> Result<Target> {
    let At { t, x, z, .. } = problem.equation.variables();
    let rest = problem.equation.driver()?.apart_from(&[x, z]).1;
    let constant = problem.step()?.law == Law::Constant;
    let exact = constant && !rest.depends_on(t) && !rest.depends_on(x);
    Ok(if exact { Target::Exact } else { Target::Discrete })
}

/// The tangent bound, its centre from paths of its own.
fn dual(lambda: f64, centre: &Logarithmic, draws: &LevelDraws) -> Side {
    let y = centre.value.mean;
    let weights: Vec<f64> = draws.value.iter().map(|g| (-lambda * (g - y)).exp()).collect();
    let weight = Estimate::with_controls(&weights, &[&draws.control]);
    Side::Known(Estimate {
        mean: y + (1.0 - weight.mean) / lambda,
        stderr: weight.stderr / lambda.abs(),
        n: weight.n,
    })
}
