//! The Hamilton–Jacobi–Bellman equation by the Cole–Hopf transform and one integral.
//!
//! u_t + Δu − λ|∇u|² = 0, u(T, x) = g(x) = ln ½(1 + Σ_i c_i x_i²); as a backward equation
//! σ = √2, f = −½λ|z|², z = √2 ∇u.
//!
//! e^{−λu} solves the heat equation, hence with X_i = x_i + √v ξ_i, v = 2(T − t), ξ ~ N(0, I),
//! and a^{−λ} = Γ(λ)⁻¹ ∫ s^{λ−1} e^{−sa} ds,
//!
//! e^{−λu} = E[(½(1 + Σ c_i X_i²))^{−λ}] = 2^λ Γ(λ)⁻¹ ∫_0^∞ s^{λ−1} e^{−s} φ(s) ds,
//!
//! φ(s) = E e^{−s Σ c_i X_i²} = Π_i (1 + 2s c_i v)^{−1/2} exp(−s c_i x_i² / (1 + 2s c_i v)),
//!
//! ∂u/∂x_i = λ⁻¹ ⟨2s c_i x_i / (1 + 2s c_i v)⟩, the mean under the integrand. Every term is
//! positive: nothing cancels, however far in the tail the expectation lives. With s = e^y the
//! trapezoidal rule converges exponentially. For λ < ½ the complement 1 − φ is integrated
//! instead, which holds down to λ = 0, where u = E g(X_T).
//!
//! Not here: other terminal values, discrete time ([`super::radial`]).

use std::f64::consts::LN_2;

/// What an integrand may have lost, in powers of e, where the sum is cut.
const NEGLIGIBLE: f64 = 45.0;
/// Below this λ the complement of φ is integrated.
const SMALL_LAMBDA: f64 = 0.5;

/// The exact solution for one λ, one horizon and one set of weights c.
#[derive(Clone, Debug)]
pub struct ColeHopf {
    lambda: f64,
    horizon: f64,
    /// Runs of equal weights: the weight and how many coordinates share it.
    runs: Vec<(f64, usize)>,
    dimension: usize,
    /// ln Γ(λ) by the same rule, or Γ(1 + λ) for small λ.
    normaliser: f64,
}

/// What the integral gives at one point.
struct Moments {
    value: f64,
    /// ∂u/∂x_i = slope x_i, one per run of weights.
    slopes: Vec<f64>,
}

impl ColeHopf {
    /// The radial case c = 1: g = ln ½(1 + |x|²) in `dimension` d ≥ 1, λ ≥ 0, horizon T > 0.
    ///
    /// ```
    /// let u = paths::reference::cole_hopf::ColeHopf::radial(100, 1.0, 1.0).value(0.0, &[0.0; 100]);
    /// assert!((u - 4.5901617246).abs() < 1e-10);
    /// ```
    pub fn radial(dimension: usize, lambda: f64, horizon: f64) -> Self {
        Self::weighted(&vec![1.0; dimension], lambda, horizon)
    }

    /// The anisotropic case g = ln ½(1 + Σ c_i x_i²), all `weights` c_i ≥ 0, `[d]`.
    pub fn weighted(weights: &[f64], lambda: f64, horizon: f64) -> Self {
        assert!(!weights.is_empty(), "the dimension is at least 1");
        assert!(lambda >= 0.0, "λ ≥ 0 is needed, found {lambda}: below, E e^(−λg) may not exist");
        assert!(horizon > 0.0, "the horizon is positive, found {horizon}");
        assert!(weights.iter().all(|&c| c >= 0.0), "the weights c are at least 0");
        let mut runs: Vec<(f64, usize)> = Vec::new();
        for &c in weights {
            match runs.last_mut() {
                Some((same, n)) if same.to_bits() == c.to_bits() => *n += 1,
                _ => runs.push((c, 1)),
            }
        }
        let normaliser = if lambda < SMALL_LAMBDA {
            (log_integral(lambda + 1.0, 0.0, |_| 0.0).0).exp()
        } else {
            log_integral(lambda, 0.0, |_| 0.0).0
        };
        Self { lambda, horizon, runs, dimension: weights.len(), normaliser }
    }

