//! Allen–Cahn: a reaction with two stable phases.

use ground::formula::Expr;

use super::Known;
use crate::model::{At, Diffusion, Parabolic};
use crate::reference::allen_cahn;

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

impl Known for AllenCahn {
    fn value(&self, t: f64, x: &[f64]) -> f64 {
        allen_cahn::AllenCahn::published(self.dim).at_radius(t, radius(x)).0
    }
    fn gradient(&self, t: f64, x: &[f64]) -> Option<Vec<f64>> {
        let r = radius(x);
        let (_, slope) = allen_cahn::AllenCahn::published(self.dim).at_radius(t, r);
        // at the centre every direction has slope 0
        let share = if r == 0.0 { 0.0 } else { slope / r };
        Some(x.iter().map(|x| share * x).collect())
    }
}

fn radius(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}
