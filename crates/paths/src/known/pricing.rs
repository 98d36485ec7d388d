//! Options whose price enters its own equation: default, two interest rates, an uncertain volatility.

use ground::formula::Expr;

use super::Known;
use crate::model::{At, Diffusion, Parabolic};

/// The worst of d stocks under default of the seller, more likely where the price is low. [HJE18]
///
/// ```text
/// u_t + μ̄ x·∇u + ½ Σ σ̄² x_i² ∂_ii u − (1 − δ) Q(u) u − R u = 0,   u(T, x) = min_i x_i
/// Q(u) = γ^h below v^h, γ^l above v^l, straight between
/// ```
/// μ̄ = R = 0.02, σ̄ = 0.2, δ = 2/3, v^h = 50, v^l = 70, γ^h = 0.2, γ^l = 0.02.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefaultRisk {
    /// d.
    pub dim: usize,
}

impl Parabolic for DefaultRisk {
    fn dim(&self) -> usize {
        self.dim
    }
    fn horizon(&self) -> f64 {
        1.0
    }
    fn drift(&self, At { x, .. }: At) -> Expr {
        0.02 * x
    }
    fn diffusion(&self, At { x, .. }: At) -> Diffusion {
        (0.2 * x).into()
    }
    fn source(&self, At { u, .. }: At) -> Expr {
        let (recovery, rate) = (2.0 / 3.0, 0.02);
        let (low_price, high_price) = (50.0, 70.0);
        let (most, least) = (0.2, 0.02);
        let slope = (most - least) / (low_price - high_price);
        let intensity = ((u - low_price).relu() * slope + (most - least)).relu() + least;
        -(1.0 - recovery) * intensity * u - rate * u
    }
    fn terminal(&self, x: Expr) -> Expr {
        x.smallest()
    }
}

/// Two calls on the best of d stocks where borrowing costs more than lending pays. [Ber95]
///
/// ```text
/// u_t + μ̄ x·∇u + ½ Σ σ̄² x_i² ∂_ii u − R^l u − (μ̄ − R^l)/σ̄ Σz + (R^b − R^l)(Σz/σ̄ − u)⁺ = 0
/// u(T, x) = (max_i x_i − 120)⁺ − 2 (max_i x_i − 150)⁺
/// ```
/// T = ½, μ̄ = R^b = 0.06, R^l = 0.04, σ̄ = 0.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DifferentRates {
    /// d.
    pub dim: usize,
}

impl Parabolic for DifferentRates {
    fn dim(&self) -> usize {
        self.dim
    }
    fn horizon(&self) -> f64 {
        0.5
    }
    fn drift(&self, At { x, .. }: At) -> Expr {
        0.06 * x
    }
    fn diffusion(&self, At { x, .. }: At) -> Diffusion {
        (0.2 * x).into()
    }
    fn source(&self, At { u, z, .. }: At) -> Expr {
        let (growth, volatility) = (0.06, 0.2);
        let (lending, borrowing) = (0.04, 0.06);
        let stocks = z.sum() / volatility;
        -lending * u - (growth - lending) * stocks + (borrowing - lending) * (stocks - u).relu()
    }
    fn terminal(&self, x: Expr) -> Expr {
        let best = x.largest();
        (best - 120.0).relu() - 2.0 * (best - 150.0).relu()
    }
}

/// The Black–Scholes–Barenblatt equation for |x|², where the greatest volatility is always the
/// worst. [Rai18]
///
/// ```text
/// u_t + ½ Σ σ̄² x_i² ∂_ii u − r (u − x·∇u) = 0,   u(T, x) = |x|²,   σ̄ = 0.4,   r = 0.05
/// u = e^{(r + σ̄²)(T − t)} |x|²;   with z = σ̄ x ∇u, x·∇u = Σz/σ̄
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlackScholesBarenblatt {
    /// d.
    pub dim: usize,
}

impl BlackScholesBarenblatt {
    const RATE: f64 = 0.05;
    const VOLATILITY: f64 = 0.4;

    /// The published start, 1 and ½ in turns.
    pub fn start(self) -> Vec<f64> {
        (0..self.dim).map(|i| if i % 2 == 0 { 1.0 } else { 0.5 }).collect()
    }

    fn growth(t: f64) -> f64 {
        ((Self::RATE + Self::VOLATILITY * Self::VOLATILITY) * (1.0 - t)).exp()
    }
}

impl Parabolic for BlackScholesBarenblatt {
    fn dim(&self) -> usize {
        self.dim
    }
    fn horizon(&self) -> f64 {
        1.0
    }
    fn diffusion(&self, At { x, .. }: At) -> Diffusion {
        (Self::VOLATILITY * x).into()
    }
    fn source(&self, At { u, z, .. }: At) -> Expr {
        -Self::RATE * (u - z.sum() / Self::VOLATILITY)
    }
    fn terminal(&self, x: Expr) -> Expr {
        x.dot(x)
    }
}

impl Known for BlackScholesBarenblatt {
    fn value(&self, t: f64, x: &[f64]) -> f64 {
        Self::growth(t) * x.iter().map(|x| x * x).sum::<f64>()
    }
    fn gradient(&self, t: f64, x: &[f64]) -> Option<Vec<f64>> {
        Some(x.iter().map(|x| 2.0 * Self::growth(t) * x).collect())
    }
}
