//! Models with known answers: what tests and examples are made of.
//!
//! Each states its equation, its source and its exact u; the numbers come from [`crate::reference`],
//! which shares no code with the solvers.

use ground::formula::Expr;

use crate::model::{At, Diffusion, Parabolic};
use crate::reference::basket::Basket;
use crate::reference::cole_hopf::ColeHopf;
use crate::reference::{heat, quadratic_gradient};

/// A model whose solution is known.
pub trait Known: Parabolic {
    /// u(t, x).
    fn value(&self, t: f64, x: &[f64]) -> f64;

    /// ∇u(t, x), `[d]`; None where only the value is known.
    fn gradient(&self, t: f64, x: &[f64]) -> Option<Vec<f64>>;
}

/// Linear-quadratic-Gaussian control, `u_t + Δu − λ|∇u|² = 0`, `u(T, x) = ln ½(1 + Σ c_i x_i²)`. [HJE18]
///
/// ```text
/// u(t, x) = −λ⁻¹ ln E exp(−λ g(x + √(2(T − t)) ξ))         (Cole–Hopf)
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct HjbLqg {
    /// λ.
    pub lambda: f64,
    /// c, one number a dimension; all 1 in the published test.
    pub weights: Vec<f64>,
}

impl HjbLqg {
    /// The published test in d dimensions.
    pub fn new(dim: usize, lambda: f64) -> Self {
        Self { lambda, weights: vec![1.0; dim] }
    }

    /// c_i = 0.1 + 1.9 (i − 1)/(d − 1): no radial symmetry.
    pub fn anisotropic(dim: usize, lambda: f64) -> Self {
        let weight = |i: usize| 0.1 + 1.9 * i as f64 / (dim as f64 - 1.0);
        Self { lambda, weights: (0..dim).map(weight).collect() }
    }

    fn exact(&self) -> ColeHopf {
        ColeHopf::weighted(&self.weights, self.lambda, 1.0)
    }
}

impl Parabolic for HjbLqg {
    fn dim(&self) -> usize {
        self.weights.len()
    }
    fn horizon(&self) -> f64 {
        1.0
    }
    fn diffusion(&self, _: At) -> Diffusion {
        Diffusion::scalar(2f64.sqrt())
    }
    fn source(&self, At { z, .. }: At) -> Expr {
        -0.5 * self.lambda * z.dot(z)
    }
    fn terminal(&self, x: Expr) -> Expr {
        let weighted = if self.weights.iter().all(|&c| c == 1.0) {
            x.dot(x)
        } else {
            (Expr::vector(&self.weights) * x).dot(x)
        };
        (0.5 * (1.0 + weighted)).ln()
    }
}

impl Known for HjbLqg {
    fn value(&self, t: f64, x: &[f64]) -> f64 {
        self.exact().value(t, x)
    }
    fn gradient(&self, t: f64, x: &[f64]) -> Option<Vec<f64>> {
        Some(self.exact().gradient(t, x))
    }
}

/// `u_t + Δu = 0`, `u(T, x) = |x|²`: u = |x|² + 2d(T − t).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heat {
    /// d.
    pub dim: usize,
}

impl Parabolic for Heat {
    fn dim(&self) -> usize {
        self.dim
    }
    fn horizon(&self) -> f64 {
        1.0
    }
    fn diffusion(&self, _: At) -> Diffusion {
        Diffusion::scalar(2f64.sqrt())
    }
    fn source(&self, _: At) -> Expr {
        Expr::number(0.0)
    }
    fn terminal(&self, x: Expr) -> Expr {
        x.dot(x)
    }
}

impl Known for Heat {
    fn value(&self, t: f64, x: &[f64]) -> f64 {
        heat::value(1.0, t, x)
    }
    fn gradient(&self, _: f64, x: &[f64]) -> Option<Vec<f64>> {
        Some(heat::gradient(x))
    }
}

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

/// A European call on the arithmetic mean of independent lognormal prices, discounted at the end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BasketCall {
    /// d.
    pub dim: usize,
    /// r.
    pub rate: f64,
    /// σ.
    pub volatility: f64,
    /// K.
    pub strike: f64,
}

impl Parabolic for BasketCall {
    fn dim(&self) -> usize {
        self.dim
    }
    fn horizon(&self) -> f64 {
        1.0
    }
    fn drift(&self, At { x, .. }: At) -> Expr {
        self.rate * x
    }
    fn diffusion(&self, At { x, .. }: At) -> Diffusion {
        (self.volatility * x).into()
    }
    fn source(&self, _: At) -> Expr {
        Expr::number(0.0)
    }
    fn terminal(&self, x: Expr) -> Expr {
        (-self.rate).exp() * (x.mean() - self.strike).relu()
    }
}

impl Known for BasketCall {
    /// At equal prices only.
    fn value(&self, t: f64, x: &[f64]) -> f64 {
        let left = 1.0 - t;
        let basket = Basket {
            dimension: self.dim,
            spot: x[0],
            strike: self.strike,
            rate: self.rate,
            volatility: self.volatility,
            horizon: left,
        };
        basket.call() * (-self.rate * t).exp()
    }
    fn gradient(&self, _: f64, _: &[f64]) -> Option<Vec<f64>> {
        None
    }
}
