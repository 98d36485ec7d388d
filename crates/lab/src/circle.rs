//! Model A on the circle: a gradient flow whose risk is known at every time.
//!
//! ```text
//! f(x) = E_w a(w) σ(w·x),    x and w uniform on the unit circle,    R = E_x (f − f*)²
//! ∂_t a(w) = −2 E_x (f − f*)(x) σ(w·x)                              model A
//! ```
//! Turning x and w together changes nothing, so Fourier modes do not mix. With the factor of a mode
//!
//! ```text
//! c_k = (1/π) ∫_0^π σ(cos u) cos ku du,     f_k = c_k a_k,     ∂_t a_k = −2 c_k (c_k a_k − f*_k)
//! r_k(t) = f*_k e^{−2c_k²t},                R(t) = Σ_k |r_k(t)|²     from a = 0, over all integers k
//! ```
//! For ReLU c_0 = 1/π, c_1 = 1/4, c_k = (−1)^{k/2+1}/(π(k² − 1)) for even k and 0 for odd k ≥ 3: such a
//! target is not seen at all. [EMW20]
//!
//! What a target has beyond the modes of the solver stays in the risk for ever.

use std::f64::consts::{PI, TAU};

use ground::quadrature::panels;
use ground::{Error, Result};

/// Modes k = 0 … 64, as many as the golden risks were made with.
pub const MODES: usize = 64;

/// Points of the trapezoid sums over the target; exact for trigonometric polynomials of degree below
/// `POINTS` − k.
const POINTS: usize = 4096;

/// A factor below this is an integral that is 0, up to rounding.
const ZERO: f64 = 1e-12;

/// Cosine and sine part of a mode.
type Pair = [f64; 2];

/// Model A in Fourier modes.
#[derive(Clone, Debug, PartialEq)]
pub struct Circle {
    /// c_0 … c_K; 0 where smaller than 1e-12.
    pub factors: Vec<f64>,
    /// f*(u) = Σ_k A_k cos ku + B_k sin ku: the pairs (A_k, B_k).
    pub target: Vec<Pair>,
    /// The mean square of what the target has beyond mode K.
    pub beyond: f64,
}

impl Circle {
    /// The activation σ and the target f*, a function of the angle, in the modes 0 … `modes`.
    ///
    /// Fails when a factor or a mode of the target is not finite, or there are more modes than the sums
    /// over 4096 points tell apart.
    ///
    /// ```
    /// use lab::circle::{Circle, MODES};
    /// let circle = Circle::new(MODES, |z| z.max(0.0), |u| (2.0 * u).cos())?;
    /// let c = 1.0 / (3.0 * std::f64::consts::PI);
    /// assert!((circle.risk(10.0) - 0.5 * (-40.0 * c * c).exp()).abs() < 1e-12);
    /// # Ok::<(), ground::Error>(())
    /// ```
    pub fn new(
        modes: usize,
        sigma: impl Fn(f64) -> f64,
        target: impl Fn(f64) -> f64,
    ) -> Result<Self> {
        if modes >= POINTS / 2 {
            return Err(Error::input("modes", format!("{modes} modes are too many"))
                .allowed(format!("Allowed: fewer than {}", POINTS / 2)));
        }
        let factors: Vec<f64> = (0..=modes).map(|k| factor(&sigma, k)).collect();
        let values: Vec<f64> = (0..POINTS).map(|i| target(angle(i))).collect();
        let target: Vec<Pair> = (0..=modes).map(|k| pair(&values, k)).collect();
        let all = values.iter().map(|v| v * v).sum::<f64>() / POINTS as f64;
        if let Some(k) = factors.iter().position(|c| !c.is_finite()) {
            return Err(Error::Numeric { what: format!("factor {k} of the activation"), at: 0 });
        }
        if !all.is_finite() {
            return Err(Error::Numeric { what: "the target on the circle".into(), at: 0 });
        }
        let held: f64 = target.iter().enumerate().map(|(k, pair)| square(k, *pair)).sum();
        // A difference of the size of rounding is none.
        let beyond = if all - held > ZERO * all { all - held } else { 0.0 };
        Ok(Self { factors, target, beyond })
    }

    /// R(t) from a = 0.
    pub fn risk(&self, t: f64) -> f64 {
        self.sum(|k, pair| square(k, pair) * (-4.0 * self.factors[k].powi(2) * t).exp())
    }

    /// What the risk tends to: the modes that the activation does not see.
    pub fn floor(&self) -> f64 {
        self.sum(|k, pair| if self.factors[k] == 0.0 { square(k, pair) } else { 0.0 })
    }

