//! Solutions that oscillate, with drivers in u times z: where the forward method has trouble. [HPW20]

use ground::formula::Expr;

use super::Known;
use crate::model::{At, Diffusion, Parabolic};

/// A cosine of the sum of the coordinates, s = Σx. [HPW20]
///
/// ```text
/// u_t + (0.2/d) Σ∂_i u + (1/2d) Δu + f = 0,   σ = 1/√d,   T = 1,   u = e^{½(T − t)} cos s
/// f = (cos s + 0.2 sin s) e^{½(T − t)} − ½ (sin s cos s e^{T − t})² + (1/2d) (u Σz)²
/// ```
/// It is found printed with e^{½(T − t)} + ½ in place of the factor 1 of cos s; that equation does not
/// have this solution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Oscillating {
    /// d.
    pub dim: usize,
}

impl Parabolic for Oscillating {
    fn dim(&self) -> usize {
        self.dim
    }
    fn horizon(&self) -> f64 {
        1.0
    }
    fn drift(&self, At { x, .. }: At) -> Expr {
        0.0 * x + 0.2 / self.dim as f64
    }
    fn diffusion(&self, _: At) -> Diffusion {
        Diffusion::scalar(1.0 / (self.dim as f64).sqrt())
    }
    fn source(&self, At { t, x, u, z, .. }: At) -> Expr {
        let (sine, cosine) = (x.sum().sin(), x.sum().cos());
        let left = 1.0 - t;
        (cosine + 0.2 * sine) * (0.5 * left).exp() - 0.5 * (sine * cosine * left.exp()).powi(2)
            + 0.5 / self.dim as f64 * (u * z.sum()).powi(2)
    }
    fn terminal(&self, x: Expr) -> Expr {
        x.sum().cos()
    }
}

impl Known for Oscillating {
    fn value(&self, t: f64, x: &[f64]) -> f64 {
        (0.5 * (1.0 - t)).exp() * x.iter().sum::<f64>().cos()
    }
    fn gradient(&self, t: f64, x: &[f64]) -> Option<Vec<f64>> {
        Some(vec![-(0.5 * (1.0 - t)).exp() * x.iter().sum::<f64>().sin(); x.len()])
    }
}

/// A function that grows, with a cosine whose frequencies differ, s = Σ i x_i. [HPW20]
///
/// ```text
/// u_t + (1/2d) Δu + k(t, x) + u Σz/(2√d) + ½u² = 0,   σ = 1/√d,   T = 1
/// u = (T − t)/d Σ a(x_i) + cos s,   a(v) = sin v below 0, v above
/// ```
/// k makes u the solution: with a′ = cos(min(v, 0)), a″ = −sin(min(v, 0)) and Σz = Σ_i ∂_i u/√d,
///
/// ```text
/// Σ_i ∂_i u = (T − t)/d Σ a′(x_i) − ½d(d + 1) sin s
/// Δu        = (T − t)/d Σ a″(x_i) − ⅙d(d + 1)(2d + 1) cos s
/// k         = Σ a(x_i)/d − Δu/(2d) − u Σ_i ∂_i u/(2d) − ½u²
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unbounded {
    /// d.
    pub dim: usize,
}

impl Unbounded {
    fn phase(x: &[f64]) -> f64 {
        x.iter().zip(1..).map(|(x, i)| f64::from(i) * x).sum()
    }

    /// s as a formula.
    fn phase_of(self, x: Expr) -> Expr {
        let frequencies: Vec<f64> = (1..=self.dim).map(|i| i as f64).collect();
        x.dot(Expr::vector(&frequencies))
    }

    /// k(t, x).
    fn forcing(self, t: Expr, x: Expr) -> Expr {
        let d = self.dim as f64;
        let (below, above) = (x.min(0.0), x.max(0.0));
        let (sine, cosine) = (self.phase_of(x).sin(), self.phase_of(x).cos());
        let share = (1.0 - t) / d;
        let climb = (below.sin() + above).sum();
        let u = share * climb + cosine;
        let slopes = share * below.cos().sum() - 0.5 * d * (d + 1.0) * sine;
        let squares = d * (d + 1.0) * (2.0 * d + 1.0) / 6.0;
        let laplacian = -(share * below.sin().sum() + squares * cosine);
        climb / d - 0.5 / d * (laplacian + u * slopes) - 0.5 * u * u
    }
}

impl Parabolic for Unbounded {
    fn dim(&self) -> usize {
        self.dim
    }
    fn horizon(&self) -> f64 {
        1.0
    }
    fn diffusion(&self, _: At) -> Diffusion {
        Diffusion::scalar(1.0 / (self.dim as f64).sqrt())
    }
    fn source(&self, At { t, x, u, z, .. }: At) -> Expr {
        self.forcing(t, x) + 0.5 / (self.dim as f64).sqrt() * u * z.sum() + 0.5 * u * u
    }
    fn terminal(&self, x: Expr) -> Expr {
        self.phase_of(x).cos()
    }
}

impl Known for Unbounded {
    fn value(&self, t: f64, x: &[f64]) -> f64 {
        let climb: f64 = x.iter().map(|&v| if v < 0.0 { v.sin() } else { v }).sum();
        (1.0 - t) / x.len() as f64 * climb + Self::phase(x).cos()
    }
    fn gradient(&self, t: f64, x: &[f64]) -> Option<Vec<f64>> {
        let sine = Self::phase(x).sin();
        let slope = |(&v, i): (&f64, i32)| {
            let climb = if v < 0.0 { v.cos() } else { 1.0 };
            (1.0 - t) / x.len() as f64 * climb - f64::from(i) * sine
        };
        Some(x.iter().zip(1..).map(slope).collect())
    }
}
