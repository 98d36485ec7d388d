//! Different rates for borrowing and lending, between two bounds. [Ber95]
//!
//! u_t + μ̄ x·∇u + ½ σ̄² Σ x_i² ∂_ii u + f(u, z) = 0, u(T, x) = g(x) = (max x − 120)⁺ − 2 (max x − 150)⁺,
//! f = max over r ∈ [R^l, R^b] of −r u − (μ̄ − r)/σ̄ Σz. So u is the value of a control,
//!
//! u(0, x₀) = sup over adapted r of E[e^{−∫r} g(S^r)],   dS^r = r S^r dt + σ̄ S^r dW.
//!
//! With S = S^{R^b} and θ_t = exp(−∫_0^t (R^b − r)), which decreases from 1 and stays above
//! e^{−(R^b − R^l)t}, S^r = θS. Let P be the linear price at r = R^b and
//!
//! Ψ(t, θ) = e^{−R^b t} P(t, θS_t)/θ,   −∂Ψ/∂ ln θ = e^{−R^b t} H/θ,   H = P − Σ x_i ∂_i P at θS_t,
//! H = e^{−R^b(T − t)} (300 P(θM > 150) − 120 P(θM > 120)),   M = max S_T given S_t
//!
//! (a product of d normal probabilities, [`super::extreme`]). Ψ(t, θ) is a martingale for constant θ;
//! so, with this martingale removed and P_0 = Ψ(0, 1) known exactly,
//!
//! E[e^{−∫r} g] = P_0 + E ∫ e^{−R^b t} H/θ (R^b − r) dt.
//!
//! **Below**: r = R^l on [t_n, t_{n+1}) where H > 0 at t_n, else R^b. That policy is admissible; the
//! gain of a step is Ψ(t_n, θ_{n+1}) − Ψ(t_n, θ_n) exactly, so N dates add no error, only caution.
//! **Above**: perfect information. The integrand at t is at most (R^b − R^l) e^{−R^b t} times the
//! greatest H⁺/θ over the θ that can be reached; t uniform in (0, T).
//!
//! Controls are the martingales P(M > 120) and P(M > 150), whose means are known.
//!
//! d = 100, x₀ = 100, 80 dates on 40 000 paths and 400 000 points: 21.1685(4) … 21.1762(3), within a
//! minute. Multilevel Picard gave 21.299 [EHJK19], 0.6 % above the upper bound.

use super::extreme::Market;
use ground::estimate::Estimate;
use ground::par;
use ground::quadrature::legendre;
use ground::stream::Stream;

/// R^l, R^b = μ̄, σ̄, T.
const LENDING: f64 = 0.04;
const BORROWING: f64 = 0.06;
const VOLATILITY: f64 = 0.2;
const HORIZON: f64 = 0.5;
/// Where g begins and where it turns.
const STRIKES: [f64; 2] = [120.0, 150.0];
/// Its slopes from there on.
const SLOPES: [f64; 2] = [1.0, -1.0];
/// Values of θ among which the upper bound looks for the greatest; 2 or 65 change no digit.
const CANDIDATES: usize = 3;

/// The equation with every stock at one price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DifferentRates {
    /// d ≥ 1.
    pub dimension: usize,
    /// x₀ in every component.
    pub start: f64,
}

/// An interval that holds u(0, x₀).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The value of a policy.
    pub below: Estimate,
    /// The mean under perfect information.
    pub above: Estimate,
}

impl DifferentRates {
    /// P(0, x₀) where everybody borrows and lends at one `rate`.
    pub fn linear(self, rate: f64) -> f64 {
        let start = vec![self.start; self.dimension];
        let market = Market::new(rate, VOLATILITY);
        (-rate * HORIZON).exp() * market.from(&start, HORIZON).of_the_best(&STRIKES, &SLOPES)
    }

