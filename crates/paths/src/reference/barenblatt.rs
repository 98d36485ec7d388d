//! The Black–Scholes–Barenblatt equation for a sum of squares, in continuous and in discrete time.
//!
//! u_t + ½ σ̄² Σ x_i² ∂_ii u − r (u − Σz/σ̄) = 0, u(T, x) = |x|², z = σ̄ x ∇u, [Rai18]: the published
//! test has σ̄ = 0.4, r = 0.05, T = 1. A multiple a(t) |x|² stays one:
//!
//! u(t, x) = e^{(r + σ̄²)(T − t)} |x|².
//!
//! In discrete time, Y_n = E_n[Y_{n+1}] + h f(Y_n, Z_n), Z_n = E_n[Y_{n+1} ΔW_n]/h, with m = E|X_{n+1}|²
//! over |X_n|² and ΣZ/σ̄ = 2 k a |x|²,
//!
//! a_n = a_{n+1} (m + 2 k r h)/(1 + r h);   exact steps m = k = e^{σ̄²h}, Euler's m = 1 + σ̄²h, k = 1.

/// σ̄ and r.
const VOLATILITY: f64 = 0.4;
const RATE: f64 = 0.05;

/// How X steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steps {
    /// x ∘ exp(−½σ̄²h + σ̄ΔW).
    Exact,
    /// x ∘ (1 + σ̄ΔW).
    Euler,
}

/// u(t, x) for the horizon T = 1, x `[d]`.
///
/// ```
/// let x: Vec<f64> = (0..100).map(|i| if i % 2 == 0 { 1.0 } else { 0.5 }).collect();
/// assert!((paths::reference::barenblatt::value(0.0, &x) - 77.1048787473).abs() < 1e-9);
/// ```
pub fn value(t: f64, x: &[f64]) -> f64 {
    ((RATE + VOLATILITY * VOLATILITY) * (1.0 - t)).exp() * squared(x)
}

/// Y_0 at x₀ = `x`, N = `n_steps`.
pub fn stepped(steps: Steps, n_steps: u16, x: &[f64]) -> f64 {
    let h = 1.0 / f64::from(n_steps);
    let variance = VOLATILITY * VOLATILITY * h;
    let (m, k) = match steps {
        Steps::Exact => (variance.exp(), variance.exp()),
        Steps::Euler => (1.0 + variance, 1.0),
    };
    let factor = (m + 2.0 * k * RATE * h) / (1.0 + RATE * h);
    factor.powi(i32::from(n_steps)) * squared(x)
}

fn squared(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ground::quadrature::hermite;

    const X: [f64; 4] = [1.0, 0.5, 1.0, 0.5];

    /// Digits of an independent program, d = 100: 25 times these.
    #[test]
    fn exact_at_fifty_steps() {
        let known = [(Steps::Exact, 77.099_105_1), (Steps::Euler, 77.054_878_4)];
        for (steps, value) in known {
            let found = 25.0 * stepped(steps, 50, &X);
            assert!((found - value).abs() < 6e-8, "{steps:?}: {found} ≠ {value}");
        }
    }

    /// One step from T by Gauss–Hermite: Y = E g + h f(Y, Z).
    #[test]
    fn exact_single_step() {
        let rule = hermite(40);
        for steps in [Steps::Exact, Steps::Euler] {
            let next = |x: f64, w: f64| match steps {
                Steps::Exact => x * (VOLATILITY * w - 0.5 * VOLATILITY * VOLATILITY).exp(),
                Steps::Euler => x * (1.0 + VOLATILITY * w),
            };
            let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
                X.iter().map(|&x| rule.integrate(|w| f(next(x, w), w))).sum()
            };
            let (mean, sum_z) = (sum(&|y, _| y * y), sum(&|y, w| y * y * w));
            let one = stepped(steps, 1, &X);
            let residual = one - mean + RATE * (one - sum_z / VOLATILITY);
            assert!(residual.abs() < 1e-12, "{steps:?}: {residual}");
        }
    }

    #[test]
    fn order_in_the_step_is_one() {
        let off = [100, 200].map(|n| stepped(Steps::Exact, n, &X) - value(0.0, &X));
        assert!(((off[0] / off[1]).log2() - 1.0).abs() < 0.01, "{off:?}");
    }
}
