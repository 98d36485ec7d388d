//! The heat equation with a quadratic terminal value.
//!
//! u_t + Δu = 0, u(T, x) = |x|²; as a backward equation σ = √2, f = 0, z = √2 ∇u.
//! u(t, x) = |x|² + 2d(T − t), ∇u = 2x.

/// u(t, x) = |x|² + 2d(T − t), x `[d]`.
///
/// ```
/// assert_eq!(paths::reference::heat::value(1.0, 0.0, &[0.0; 100]), 200.0);
/// ```
pub fn value(horizon: f64, t: f64, x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>() + 2.0 * x.len() as f64 * (horizon - t)
}

/// ∇u(t, x) = 2x, `[d]`.
pub fn gradient(x: &[f64]) -> Vec<f64> {
    x.iter().map(|x| 2.0 * x).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_against_the_expectation() {
        let (x, t) = ([0.5, -1.0, 2.0], 0.25);
        let rule = ground::quadrature::hermite(3);
        let mean: f64 =
            x.iter().map(|x| rule.integrate(|z| (x + 1.5_f64.sqrt() * z).powi(2))).sum();
        assert!((value(1.0, t, &x) - mean).abs() < 1e-12);
        assert_eq!(gradient(&x), [1.0, -2.0, 4.0]);
    }
}
