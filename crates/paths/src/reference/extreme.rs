//! The best and the worst of independent lognormal prices, seen from any prices on the way.
//!
//! S_i = x_i exp((r − ½σ²)τ + σ√τ ξ_i), ξ ~ N(0, I). With z_i(y) = (ln(x_i/y) + (r − ½σ²)τ)/(σ√τ),
//!
//! P(min S > y) = Π Φ(z_i(y)),   P(max S ≤ y) = Π Φ(−z_i(y)),
//!
//! E φ(min S) = φ(a) + ∫_a^∞ φ′(y) P(min S > y) dy, a below all the mass; the integral over ln y by
//! Gauss–Legendre where the factor is neither 1 nor 0. E max likewise, from above.
//!
//! Φ is a table of ln Φ and its slope, with cubic pieces: 1e-10, and a hundred factors are one sum.
//!
//! Not here: correlated prices, unequal volatilities.

use ground::quadrature::{Rule, legendre};
use std::f64::consts::TAU;

/// The table of ln Φ reaches this far to both sides, with this many cells a unit.
const REACH: f64 = 10.0;
const CELLS: f64 = 64.0;
/// Nodes of the integral over ln y.
const NODES: usize = 56;
/// P(min S > y) ≥ 1 − d Φ(−7): where the integral begins, in standard deviations.
const BELOW: f64 = -7.0;
/// What counts as none of the mass.
const NEGLIGIBLE: f64 = 1e-14;

/// The normal distribution function, by its logarithm.
#[derive(Clone, Debug)]
pub struct Normal {
    /// ln Φ and φ/Φ at the points −REACH + k/CELLS.
    table: Vec<(f64, f64)>,
}

impl Normal {
    /// The table.
    pub fn new() -> Self {
        let half = cells(REACH);
        let density = |z: f64| (-0.5 * z * z).exp() / TAU.sqrt();
        let rule = legendre(8, 0.0, 1.0 / CELLS);
        // Φ(−REACH) by its asymptotic series, then cell by cell
        let square = REACH.powi(-2);
        let mut tail = density(REACH) / REACH * (1.0 - square + 3.0 * square * square);
        let mut lower = vec![tail];
        for k in 0..half {
            let z = -REACH + k as f64 / CELLS;
            tail += rule.integrate(|by| density(z + by));
            lower.push(tail);
        }
        let entry = |k: usize| {
            let z = -REACH + k as f64 / CELLS;
            let log = if k <= half { lower[k].ln() } else { (-lower[2 * half - k]).ln_1p() };
            (log, density(z) / log.exp())
        };
        Self { table: (0..=2 * half).map(entry).collect() }
    }

    /// ln Φ(z); −∞ below −10.
    pub fn log(&self, z: f64) -> f64 {
        if z < -REACH {
            return f64::NEG_INFINITY;
        }
        if z >= REACH {
            return 0.0;
        }
        let place = (z + REACH) * CELLS;
        let k = cells(place / CELLS);
        let (a, (left, from), (right, to)) = (place - k as f64, self.table[k], self.table[k + 1]);
        let rise = right - left;
        let (start, end) = (from / CELLS - rise, rise - to / CELLS);
        left + a * (rise + (1.0 - a) * ((1.0 - a) * start + a * end))
    }
}

impl Default for Normal {
    fn default() -> Self {
        Self::new()
    }
}

/// Whole cells in a length, length ≥ 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 ≤ length ≤ 20")]
fn cells(length: f64) -> usize {
    (length * CELLS) as usize
}

/// How prices go on.
#[derive(Clone, Debug)]
pub struct Market {
    /// r, the drift of every price.
    pub rate: f64,
    /// σ.
    pub volatility: f64,
    normal: Normal,
    rule: Rule,
}

impl Market {
    /// Prices with this rate and volatility.
    pub fn new(rate: f64, volatility: f64) -> Self {
        let rule = legendre(NODES, 0.0, 1.0);
        Self { rate, volatility, normal: Normal::new(), rule }
    }

    /// The prices `x` go on for a time τ > 0.
    pub fn from<'a>(&'a self, x: &'a [f64], tau: f64) -> Extremes<'a> {
        assert!(tau > 0.0, "the time left is positive, found {tau}");
        let deviation = self.volatility * tau.sqrt();
        let drift = (self.rate - 0.5 * self.volatility * self.volatility) * tau;
        let logs = x.iter().map(|x| (x.ln() + drift) / deviation).collect();
        Extremes { market: self, logs, deviation }
    }
}

/// The laws of the best and the worst price at the end.
#[derive(Clone, Debug)]
pub struct Extremes<'a> {
    market: &'a Market,
    /// (ln x_i + (r − ½σ²)τ)/(σ√τ), `[d]`.
    logs: Vec<f64>,
    /// σ√τ.
    deviation: f64,
}

