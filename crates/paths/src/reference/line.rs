//! What a perfect method gives at N steps where everything depends on the sum of the coordinates.
//!
//! The equations of [EHJ17] and [HPW20] that have u(t, x) = v(t, s) with s = Σx or Σx/d, and drivers
//! in s, u and Σz. Under X, s moves by m h + ν √h ξ, ξ ~ N(0, 1) the mean of the d normals times √d.
//! In discrete time
//!
//! Y_n(s) = E_n[Y_{n+1}] + h f(t_n, s, Y_n, Σz),   Σz = √(d/h) E_n[Y_{n+1} ξ],
//!
//! implicit in Y_n, on a grid in s, by Gauss–Hermite and six-point interpolation. This is what a
//! method with perfect networks and paths would return; the rest of its error is the time step.
//!
//! Not here: R², the minimiser over both y₀ and Z.

use ground::quadrature::hermite;

/// Nodes of the Gauss rule.
const NODES: usize = 24;
/// Grid points of a standard deviation of s at T, and how many of them the grid reaches.
const POINTS: f64 = 40.0;
const REACH: f64 = 9.0;
/// Fixed-point iterations for Y_n; h ∂f/∂u is at most 0.1.
const ITERATIONS: usize = 40;

/// An equation in the sum of the coordinates.
pub trait OfTheSum {
    /// d.
    fn dimension(&self) -> usize;
    /// T.
    fn horizon(&self) -> f64;
    /// m, the drift of s.
    fn drift(&self) -> f64;
    /// ν, the deviation of s in unit time.
    fn spread(&self) -> f64;
    /// g(s).
    fn terminal(&self, s: f64) -> f64;
    /// f(t, s, u, Σz).
    fn driver(&self, t: f64, s: f64, u: f64, sum_z: f64) -> f64;
}

/// s = Σx/d: u = 1/(1 + e^{−(t + s)}), f = (u − (2 + d)/(2d)) Σz, σ = d.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burgers {
    /// d.
    pub dimension: usize,
    /// T.
    pub horizon: f64,
}

impl OfTheSum for Burgers {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn horizon(&self) -> f64 {
        self.horizon
    }
    fn drift(&self) -> f64 {
        0.0
    }
    fn spread(&self) -> f64 {
        (self.dimension as f64).sqrt()
    }
    fn terminal(&self, s: f64) -> f64 {
        1.0 / (1.0 + (-(self.horizon + s)).exp())
    }
    fn driver(&self, _: f64, _: f64, u: f64, sum_z: f64) -> f64 {
        let d = self.dimension as f64;
        (u - (2.0 + d) / (2.0 * d)) * sum_z
    }
}

/// s = Σx/√d: u = 1.6 + sin s e^{−½(1 − t)}, f = min(1, (u − that)²), σ = 1, T = 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReactionDiffusion {
    /// d.
    pub dimension: usize,
}

impl OfTheSum for ReactionDiffusion {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn horizon(&self) -> f64 {
        1.0
    }
    fn drift(&self) -> f64 {
        0.0
    }
    fn spread(&self) -> f64 {
        1.0
    }
    fn terminal(&self, s: f64) -> f64 {
        1.6 + s.sin()
    }
    fn driver(&self, t: f64, s: f64, u: f64, _: f64) -> f64 {
        (u - 1.6 - s.sin() * (0.5 * (t - 1.0)).exp()).powi(2).min(1.0)
    }
}

/// s = Σx: u = e^{½(1 − t)} cos s, σ = 1/√d, μ = 0.2/d, T = 1,
/// f = (cos s + 0.2 sin s) e^{½(1 − t)} − ½ (sin s cos s e^{1 − t})² + (1/2d) (u Σz)².
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Oscillating {
    /// d.
    pub dimension: usize,
}

impl OfTheSum for Oscillating {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn horizon(&self) -> f64 {
        1.0
    }
    fn drift(&self) -> f64 {
        0.2
    }
    fn spread(&self) -> f64 {
        1.0
    }
    fn terminal(&self, s: f64) -> f64 {
        s.cos()
    }
    fn driver(&self, t: f64, s: f64, u: f64, sum_z: f64) -> f64 {
        let (sine, cosine) = s.sin_cos();
        let left = 1.0 - t;
        (cosine + 0.2 * sine) * (0.5 * left).exp() - 0.5 * (sine * cosine * left.exp()).powi(2)
            + 0.5 / self.dimension as f64 * (u * sum_z).powi(2)
    }
}

