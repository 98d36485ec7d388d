//! Linear equations: heat, and a call on a basket.

use ground::formula::Expr;

use super::Known;
use crate::model::{At, Diffusion, Parabolic};
use crate::reference::basket::Basket;
use crate::reference::heat;

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