    /// Both bounds: the policy on `n_dates` dates along `n_paths` paths, perfect information at
    /// `n_points` points (t, S_t). A thousand of either are few: the controls are skewed.
    ///
    /// ```
    /// use paths::reference::different_rates::DifferentRates;
    /// let bounds = DifferentRates { dimension: 100, start: 100.0 }.bounds(10, 1000, 4000);
    /// assert!(bounds.below.mean > 21.13 && bounds.above.mean < 21.21);
    /// ```
    pub fn bounds(self, n_dates: usize, n_paths: usize, n_points: usize) -> Bounds {
        let market = Market::new(BORROWING, VOLATILITY);
        let start = vec![self.start; self.dimension];
        let chances = chances(&market, &start, HORIZON, 1.0);
        let stream = Stream::new(7).child("different rates");
        let work = Work { market, start, chances, stream };
        let linear = self.linear(BORROWING);
        let below = par::map(n_paths, |path| work.policy(path, n_dates));
        let above = par::map(n_points, |point| {
            let share = (point as f64 + work.stream.uniform(point as u64, 0, 0)) / n_points as f64;
            work.clairvoyant(point, HORIZON * share)
        });
        Bounds { below: mean(linear, &below), above: mean(linear, &above) }
    }
}

/// A gain, and controls of mean zero: martingales of the chances, twice each.
struct Sample {
    gain: f64,
    controls: [f64; 4],
}

fn mean(linear: f64, samples: &[Sample]) -> Estimate {
    let gains: Vec<f64> = samples.iter().map(|s| linear + s.gain).collect();
    let controls: [Vec<f64>; 4] =
        std::array::from_fn(|k| samples.iter().map(|s| s.controls[k]).collect());
    Estimate::with_controls(&gains, &controls.each_ref().map(Vec::as_slice))
}

/// P(θM > 120) and P(θM > 150) from these prices.
fn chances(market: &Market, prices: &[f64], left: f64, theta: f64) -> [f64; 2] {
    let law = market.from(prices, left);
    STRIKES.map(|k| 1.0 - law.best_at_most(k / theta))
}

/// e^{−R^b t} H/θ.
fn gain([calls, turn]: [f64; 2], theta: f64) -> f64 {
    (-BORROWING * HORIZON).exp() * (300.0 * turn - 120.0 * calls) / theta
}

/// What all samples share.
struct Work {
    market: Market,
    start: Vec<f64>,
    /// P(M > 120) and P(M > 150) at the start.
    chances: [f64; 2],
    stream: Stream,
}

impl Work {
    /// What the policy gains on one path.
    fn policy(&self, path: usize, n_dates: usize) -> Sample {
        let h = HORIZON / n_dates as f64;
        let fall = (BORROWING - LENDING) * h;
        let rule = legendre(2, 0.0, fall);
        let stream = self.stream.child("below");
        let mut prices = self.start.clone();
        let (mut theta, mut sum, mut controls) = (1.0_f64, 0.0, [0.0; 4]);
        for date in 0..n_dates {
            let left = HORIZON - date as f64 * h;
            let chances_at = |theta: f64| chances(&self.market, &prices, left, theta);
            let now = chances_at(theta);
            for (pair, at) in [n_dates / 2, n_dates - 1].into_iter().enumerate() {
                if date == at {
                    for (k, chance) in chances_at(1.0).into_iter().enumerate() {
                        controls[2 * pair + k] = chance - self.chances[k];
                    }
                }
            }
            if gain(now, theta) > 0.0 {
                let at = |by: f64| theta * (-by).exp();
                sum += rule.integrate(|by| gain(chances_at(at(by)), at(by)));
                theta = at(fall);
            }
            let step = u32::try_from(date).unwrap_or(u32::MAX);
            move_on(&mut prices, h, |k| stream.normal(path as u64, step, k));
        }
        Sample { gain: sum, controls }
    }

    /// T times the greatest integrand at one point.
    fn clairvoyant(&self, point: usize, t: f64) -> Sample {
        let stream = self.stream.child("above");
        let mut prices = self.start.clone();
        move_on(&mut prices, t, |k| stream.normal(point as u64, 0, k));
        let chances_at = |theta: f64| chances(&self.market, &prices, HORIZON - t, theta);
        let fall = (BORROWING - LENDING) * t;
        let most = (0..CANDIDATES)
            .map(|k| (-fall * k as f64 / (CANDIDATES - 1) as f64).exp())
            .map(|theta| gain(chances_at(theta), theta))
            .fold(0.0, f64::max);
        let now = chances_at(1.0);
        let [calls, turn] = [0, 1].map(|k| now[k] - self.chances[k]);
        let controls = [calls, turn, t * calls, t * turn];
        Sample { gain: HORIZON * (BORROWING - LENDING) * most, controls }
    }
}

