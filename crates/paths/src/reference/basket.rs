//! The European call on an arithmetic basket of independent lognormal assets.
//!
//! e^{−rT} E(M − K)⁺, M = d⁻¹ Σ S_i, S_i = S₀ exp((r − ½σ²)T + σ√T ξ_i), ξ ~ N(0, I). The
//! characteristic function of M is that of one lognormal to the power d,
//!
//! χ(ω) = E e^{iωM} = (E e^{iωS/d})^d,
//!
//! by the trapezoidal rule in ξ, which converges exponentially. On [a, b], which holds all but
//! 1e-16 of the mass, the density of M is a cosine series with coefficients
//! A_k = 2/(b − a) · Re(χ(ω_k) e^{−iω_k a}), ω_k = kπ/(b − a), and the put is a sum (Fang and
//! Oosterlee, 2008); the call follows by parity, E M = S₀ e^{rT}.
//!
//! Not here: correlated or unequal assets, dividends, early exercise.

use std::f64::consts::{PI, TAU};

/// How many standard deviations of ln S are kept.
const REACH: f64 = 9.0;
/// Where the series is cut: |χ| below this, above the rounding of its sum.
const NEGLIGIBLE: f64 = 1e-14;

/// The contract and the market; all assets alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Basket {
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
    /// T.
    pub horizon: f64,
}

impl Basket {
    /// The value of the call today.
    ///
    /// ```
    /// use paths::reference::basket::Basket;
    /// let basket = Basket {
    ///     dimension: 5, spot: 100.0, strike: 100.0, rate: 0.05, volatility: 0.2, horizon: 1.0,
    /// };
    /// assert!((basket.call() - 6.47102568).abs() < 1e-8);
    /// ```
    pub fn call(&self) -> f64 {
        self.put() + self.spot - self.strike * (-self.rate * self.horizon).exp()
    }

    /// The value of the put today.
    pub fn put(&self) -> f64 {
        assert!(self.dimension >= 1, "a basket holds at least one asset");
        assert!(
            self.volatility > 0.0 && self.horizon > 0.0,
            "σ = {} and T = {} are positive",
            self.volatility,
            self.horizon
        );
        let (a, b) = self.range();
        if self.strike <= a {
            return 0.0;
        }
        let strike = self.strike.min(b);
        let width = strike - a;
        // k = 0 counts half: A_0/2 = 1/(b − a), ∫(K − m) = ½ width²
        let mut sum = 0.5 * width * width / (b - a);
        for k in 1.. {
            let omega = f64::from(k) * PI / (b - a);
            let (modulus, phase) = self.characteristic(omega);
            // ∫_a^K (K − m) cos(ω(m − a)) dm = (1 − cos ω(K − a)) / ω²
            let payoff = (1.0 - (omega * width).cos()) / (omega * omega);
            sum += 2.0 / (b - a) * modulus * (phase - omega * a).cos() * payoff;
            if modulus < NEGLIGIBLE {
                break;
            }
        }
        // beyond b the density is empty, so a higher strike adds its distance
        (-self.rate * self.horizon).exp() * (sum + self.strike - strike)
    }

    /// What holds the mass of M.
    fn range(&self) -> (f64, f64) {
        let mean = self.spot * (self.rate * self.horizon).exp();
        let spread = (REACH * self.volatility * self.horizon.sqrt()).exp_m1();
        let half = mean * spread / (self.dimension as f64).sqrt();
        ((mean - half).max(0.0), mean + half)
    }

    /// |χ(ω)| and its phase. The phase is d times that of one asset: no branch is chosen, since
    /// only its cosine is used and d is whole.
    fn characteristic(&self, omega: f64) -> (f64, f64) {
        let d = self.dimension as f64;
        let deviation = self.volatility * self.horizon.sqrt();
        let median = self.spot * (self.rate * self.horizon - 0.5 * deviation * deviation).exp();
        // no more than a turn of the phase in six nodes, where the density counts
        let turn = omega * median / d * deviation * (4.0 * deviation).exp();
        let step = (TAU / (6.0 * turn)).min(0.1);
        let (mut real, mut imaginary) = (0.0, 0.0);
        let mut xi = -REACH;
        while xi <= REACH {
            let (sine, cosine) = (omega * median / d * (deviation * xi).exp()).sin_cos();
            let weight = step * (-0.5 * xi * xi).exp() / TAU.sqrt();
            real += weight * cosine;
            imaginary += weight * sine;
            xi += step;
        }
        (real.hypot(imaginary).powf(d), d * imaginary.atan2(real))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basket(dimension: usize) -> Basket {
        Basket { dimension, spot: 100.0, strike: 100.0, rate: 0.05, volatility: 0.2, horizon: 1.0 }
    }

    #[test]
    fn exact_at_the_money() {
        let known =
            [(5, 6.471_025_68), (10, 5.646_442_64), (50, 4.921_979_09), (100, 4.881_306_61)];
        for (dimension, value) in known {
            let found = basket(dimension).call();
            assert!((found - value).abs() < 6e-9, "d = {dimension}: {found} ≠ {value}");
        }
    }

    /// Black–Scholes, the normal integral by Gauss–Legendre above the kink.
    #[test]
    fn exact_one_asset_is_black_scholes() {
        for strike in [60.0, 100.0, 150.0] {
            let one = Basket { strike, ..basket(1) };
            let kink = ((strike / 100.0_f64).ln() - 0.03) / 0.2;
            let payoff = |z: f64| {
                (100.0 * (0.03 + 0.2 * z).exp() - strike) * (-0.5 * z * z).exp() / TAU.sqrt()
            };
            let call = ground::quadrature::legendre(60, kink, 10.0).integrate(payoff);
            let wanted = (-0.05_f64).exp() * call;
            assert!((one.call() - wanted).abs() < 1e-9, "{} ≠ {wanted}", one.call());
        }
        assert!((basket(1).call() - 10.450_583_572_185_6).abs() < 1e-9);
    }

    #[test]
    fn invariant_far_strikes() {
        let discount = (-0.05_f64).exp();
        let low = Basket { strike: 1.0, ..basket(100) };
        assert!((low.call() - (100.0 - discount)).abs() < 1e-9);
        let high = Basket { strike: 1e4, ..basket(100) };
        assert!(high.call().abs() < 1e-9);
    }

    /// The xVA basket: d = 100, payoff on the sum.
    #[test]
    fn exact_sum_of_a_hundred() {
        let sum = Basket { rate: 0.01, volatility: 0.25, ..basket(100) };
        assert!((100.0 * sum.call() - 158.247_469).abs() < 6e-7, "{}", 100.0 * sum.call());
    }
}