impl Extremes<'_> {
    /// P(max S ≤ y).
    pub fn best_at_most(&self, y: f64) -> f64 {
        let level = y.ln() / self.deviation;
        self.product(|log| level - log)
    }

    /// P(min S > y).
    pub fn worst_above(&self, y: f64) -> f64 {
        let level = y.ln() / self.deviation;
        self.product(|log| log - level)
    }

    fn product(&self, z: impl Fn(f64) -> f64) -> f64 {
        let mut sum = 0.0;
        for &log in &self.logs {
            sum += self.market.normal.log(z(log));
            if sum < -80.0 {
                return 0.0;
            }
        }
        sum.exp()
    }

    /// E φ_k(min S) for functions φ_k given by (φ_k, φ_k′) at a price, K of them.
    pub fn of_the_worst<const K: usize>(&self, phi: impl Fn(f64) -> [(f64, f64); K]) -> [f64; K] {
        let least = self.logs.iter().copied().fold(f64::INFINITY, f64::min);
        let above = |w: f64| self.product(|log| log - least - w);
        let mut end = 0.0;
        while above(end) > NEGLIGIBLE && end < -BELOW {
            end += 0.5;
        }
        let price = |w: f64| (self.deviation * (least + w)).exp();
        let mut sums = phi(price(BELOW)).map(|(value, _)| value);
        for (share, weight) in self.market.rule.iter() {
            let w = BELOW + (end - BELOW) * share;
            let y = price(w);
            let mass = weight * (end - BELOW) * above(w) * self.deviation * y; // dy = σ√τ y dw
            for (sum, (_, slope)) in sums.iter_mut().zip(phi(y)) {
                *sum += mass * slope;
            }
        }
        sums
    }

    /// E g(max S) for a g that is 0 up to `from` and smooth between its `kinks`, which ascend from
    /// there: ∫ g′(y) P(max S > y) dy. The slope is of the piece to the right of a kink.
    pub fn of_the_best(&self, kinks: &[f64], slopes: &[f64]) -> f64 {
        let most = self.logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let end = (self.deviation * (most + 1.0 - BELOW)).exp();
        let mut sum = 0.0;
        for (k, (&from, slope)) in kinks.iter().zip(slopes).enumerate() {
            let to = kinks.get(k + 1).copied().unwrap_or(f64::INFINITY).min(end);
            if to > from {
                let wide = (to / from).ln();
                sum += slope
                    * wide
                    * self.market.rule.integrate(|share| {
                        let y = from * (wide * share).exp();
                        y * (1.0 - self.best_at_most(y))
                    });
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_normal_law() {
        let normal = Normal::new();
        let known = [
            (0.0, 0.5),
            (1.0, 0.841_344_746_068_542_9),
            (-1.3, 0.096_800_484_585_610_36),
            (-4.0, 3.167_124_183_311_998e-5),
            (-8.0, 6.220_960_574_271_785e-16),
        ];
        for (z, value) in known {
            let found = normal.log(z).exp();
            assert!((found / value - 1.0).abs() < 1e-9, "Φ({z}) = {found} ≠ {value}");
        }
        assert_eq!((normal.log(11.0), normal.log(-11.0)), (0.0, f64::NEG_INFINITY));
        for k in 0..100 {
            let z = 0.08 * f64::from(k) + 0.005;
            let both = normal.log(z).exp() + normal.log(-z).exp();
            assert!((both - 1.0).abs() < 1e-10, "{z}: {both}");
        }
    }

    /// E min S_T of a hundred and of one; [HJE18]'s default risk without default.
    #[test]
    fn exact_mean_of_the_worst() {
        let market = Market::new(0.02, 0.2);
        let [mean] = market.from(&[100.0; 100], 1.0).of_the_worst(|y| [(y, 1.0)]);
        assert!((mean - 60.780_685).abs() < 6e-7, "{mean}");
        let [one, square] =
            market.from(&[100.0], 1.0).of_the_worst(|y| [(y, 1.0), (y * y, 2.0 * y)]);
        assert!((one - 100.0 * 0.02_f64.exp()).abs() < 1e-7, "{one}");
        assert!((square - 1e4 * 0.08_f64.exp()).abs() < 1e-4, "{square}");
    }

    /// One price far below the others, and hardly any time left.
    #[test]
    fn exact_mean_of_one_that_is_alone() {
        let market = Market::new(0.02, 0.2);
        for tau in [1.0, 1e-3, 1e-7] {
            let mut x = [1000.0; 30];
            x[3] = 10.0;
            let [mean] = market.from(&x, tau).of_the_worst(|y| [(y, 1.0)]);
            assert!((mean - 10.0 * (0.02 * tau).exp()).abs() < 1e-8, "{mean}");
        }
    }
}
