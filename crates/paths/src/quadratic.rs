//! Drivers f = −½λ|z|² + c(t) with constant coefficients: the logarithmic mean.
//!
//! ```text
//! u(0, x₀) = −λ⁻¹ ln E e^(−λ G),   G = g(X_N) + ∫c dt + (1/λ) Σ (a·ΔW + ½ h |a|²),   a = −λ Z
//! ```
//! by Girsanov with Cole–Hopf, for any policy a that is constant over a step. The better Z, the
//! narrower G. λ may be negative.

use ground::Result;
use ground::estimate::{Estimate, controlled};
use ground::formula::Expr;

use crate::answer::Logarithmic;
use crate::clock::Clock;
use crate::plan::LevelDraws;
use crate::problem::DeepBsde;
use crate::sde::Law;

/// The largest sd(λ y₀) at which a mean of e^(−λ y₀) is trusted: beyond, a sample misses the tail.
pub(crate) const GATE: f64 = 1.0;

/// A driver of this kind.
#[derive(Clone, Debug)]
pub(crate) struct Quadratic {
    lambda: f64,
}

impl Quadratic {
    /// The driver of a problem whose answer may be a logarithmic mean: one at a point. The mean of
    /// such means over a law of x₀ is not the logarithmic mean over all paths.
    pub(crate) fn of_answer(problem: &DeepBsde) -> Result<Option<Self>> {
        if problem.at.is_law() { Ok(None) } else { Self::of(problem) }
    }

    /// Recognises the driver of a problem, from the formulas.
    pub(crate) fn of(problem: &DeepBsde) -> Result<Option<Self>> {
        let equation = &problem.equation;
        let variables = equation.variables();
        let driver = equation.driver()?;
        let rest = driver.substitute(&[(variables.z, 0.0 * variables.z)]);
        let constant = problem.step()?.law == Law::Constant;
        if !constant || rest != Clock::of(equation)?.formula() {
            return Ok(None);
        }
        Ok(lambda(driver, variables.z).map(Self::new))
    }

    /// With this λ.
    pub(crate) fn new(lambda: f64) -> Self {
        Self { lambda }
    }

    /// λ.
    pub(crate) fn lambda(&self) -> f64 {
        self.lambda
    }

    /// The mean on the paths of one level; trusted where sd(λ G) is within the gate.
    pub(crate) fn mean(&self, draws: &LevelDraws) -> Logarithmic {
        let (lambda, n) = (self.lambda, draws.value.len());
        let plain = Estimate::of(&draws.value);
        let centre = plain.mean;
        let weights: Vec<f64> =
            draws.value.iter().map(|g| (-lambda * (g - centre)).exp()).collect();
        let weight = Estimate::of(&controlled(&weights, &[&draws.control]));
        let spread = lambda.abs() * plain.stderr * (n as f64).sqrt();
        let value = Estimate {
            mean: centre - weight.mean.ln() / lambda,
            stderr: weight.stderr / (lambda.abs() * weight.mean),
            n,
        };
        Logarithmic { lambda, spread, value, trusted: spread <= GATE }
    }
}

/// λ where f = −½λ|z|² + ℓ(t, x), from the formula; none for λ = 0.
pub(crate) fn lambda(f: Expr, z: Expr) -> Option<f64> {
    let slope = f.gradient(z).linear_in(z).and_then(Expr::as_number)?;
    (slope != 0.0).then_some(-slope)
}