    /// E a(w)² at time t, from a = 0.
    pub fn weight(&self, t: f64) -> f64 {
        self.weights(t).iter().enumerate().map(|(k, pair)| square(k, *pair)).sum()
    }

    /// The modes of a(w) at time t, from a = 0: (1 − e^{−2c_k²t})/c_k of those of the target.
    pub fn weights(&self, t: f64) -> Vec<Pair> {
        let gain = |c: f64| if c == 0.0 { 0.0 } else { -(-2.0 * c * c * t).exp_m1() / c };
        self.target.iter().zip(&self.factors).map(|(pair, &c)| pair.map(|p| p * gain(c))).collect()
    }

    /// f at an angle, from the modes of a.
    pub fn predict(&self, weights: &[Pair], angle: f64) -> f64 {
        let mode = |(k, (pair, c)): (usize, (&Pair, &f64))| {
            let (sin, cos) = (k as f64 * angle).sin_cos();
            c * (pair[0] * cos + pair[1] * sin)
        };
        weights.iter().zip(&self.factors).enumerate().map(mode).sum()
    }

    /// The risk of any modes of a.
    pub fn risk_of(&self, weights: &[Pair]) -> f64 {
        self.sum(|k, [p, q]| {
            let c = self.factors[k];
            square(k, [p - c * weights[k][0], q - c * weights[k][1]])
        })
    }

    /// The risk at ascending `times` by Runge–Kutta steps of length `dt` for a, from a = 0; the last step
    /// to a time is shorter where it has to be.
    ///
    /// Stable for dt ≤ 2.78/(2 max c²).
    pub fn integrate(&self, times: &[f64], dt: f64) -> Result<Vec<f64>> {
        if !(dt > 0.0 && dt.is_finite()) {
            return Err(Error::input("dt", format!("{dt} is not a length of a step"))
                .allowed("Allowed: positive numbers"));
        }
        if let Some(t) = times.iter().find(|t| !t.is_finite()) {
            return Err(Error::input("times", format!("{t} is not a time to step to"))
                .allowed("Allowed: finite numbers"));
        }
        let mut weights = vec![[0.0; 2]; self.target.len()];
        let mut risks = Vec::with_capacity(times.len());
        let mut from = 0.0;
        for &to in times {
            let mut steps = 0.0;
            // Counted, not summed: ten thousand steps of 0.1 end at 1000.
            while from + steps * dt < to {
                self.step(&mut weights, dt.min(to - from - steps * dt));
                steps += 1.0;
            }
            from = from.max(to);
            risks.push(self.risk_of(&weights));
        }
        Ok(risks)
    }

    /// One step of the classical fourth order.
    fn step(&self, weights: &mut [Pair], dt: f64) {
        for ((pair, target), &c) in weights.iter_mut().zip(&self.target).zip(&self.factors) {
            for (a, &wanted) in pair.iter_mut().zip(target) {
                let slope = |a: f64| -2.0 * c * (c * a - wanted);
                let one = slope(*a);
                let two = slope(*a + 0.5 * dt * one);
                let three = slope(*a + 0.5 * dt * two);
                let four = slope(*a + dt * three);
                *a += dt / 6.0 * (one + 2.0 * two + 2.0 * three + four);
            }
        }
    }

    /// The sum over modes, smallest last, and what is beyond them.
    fn sum(&self, part: impl Fn(usize, Pair) -> f64) -> f64 {
        self.target.iter().enumerate().map(|(k, pair)| part(k, *pair)).sum::<f64>() + self.beyond
    }
}

/// c_k by adaptive Gauss panels: kinks and jumps of σ may lie anywhere.
fn factor(sigma: &impl Fn(f64) -> f64, k: usize) -> f64 {
    let c = panels(|u| sigma(u.cos()) * (k as f64 * u).cos(), 0.0, PI) / PI;
    if c.abs() < ZERO { 0.0 } else { c }
}

/// (A_k, B_k) by trapezoid sums.
fn pair(values: &[f64], k: usize) -> Pair {
    let mut pair = [0.0; 2];
    for (i, v) in values.iter().enumerate() {
        // The angle is reduced first: k i may be large.
        let (sin, cos) = angle(k * i % POINTS).sin_cos();
        pair[0] += v * cos;
        pair[1] += v * sin;
    }
    pair.map(|p| p * if k == 0 { 1.0 } else { 2.0 } / POINTS as f64)
}

/// The mean square of A cos ku + B sin ku.
fn square(k: usize, [p, q]: Pair) -> f64 {
    (p * p + q * q) * if k == 0 { 1.0 } else { 0.5 }
}

/// The i-th of the points.
fn angle(i: usize) -> f64 {
    TAU * i as f64 / POINTS as f64
}

#[cfg(test)]
mod tests;