/// Y_0 at s = `start`, N = `n_steps`.
///
/// ```
/// use paths::reference::line::{Oscillating, stepped};
/// assert!((stepped(&Oscillating { dimension: 5 }, 120, 5.0) - 0.464690).abs() < 1e-6);
/// ```
pub fn stepped(equation: &impl OfTheSum, n_steps: usize, start: f64) -> f64 {
    let h = equation.horizon() / n_steps as f64;
    let whole = equation.spread() * equation.horizon().sqrt();
    let grid = Grid { middle: start, spacing: whole / POINTS };
    let rule = hermite(NODES);
    let (shift, spread) = (equation.drift() * h, equation.spread() * h.sqrt());
    let scale = (equation.dimension() as f64 / h).sqrt();
    let mut y: Vec<f64> = grid.points().map(|s| equation.terminal(s)).collect();
    for n in (0..n_steps).rev() {
        let t = n as f64 * h;
        let before = |s: f64| {
            let (mut mean, mut slope) = (0.0, 0.0);
            for (xi, weight) in rule.iter() {
                let next = weight * grid.at(&y, s + shift + spread * xi);
                mean += next;
                slope += next * xi;
            }
            let mut now = mean;
            for _ in 0..ITERATIONS {
                now = mean + h * equation.driver(t, s, now, scale * slope);
            }
            now
        };
        y = grid.points().map(before).collect();
    }
    grid.at(&y, start)
}

/// Equally spaced points around `middle`.
struct Grid {
    middle: f64,
    spacing: f64,
}

impl Grid {
    const HALF: f64 = POINTS * REACH;

    fn points(&self) -> impl Iterator<Item = f64> + '_ {
        let count = whole(2.0 * Self::HALF);
        (0..=count).map(|i| self.middle + (i as f64 - Self::HALF) * self.spacing)
    }

    /// The polynomial through the six nearest values; the outermost value beyond the ends.
    fn at(&self, values: &[f64], s: f64) -> f64 {
        let last = (values.len() - 1) as f64;
        let place = ((s - self.middle) / self.spacing + Self::HALF).clamp(0.0, last);
        let first = (place.floor() - 2.0).clamp(0.0, last - 5.0);
        let near = &values[whole(first)..][..6];
        let a = place - first;
        // Lagrange's: Π_{j ≠ i} (a − j)/(i − j)
        let weights = [-120.0, 24.0, -12.0, 12.0, -24.0, 120.0];
        let factors: [f64; 6] = std::array::from_fn(|i| a - i as f64);
        let term = |i: usize| {
            let others = (0..6).filter(|j| *j != i).map(|j| factors[j]).product::<f64>();
            near[i] * others / weights[i]
        };
        (0..6).map(term).sum()
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 ≤ x ≤ 720")]
fn whole(x: f64) -> usize {
    x as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digits of an independent program.
    fn close(found: f64, value: f64) {
        assert!((found - value).abs() < 6e-7, "{found} ≠ {value}");
    }

    #[test]
    fn exact_burgers() {
        let short = Burgers { dimension: 50, horizon: 0.2 };
        close(stepped(&short, 30, 0.0), 0.497_650);
        close(stepped(&short, 60, 0.0), 0.498_876);
        close(stepped(&Burgers { dimension: 20, horizon: 1.0 }, 80, 0.0), 0.489_751);
    }

    /// The sine is an eigenfunction of a step and the driver vanishes on the solution: no error.
    #[test]
    fn exact_reaction_diffusion() {
        let equation = ReactionDiffusion { dimension: 100 };
        for (n_steps, s) in [(30, 0.0), (30, 0.7), (60, -2.0)] {
            close(stepped(&equation, n_steps, s), 1.6 + f64::sin(s) * (-0.5_f64).exp());
        }
    }

    #[test]
    fn exact_oscillating() {
        let known = [(5, 0.464_690), (10, -1.388_829), (20, 0.674_170), (50, 1.592_936)];
        for (dimension, value) in known {
            close(stepped(&Oscillating { dimension }, 120, dimension as f64), value);
        }
    }

    #[test]
    fn order_in_the_step_is_one() {
        let exact = 0.5_f64.exp() * 5.0_f64.cos();
        let off = [60, 120].map(|n| stepped(&Oscillating { dimension: 5 }, n, 5.0) - exact);
        assert!(((off[0] / off[1]).log2() - 1.0).abs() < 0.1, "{off:?}");
    }
}
