//! Allen–Cahn: a reaction with two stable phases.

use ground::formula::Expr;

use crate::model::{At, Diffusion, Parabolic};

/// `u_t + Δu + u − u³ = 0`, `u(T, x) = 1/(2 + 0.4|x|²)`, T = 0.3. [HJE18]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllenCahn {
    /// d.
    pub dim: usize,
}

impl Parabolic for AllenCahn {
    fn dim(&self) -> usize {
        self.dim
    }
    fn horizon(&self) -> f64 {
        0.3
    }
    fn diffusion(&self, _: At) -> Diffusion {
        Diffusion::scalar(2f64.sqrt())
    }
    fn source(&self, At { u, .. }: At) -> Expr {
        u - u.powi(3)
    }
    fn terminal(&self, x: Expr) -> Expr {
        1.0 / (2.0 + 0.4 * x.dot(x))
    }
}
