//! Linear-quadratic-Gaussian control, known through the Cole–Hopf transform.

use ground::formula::Expr;

use super::Known;
use crate::model::{At, Diffusion, Parabolic};
use crate::reference::cole_hopf::ColeHopf;

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
