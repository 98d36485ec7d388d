//! The European call on a geometric basket of correlated lognormal assets.
//!
//! e^{−rT} E(G − K)⁺, G = (Π S_i)^{1/d}, S_i = S₀ exp((r − ½σ²)T + σ√T ξ_i), E ξ_i ξ_j = ρ for
//! i ≠ j. ln G is normal with mean m = ln S₀ + (r − ½σ²)T and variance v = σ²T (1 + (d − 1)ρ)/d, so
//!
//! e^{−rT} (F N(d₁) − K N(d₁ − √v)),   F = e^{m + v/2},   d₁ = (ln(F/K) + v/2)/√v.
//!
//! Not here: unequal assets, dividends, early exercise.

/// The contract and the market; all assets and all pairs alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GeometricBasket {
    /// How many assets d ≥ 1.
    pub dimension: usize,
    /// S₀ of each.
    pub spot: f64,
    /// K.
    pub strike: f64,
    /// r, continuously compounded.
    pub rate: f64,
    /// σ of each.
    pub volatility: f64,
    /// ρ of each pair.
    pub correlation: f64,
    /// T.
    pub horizon: f64,
}

impl GeometricBasket {
    /// The value of the call today.
    ///
    /// ```
    /// use paths::reference::geometric_basket::GeometricBasket;
    /// let basket = GeometricBasket {
    ///     dimension: 20, spot: 100.0, strike: 100.0, rate: 0.05, volatility: 0.2,
    ///     correlation: 0.3, horizon: 1.0,
    /// };
    /// assert!((basket.call() - 6.47303401).abs() < 1e-8);
    /// ```
    pub fn call(&self) -> f64 {
        let (forward, sd) = (self.forward(), self.variance().sqrt());
        let d1 = (forward / self.strike).ln() / sd + 0.5 * sd;
        let discount = (-self.rate * self.horizon).exp();
        discount * (forward * normal(d1) - self.strike * normal(d1 - sd))
    }

    /// ∂/∂S_i of the call today, the same for each i: e^{−rT} F N(d₁)/(d S₀).
    pub fn slope(&self) -> f64 {
        let (forward, sd) = (self.forward(), self.variance().sqrt());
        let d1 = (forward / self.strike).ln() / sd + 0.5 * sd;
        let discount = (-self.rate * self.horizon).exp();
        discount * forward * normal(d1) / (self.dimension as f64 * self.spot)
    }

    fn variance(&self) -> f64 {
        let d = self.dimension as f64;
        self.volatility.powi(2) * self.horizon * (1.0 + (d - 1.0) * self.correlation) / d
    }

    fn forward(&self) -> f64 {
        let mean = (self.rate - 0.5 * self.volatility.powi(2)) * self.horizon;
        self.spot * (mean + 0.5 * self.variance()).exp()
    }
}

/// The distribution function of N(0, 1).
fn normal(x: f64) -> f64 {
    0.5 * statrs::function::erf::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basket(dimension: usize, spot: f64, strike: f64) -> GeometricBasket {
        let (rate, volatility, correlation, horizon) = (0.05, 0.2, 0.3, 1.0);
        GeometricBasket { dimension, spot, strike, rate, volatility, correlation, horizon }
    }

    #[test]
    fn exact_values_of_another_program() {
        assert!((basket(5, 100.0, 100.0).call() - 7.229_432_50).abs() < 1e-8);
        assert!((basket(20, 100.0, 100.0).call() - 6.473_034_01).abs() < 1e-8);
    }

    #[test]
    fn exact_against_the_trapezoidal_rule() {
        let market = basket(7, 90.0, 100.0);
        let (v, forward) = (market.variance(), market.forward());
        let h = 1e-4;
        let payoff = |x: f64| {
            let value = (forward * (v.sqrt() * x - 0.5 * v).exp() - market.strike).max(0.0);
            value * (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
        };
        let mean: f64 = (-100_000..=100_000).map(|k| h * payoff(f64::from(k) * h)).sum();
        assert!((market.call() - (-0.05_f64).exp() * mean).abs() < 1e-7);
    }

    #[test]
    fn the_slope_is_the_derivative() {
        let call = |spot: f64| basket(5, spot, 100.0).call();
        // All spots move together: d slopes.
        let central = (call(100.01) - call(99.99)) / 0.02;
        assert!((5.0 * basket(5, 100.0, 100.0).slope() - central).abs() < 1e-6);
    }
}
