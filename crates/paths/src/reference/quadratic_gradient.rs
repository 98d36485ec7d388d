//! The equation with a quadratically growing gradient, solved in closed form.
//!
//! u_t + ½Δu + f(t, x, z) = 0, σ = I, z = ∇u, f = |z|² − source(t, x), and
//!
//! u(t, x) = sin(b^α), b = T − t + |x|²/d, α = 0.4;
//!
//! with D = α b^{α−1} cos b^α and D′ = α(α − 1) b^{α−2} cos b^α − α² b^{2α−2} sin b^α,
//!
//! u_t = −D,  ∇u = 2D x/d,  Δu = 2D + 4D′ |x|²/d²,
//! source = |∇u|² + u_t + ½Δu.
//!
//! x₀ = 0, T = 1: u(0, x₀) = sin 1 in every dimension.

/// The power α.
pub const ALPHA: f64 = 0.4;

/// The exact solution up to the horizon T.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuadraticGradient {
    /// T.
    pub horizon: f64,
}

impl QuadraticGradient {
    /// u(t, x), x `[d]`.
    ///
    /// ```
    /// use paths::reference::quadratic_gradient::QuadraticGradient;
    /// let u = QuadraticGradient { horizon: 1.0 }.value(0.0, &[0.0; 100]);
    /// assert!((u - 1_f64.sin()).abs() < 1e-15);
    /// ```
    pub fn value(self, t: f64, x: &[f64]) -> f64 {
        self.base(t, x).powf(ALPHA).sin()
    }

    /// z = ∇u(t, x), `[d]`. At t = T it is singular at x = 0, where NaN is returned.
    pub fn gradient(self, t: f64, x: &[f64]) -> Vec<f64> {
        let (first, _) = derivatives(self.base(t, x));
        let scale = 2.0 * first / x.len() as f64;
        x.iter().map(|x| scale * x).collect()
    }

    /// |∇u|² + u_t + ½Δu, what the driver subtracts from |z|².
    pub fn source(self, t: f64, x: &[f64]) -> f64 {
        let (first, second) = derivatives(self.base(t, x));
        let (d, square) = (x.len() as f64, squared(x));
        let gradient = 4.0 * first * first * square / (d * d);
        let half_laplacian = first + 2.0 * second * square / (d * d);
        gradient - first + half_laplacian
    }

    /// b = T − t + |x|²/d.
    fn base(self, t: f64, x: &[f64]) -> f64 {
        self.horizon - t + squared(x) / x.len() as f64
    }
}

/// D and D′, the first two derivatives of sin(b^α).
fn derivatives(b: f64) -> (f64, f64) {
    let (sine, cosine) = b.powf(ALPHA).sin_cos();
    let first = ALPHA * b.powf(ALPHA - 1.0);
    (first * cosine, ALPHA * (ALPHA - 1.0) * b.powf(ALPHA - 2.0) * cosine - first * first * sine)
}

fn squared(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXACT: QuadraticGradient = QuadraticGradient { horizon: 1.0 };
    const X: [f64; 4] = [0.3, -1.1, 0.6, 2.0];

    fn shifted(i: usize, by: f64) -> f64 {
        let mut x = X;
        x[i] += by;
        EXACT.value(0.4, &x)
    }

    #[test]
    fn exact_at_the_start_in_every_dimension() {
        for d in [1, 10, 100] {
            let u = EXACT.value(0.0, &vec![0.0; d]);
            assert!((u - 0.841_470_984_8).abs() < 1e-10, "{u}");
        }
    }

    #[test]
    fn invariant_derivatives_are_difference_quotients() {
        let h = 1e-4;
        let gradient = EXACT.gradient(0.4, &X);
        let mut half_laplacian = 0.0;
        for i in 0..X.len() {
            let (up, here, down) = (shifted(i, h), shifted(i, 0.0), shifted(i, -h));
            assert!((gradient[i] - (up - down) / (2.0 * h)).abs() < 1e-8);
            half_laplacian += 0.5 * (up - 2.0 * here + down) / (h * h);
        }
        let slope = (EXACT.value(0.4 + h, &X) - EXACT.value(0.4 - h, &X)) / (2.0 * h);
        let wanted = squared(&gradient) + slope + half_laplacian;
        assert!((EXACT.source(0.4, &X) - wanted).abs() < 1e-6);
    }

    /// The driver as it is printed: 4D²|x|²/d² − D + ½[2D + (4/d²)|x|² α((α−1)b^{α−2} cos b^α
    /// − α b^{2α−2} sin b^α)].
    #[test]
    fn exact_source_as_printed() {
        let (d, q): (f64, f64) = (4.0, squared(&X));
        let b = 0.6 + q / d;
        let first = ALPHA * b.powf(ALPHA - 1.0) * b.powf(ALPHA).cos();
        let bracket = (ALPHA - 1.0) * b.powf(ALPHA - 2.0) * b.powf(ALPHA).cos()
            - ALPHA * b.powf(2.0 * ALPHA - 2.0) * b.powf(ALPHA).sin();
        let printed = 4.0 * first * first * q / (d * d) - first
            + 0.5 * (2.0 * first + 4.0 / (d * d) * q * ALPHA * bracket);
        assert!((EXACT.source(0.4, &X) - printed).abs() < 1e-14);
    }
}
