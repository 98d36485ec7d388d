//! Drivers made for the solution: quadratic in the gradient, a reaction, a front.

use ground::formula::Expr;

use super::{Known, logistic};
use crate::model::{At, Diffusion, Parabolic};
use crate::reference::quadratic_gradient;

/// A driver in |z|² with the exact solution ψ = sin((T − t + |x|²/d)^α), α = 0.4. [HJE18 code]
///
/// ```text
/// f = |z|² − |∇ψ|² − ψ_t − ½Δψ,   σ = 1
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuadraticGradient {
    /// d.
    pub dim: usize,
}

impl Parabolic for QuadraticGradient {
    fn dim(&self) -> usize {
        self.dim
    }
    fn horizon(&self) -> f64 {
        1.0
    }
    fn diffusion(&self, _: At) -> Diffusion {
        Diffusion::scalar(1.0)
    }
    fn source(&self, At { t, x, z, .. }: At) -> Expr {
        let (alpha, d) = (quadratic_gradient::ALPHA, self.dim as f64);
        let r = x.dot(x) / d;
        let b = (1.0 - t + r).max(1e-6);
        let power = b.powf(alpha);
        let slope = alpha * b.powf(alpha - 1.0) * power.cos();
        let bend = alpha
            * ((alpha - 1.0) * b.powf(alpha - 2.0) * power.cos()
                - alpha * b.powf(2.0 * alpha - 2.0) * power.sin());
        let laplacian = 2.0 * slope + 4.0 * r / d * bend;
        z.dot(z) - 4.0 * slope * slope * r / d + slope - 0.5 * laplacian
    }
    fn terminal(&self, x: Expr) -> Expr {
        (x.dot(x) / self.dim as f64).powf(quadratic_gradient::ALPHA).sin()
    }
}

impl Known for QuadraticGradient {
    fn value(&self, t: f64, x: &[f64]) -> f64 {
        quadratic_gradient::QuadraticGradient { horizon: 1.0 }.value(t, x)
    }
    fn gradient(&self, t: f64, x: &[f64]) -> Option<Vec<f64>> {
        Some(quadratic_gradient::QuadraticGradient { horizon: 1.0 }.gradient(t, x))
    }
}

/// A reaction that vanishes on the solution. [GT17]
///
/// ```text
/// u_t + ½Δu + min(1, (u − u*)²) = 0,   u = u* = 1 + κ + sin(λ Σx) e^{−½λ²d(T − t)},   λ = 1/√d
/// ```
/// A method that is off by a little has no restoring force: the driver has a zero of second order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReactionDiffusion {
    /// d.
    pub dim: usize,
}

impl ReactionDiffusion {
    const KAPPA: f64 = 0.6;

    fn lambda(self) -> f64 {
        1.0 / (self.dim as f64).sqrt()
    }

    /// λΣx and e^{−½(T − t)}: λ²d = 1.
    fn phase_and_decay(self, t: f64, x: &[f64]) -> (f64, f64) {
        (self.lambda() * x.iter().sum::<f64>(), (-0.5 * (1.0 - t)).exp())
    }
}

impl Parabolic for ReactionDiffusion {
    fn dim(&self) -> usize {
        self.dim
    }
    fn horizon(&self) -> f64 {
        1.0
    }
    fn diffusion(&self, _: At) -> Diffusion {
        Diffusion::scalar(1.0)
    }
    fn source(&self, At { t, x, u, .. }: At) -> Expr {
        let wave = (self.lambda() * x.sum()).sin() * (0.5 * (t - 1.0)).exp();
        (u - (1.0 + Self::KAPPA) - wave).powi(2).min(1.0)
    }
    fn terminal(&self, x: Expr) -> Expr {
        1.0 + Self::KAPPA + (self.lambda() * x.sum()).sin()
    }
}

impl Known for ReactionDiffusion {
    fn value(&self, t: f64, x: &[f64]) -> f64 {
        let (phase, decay) = self.phase_and_decay(t, x);
        1.0 + Self::KAPPA + phase.sin() * decay
    }
    fn gradient(&self, t: f64, x: &[f64]) -> Option<Vec<f64>> {
        let (phase, decay) = self.phase_and_decay(t, x);
        Some(vec![self.lambda() * phase.cos() * decay; x.len()])
    }
}

/// A driver in u times the sum of z, with a travelling front. [Cha14]
///
/// ```text
/// u_t + (d²/2) Δu + (u − (2 + d)/(2d)) Σz = 0,   σ = d,   u = s(t + Σx/d),   s(w) = 1/(1 + e^{−w})
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burgers {
    /// d.
    pub dim: usize,
    /// T.
    pub horizon: f64,
}

impl Parabolic for Burgers {
    fn dim(&self) -> usize {
        self.dim
    }
    fn horizon(&self) -> f64 {
        self.horizon
    }
    fn diffusion(&self, _: At) -> Diffusion {
        Diffusion::scalar(self.dim as f64)
    }
    fn source(&self, At { u, z, .. }: At) -> Expr {
        let d = self.dim as f64;
        (u - (2.0 + d) / (2.0 * d)) * z.sum()
    }
    fn terminal(&self, x: Expr) -> Expr {
        (self.horizon + x.mean()).sigmoid()
    }
}

impl Known for Burgers {
    fn value(&self, t: f64, x: &[f64]) -> f64 {
        logistic(t + x.iter().sum::<f64>() / x.len() as f64)
    }
    fn gradient(&self, t: f64, x: &[f64]) -> Option<Vec<f64>> {
        let u = self.value(t, x);
        Some(vec![u * (1.0 - u) / x.len() as f64; x.len()])
    }
}