    /// u(t, x) for t ≤ T, x `[d]`.
    pub fn value(&self, t: f64, x: &[f64]) -> f64 {
        self.moments(t, &self.squares(x)).value
    }

    /// ∇u(t, x), `[d]`. The control variable of the backward equation is z = √2 ∇u.
    pub fn gradient(&self, t: f64, x: &[f64]) -> Vec<f64> {
        let slopes = self.moments(t, &self.squares(x)).slopes;
        let per_coordinate =
            self.runs.iter().zip(&slopes).flat_map(|(&(_, n), &s)| std::iter::repeat_n(s, n));
        x.iter().zip(per_coordinate).map(|(x, slope)| slope * x).collect()
    }

    /// u and ∂u/∂r at |x| = `radius`, for equal weights only.
    pub fn at_radius(&self, t: f64, radius: f64) -> (f64, f64) {
        assert!(self.runs.len() == 1, "the solution is radial only where all weights are equal");
        let moments = self.moments(t, &[radius * radius]);
        (moments.value, moments.slopes[0] * radius)
    }

    /// Σ x_i² over each run of equal weights.
    fn squares(&self, x: &[f64]) -> Vec<f64> {
        assert!(x.len() == self.dimension, "x is [{}], expected [{}]", x.len(), self.dimension);
        let mut start = 0;
        let square = |&(_, n): &(f64, usize)| {
            start += n;
            x[start - n..start].iter().map(|x| x * x).sum()
        };
        self.runs.iter().map(square).collect()
    }

    fn moments(&self, t: f64, squares: &[f64]) -> Moments {
        assert!(t <= self.horizon, "t = {t} lies after the horizon {}", self.horizon);
        let v = 2.0 * (self.horizon - t);
        let log_phi = |s: f64| -> f64 {
            let term = |(&(c, n), q): (&(f64, usize), &f64)| {
                0.5 * n as f64 * (2.0 * s * c * v).ln_1p() + s * c * q / (1.0 + 2.0 * s * c * v)
            };
            -self.runs.iter().zip(squares).map(term).sum::<f64>()
        };
        // −ln φ(s) ≤ reach·s: how far to the left the integrand may live
        let reach =
            self.runs.iter().zip(squares).map(|(&(c, n), q)| c * (n as f64 * v + q)).sum::<f64>();
        if self.lambda < SMALL_LAMBDA {
            self.small(v, reach, log_phi)
        } else {
            self.direct(v, reach, log_phi)
        }
    }

    /// −λu = λ ln 2 + ln ∫ e^{λy − e^y} φ(e^y) dy − ln Γ(λ).
    fn direct(&self, v: f64, reach: f64, log_phi: impl Fn(f64) -> f64) -> Moments {
        let (log_integral, terms) = log_integral(self.lambda, reach, log_phi);
        let value = -LN_2 - (log_integral - self.normaliser) / self.lambda;
        let mass: f64 = terms.iter().map(|(_, w)| w).sum();
        let slope = |&(c, _): &(f64, usize)| {
            let sum: f64 =
                terms.iter().map(|(s, w)| w * 2.0 * s * c / (1.0 + 2.0 * s * c * v)).sum();
            sum / (mass * self.lambda)
        };
        Moments { value, slopes: self.runs.iter().map(slope).collect() }
    }

    /// u = −ln 2 − λ⁻¹ ln(1 − λ C / Γ(1 + λ)), C = ∫ e^{λy − e^y} (1 − φ(e^y)) dy.
    fn small(&self, v: f64, reach: f64, log_phi: impl Fn(f64) -> f64) -> Moments {
        const STEP: f64 = 0.1;
        let (lambda, gamma) = (self.lambda, self.normaliser);
        let mut y = -NEGLIGIBLE - reach.ln_1p();
        let mut complement = 0.0;
        let mut sums = vec![0.0; self.runs.len()];
        while y < NEGLIGIBLE.ln() {
            let s = y.exp();
            let (weight, log_phi) = (STEP * (lambda * y - s).exp(), log_phi(s));
            complement -= weight * log_phi.exp_m1();
            for (sum, (c, _)) in sums.iter_mut().zip(&self.runs) {
                *sum += weight * log_phi.exp() * 2.0 * s * c / (1.0 + 2.0 * s * c * v);
            }
            y += STEP;
        }
        let rise = if lambda == 0.0 {
            complement
        } else {
            -(-lambda * complement / gamma).ln_1p() / lambda
        };
        let mass = gamma - lambda * complement;
        Moments { value: rise - LN_2, slopes: sums.into_iter().map(|sum| sum / mass).collect() }
    }
}

