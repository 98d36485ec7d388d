//! ReLU, and ReLU under a particle with a Gaussian bump of width h.
//!
//! ```text
//! E_ξ max((b + hξ)·x, 0) = h|x| g(z / (h|x|)),   z = b·x,  ξ ~ N(0, I)
//! g(s) = sΦ(s) + φ(s),   g' = Φ
//! ```
//! Φ and φ are the distribution function and the density of the standard normal law. A bump on a as well
//! changes nothing, as f is linear in a. h → 0 is ReLU.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// What a neuron does with z = b·x.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Neuron {
    /// max(z, 0), with the derivative 0 at 0.
    Relu,
    /// Its mean over a Gaussian bump on b.
    Smoothed {
        /// The standard deviation of each coordinate of the bump.
        h: f64,
    },
}

impl Neuron {
    /// The value at z and the derivative by z, where |x| = `length`.
    ///
    /// ```
    /// use lab::particles::Neuron;
    /// let (value, slope) = Neuron::Smoothed { h: 1.0 }.at(0.0, 1.0);
    /// assert!((value - 0.398_942_280_401_432_7).abs() < 1e-15);
    /// assert_eq!(slope, 0.5);
    /// ```
    pub fn at(self, z: f64, length: f64) -> (f64, f64) {
        let relu = (rectified(z), if z > 0.0 { 1.0 } else { 0.0 });
        match self {
            Self::Relu => relu,
            Self::Smoothed { h } => {
                let width = h * length;
                let s = z / width;
                // Further out both differ from ReLU by less than rounding.
                if width <= 0.0 || s.abs() > 40.0 {
                    return relu;
                }
                let below = 0.5 * libm::erfc(-s * FRAC_1_SQRT_2);
                let density = (-0.5 * s * s).exp() / (2.0 * PI).sqrt();
                (width * (s * below + density), below)
            }
        }
    }

    /// The same for many points: `z` becomes the values. `z`, `lengths`, `slopes` are as long.
    pub(super) fn all(self, z: &mut [f64], lengths: &[f64], slopes: &mut [f64]) {
        match self {
            Self::Relu => {
                for (z, slope) in z.iter_mut().zip(slopes) {
                    *slope = if *z > 0.0 { 1.0 } else { 0.0 };
                    *z = rectified(*z);
                }
            }
            Self::Smoothed { .. } => {
                for ((z, slope), length) in z.iter_mut().zip(slopes).zip(lengths) {
                    (*z, *slope) = self.at(*z, *length);
                }
            }
        }
    }
}

/// max(z, 0), and not a number where z is none.
fn rectified(z: f64) -> f64 {
    if z < 0.0 { 0.0 } else { z }
}