/// Prices after a time h at the rate R^b.
fn move_on(prices: &mut [f64], h: f64, normal: impl Fn(usize) -> f64) {
    let growth = (BORROWING - 0.5 * VOLATILITY * VOLATILITY) * h;
    for (k, price) in prices.iter_mut().enumerate() {
        *price *= (growth + VOLATILITY * h.sqrt() * normal(k)).exp();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUNDRED: DifferentRates = DifferentRates { dimension: 100, start: 100.0 };

    /// Digits of an independent program (order statistics).
    #[test]
    fn exact_linear_prices() {
        for (rate, value) in [(LENDING, 20.656_829), (BORROWING, 21.093_199)] {
            let found = HUNDRED.linear(rate);
            assert!((found - value).abs() < 6e-7, "{found} ≠ {value}");
        }
    }

    /// A coarse version of the numbers above; another program: 21.1646(12) … 21.1767(7).
    #[test]
    fn statistical_bounds_of_a_hundred_stocks() {
        let Bounds { below, above } = HUNDRED.bounds(20, 4000, 20_000);
        let apart = below.stderr.hypot(above.stderr);
        assert!(above.mean - below.mean > -3.0 * apart, "{below} and {above} cross");
        assert!(above.mean - below.mean < 0.02 + 5.0 * apart, "{below} … {above} is wide");
        assert!(above.deviation(21.1762) < 5.0, "{above}");
        assert!(below.mean > 21.1685 - 0.02 - 5.0 * below.stderr, "{below}");
        assert!(below.mean - 5.0 * below.stderr < 21.1762, "{below}");
        for bound in [below, above] {
            assert!(bound.stderr < 2e-3 && bound.deviation(21.299) > 30.0, "{bound}");
        }
    }

    /// One stock: the best policy on the dates, v ← max_r e^{−rh} E v, on a grid in ln x.
    fn one_stock(start: f64, n_dates: usize) -> f64 {
        const SPACING: f64 = 0.001;
        const HALF: i32 = 1200;
        let h = HORIZON / n_dates as f64;
        let rule = legendre(200, -6.0, 6.0);
        let density = |xi: f64| (-0.5 * xi * xi).exp() / std::f64::consts::TAU.sqrt();
        let payoff = |i: i32| {
            let x = start * (SPACING * f64::from(i)).exp();
            (x - 120.0).max(0.0) - 2.0 * (x - 150.0).max(0.0)
        };
        let mut v: Vec<f64> = (-HALF..=HALF).map(payoff).collect();
        for _ in 0..n_dates {
            let at = |log: f64| {
                let place =
                    (log / SPACING + f64::from(HALF)).clamp(0.0, 2.0 * f64::from(HALF) - 0.5);
                let k = place.floor();
                let left = whole(k);
                v[left] + (place - k) * (v[left + 1] - v[left])
            };
            let under = |i: i32, rate: f64| {
                let centre = SPACING * f64::from(i) + (rate - 0.5 * VOLATILITY * VOLATILITY) * h;
                let spread = VOLATILITY * h.sqrt();
                (-rate * h).exp() * rule.integrate(|xi| density(xi) * at(centre + spread * xi))
            };
            v = (-HALF..=HALF).map(|i| under(i, LENDING).max(under(i, BORROWING))).collect();
        }
        v[whole(f64::from(HALF))]
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 ≤ place ≤ 2400")]
    fn whole(place: f64) -> usize {
        place as usize
    }

    /// The policy by the sign of H is almost the best, and perfect information is no less.
    #[test]
    fn statistical_bounds_enclose_one_stock() {
        for start in [120.0, 150.0] {
            let best = one_stock(start, 10);
            let one = DifferentRates { dimension: 1, start };
            let Bounds { below, above } = one.bounds(10, 20_000, 20_000);
            assert!(below.mean < best + 5.0 * below.stderr + 1e-3, "{below} > {best}");
            assert!(below.mean > best - 5.0 * below.stderr - 2e-3, "{below} ≪ {best}");
            assert!(above.mean > best - 5.0 * above.stderr - 1e-3, "{above} < {best}");
        }
    }
}