/// ln ∫ e^{λy − e^y} φ(e^y) dy, and the terms (s, weight) relative to the greatest.
///
/// `reach` bounds −ln φ(s) / s. The integrand at y = ln(λ / (1 + reach)) is at least e^{−λ} of
/// (λ / (1 + reach))^λ, and left of it it falls at least like e^{λy}: this fixes where to begin.
fn log_integral(lambda: f64, reach: f64, log_phi: impl Fn(f64) -> f64) -> (f64, Vec<(f64, f64)>) {
    let step = (0.6 / (1.0 + lambda).sqrt()).min(0.2);
    let mut y = (lambda / (1.0 + reach)).ln() - NEGLIGIBLE / lambda - 1.0;
    let mut terms: Vec<(f64, f64)> = Vec::new();
    let mut top = f64::NEG_INFINITY;
    loop {
        let s = y.exp();
        let exponent = lambda * y - s + log_phi(s);
        terms.push((s, exponent));
        top = top.max(exponent);
        if s > lambda && exponent < top - NEGLIGIBLE {
            break;
        }
        y += step;
    }
    for (_, weight) in &mut terms {
        *weight = (*weight - top).exp();
    }
    let sum: f64 = terms.iter().map(|(_, w)| w).sum();
    (top + (sum * step).ln(), terms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ground::quadrature::{chi_squared, half_line, hermite};

    fn close(found: f64, wanted: f64, tolerance: f64) {
        assert!((found - wanted).abs() <= tolerance, "{found} ≠ {wanted}");
    }

    fn origin(dimension: usize, lambda: f64) -> f64 {
        ColeHopf::radial(dimension, lambda, 1.0).at_radius(0.0, 0.0).0
    }

    /// u = −λ⁻¹ ln[2^λ (4T)^{−d/2} U(d/2, d/2 − λ + 1, 1/(4T))], Tricomi's U to 30 digits (mpmath).
    #[test]
    fn exact_dimensions_at_lambda_one() {
        let known = [
            (1, -0.087_353_813_087_616),
            (2, 0.399_817_005_091),
            (5, 1.356_320_524_780_6),
            (10, 2.157_022_464_824_7),
            (20, 2.921_014_735_742_6),
            (50, 3.882_006_682_196_4),
            (100, 4.590_161_724_604_9),
            (200, 5.290_814_736_031_6),
            (250, 5.515_459_169_993_1),
            (500, 6.211_607_629_679_2),
            (1000, 6.906_255_157_873_2),
        ];
        for (dimension, u) in known {
            close(origin(dimension, 1.0), u, 1e-12);
        }
    }

    /// λ → 0: E g. Else Tricomi's U as above.
    #[test]
    fn exact_lambdas_in_dimension_100() {
        let known = [(0.0, 4.600_225_66), (1e-9, 4.600_225_66)];
        for (lambda, u) in known {
            close(origin(100, lambda), u, 6e-9);
        }
        let tricomi = [
            (1.0, 4.590_161_724_604_9),
            (5.0, 4.548_505_253_344_2),
            (10.0, 4.492_929_491_346_3),
            (20.0, 4.367_139_028_314_0),
            (30.0, 4.213_607_157_480_4),
            (40.0, 4.013_074_027_167_5),
            (50.0, 3.724_175_922_813_9),
        ];
        for (lambda, u) in tricomi {
            close(origin(100, lambda), u, 1e-12);
        }
    }

    #[test]
    fn exact_away_from_the_origin() {
        let known = [(1.0, 4.707_610_780_4), (10.0, 4.611_365_324_6), (50.0, 3.839_801_623_3)];
        for (lambda, u) in known {
            close(ColeHopf::radial(100, lambda, 1.0).value(0.0, &[0.5; 100]), u, 6e-11);
        }
    }

    #[test]
    fn exact_anisotropic() {
        let weights: Vec<f64> = (0..100).map(|i| 0.1 + 1.9 * f64::from(i) / 99.0).collect();
        let known = [(1.0, 4.633_226_260_654), (5.0, 4.580_231_632_575), (10.0, 4.509_757_688_245)];
        for (lambda, u) in known {
            close(ColeHopf::weighted(&weights, lambda, 1.0).value(0.0, &[0.0; 100]), u, 1e-12);
        }
    }

    /// Against the expectation itself, by the product of two Gauss rules.
    #[test]
    fn exact_against_the_expectation() {
        for (d, lambda, r, t) in [(9, 1.0, 2.0, 0.5), (20, 0.4, 3.0, 0.3), (100, 5.0, 12.0, 0.5)] {
            let v: f64 = 2.0 * (1.0 - t);
            let mean: f64 = hermite(80).integrate(|z| {
                let along = (r + v.sqrt() * z).powi(2);
                chi_squared(80, d - 1).integrate(|c| (0.5 * (1.0 + along + v * c)).powf(-lambda))
            });
            close(ColeHopf::radial(d, lambda, 1.0).at_radius(t, r).0, -mean.ln() / lambda, 2e-7);
        }
    }

    #[test]
    fn exact_anisotropic_against_the_expectation() {
        let (weights, x, t, lambda) = ([0.5, 2.0], [1.5, 2.0], 0.9, 2.0);
        let v: f64 = 2.0 * (1.0 - t);
        let rule = hermite(100);
        let mean = rule.integrate(|z| {
            let first = weights[0] * (x[0] + v.sqrt() * z).powi(2);
            rule.integrate(|z| {
                let second = weights[1] * (x[1] + v.sqrt() * z).powi(2);
                (0.5 * (1.0 + first + second)).powf(-lambda)
            })
        });
        close(ColeHopf::weighted(&weights, lambda, 1.0).value(t, &x), -mean.ln() / lambda, 1e-8);
    }

    /// In one dimension, against the convolution with the heat kernel on both half lines.
    #[test]
    fn exact_against_the_heat_kernel() {
        for (lambda, x, t) in [(0.3, 0.4, 0.0), (1.0, 1.5, 0.9), (20.0, 3.0, 0.5)] {
            let v: f64 = 2.0 * (1.0 - t);
            let kernel = |y: f64| (-0.5 * y * y / v).exp() / (std::f64::consts::TAU * v).sqrt();
            let psi = |y: f64| (0.5 * (1.0 + y * y)).powf(-lambda);
            let mean = half_line(|y| psi(y) * (kernel(y - x) + kernel(y + x)), 1e-13).value;
            close(ColeHopf::radial(1, lambda, 1.0).value(t, &[x]), -mean.ln() / lambda, 1e-11);
        }
    }

    #[test]
    fn invariant_gradient_is_the_difference_quotient() {
        let (x, h) = ([0.3, -1.2, 0.8, 2.0], 1e-4);
        for lambda in [0.0, 0.3, 1.0, 30.0] {
            let exact = ColeHopf::weighted(&[0.5, 0.5, 2.0, 0.0], lambda, 1.0);
            let gradient = exact.gradient(0.4, &x);
            for i in 0..x.len() {
                let (mut up, mut down) = (x, x);
                up[i] += h;
                down[i] -= h;
                let quotient = (exact.value(0.4, &up) - exact.value(0.4, &down)) / (2.0 * h);
                close(gradient[i], quotient, 1e-8);
            }
        }
    }

    #[test]
    fn exact_at_the_horizon() {
        for lambda in [0.0, 0.2, 1.0, 50.0] {
            let (u, slope) = ColeHopf::radial(3, lambda, 1.0).at_radius(1.0, 2.0);
            close(u, 2.5_f64.ln(), 1e-12);
            close(slope, 0.8, 1e-12);
        }
    }
}
