//! The risk over x ~ N(0, I) of ReLU neurons against ReLU neurons, in closed form. [CS09]
//!
//! ```text
//! E σ(b·x) σ(b'·x) = K(b, b') / 2π
//! K(b, b') = |b||b'| (sin θ + (π − θ) cos θ),    ∂K/∂b = |b'| sin θ b/|b| + (π − θ) b'
//! R = (1/2π) Σ_ij c_i c_j K(b_i, b_j)
//! ```
//! θ is the angle between b and b'; c = s a of the particles, and −c of the neurons of the target, which are
//! appended. The angle is 2 atan2(|u − v|, |u + v|) of the unit vectors: exact also where it is small.

use std::f64::consts::PI;

use ground::{Error, Result};

use super::{Particles, Risk, Scaling};

/// The mean square over all x, the target being a sum of ReLU neurons.
#[derive(Clone, Debug)]
pub struct Population {
    /// What f is divided by.
    pub scaling: Scaling,
    /// f* = Σ_j a_j max(b_j·x, 0), divided by nothing.
    target: Particles,
    /// |b| of the particles, then of the target.
    lengths: Vec<f64>,
}

impl Population {
    /// Against f* = Σ_j a_j max(b_j·x, 0).
    pub fn new(target: Particles, scaling: Scaling) -> Result<Self> {
        if target.a.iter().chain(&target.b).all(|u| u.is_finite()) {
            return Ok(Self { scaling, target, lengths: Vec::new() });
        }
        Err(Error::input("target", "a neuron of the target is not finite")
            .allowed("Finite numbers"))
    }
}

impl Risk for Population {
    fn scaling(&self) -> Scaling {
        self.scaling
    }

    fn points(&self) -> usize {
        1
    }

    fn gradient(&mut self, at: &Particles, slope: &mut Particles) -> f64 {
        assert_eq!(at.d, self.target.d, "particles and the target in one space");
        let (m, s) = (at.m(), self.scaling.factor(at.m()));
        let neurons = |of: &Particles, by: f64| -> Vec<(f64, Vec<f64>)> {
            (0..of.m()).map(|j| (by * of.a[j], of.direction(j).to_vec())).collect()
        };
        let all = [neurons(at, s), neurons(&self.target, -1.0)].concat();
        self.lengths.clear();
        self.lengths.extend(all.iter().map(|(_, b)| norm(b.iter().copied())));
        let mut risk = 0.0;
        let mut pull = vec![0.0; at.d];
        for (i, (c, b)) in all.iter().enumerate() {
            let mut sum = 0.0;
            pull.fill(0.0);
            for (k, (other, towards)) in all.iter().enumerate() {
                let lengths = [self.lengths[i], self.lengths[k]];
                let (value, [along, across]) = kernel(b, towards, lengths);
                sum += other * value;
                for ((pull, b), towards) in pull.iter_mut().zip(b).zip(towards) {
                    *pull += other * (along * b + across * towards);
                }
            }
            risk += c * sum / (2.0 * PI);
            if i < m {
                slope.a[i] = s * sum / PI;
                let into = &mut slope.b[i * at.d..][..at.d];
                for (g, pull) in into.iter_mut().zip(&pull) {
                    *g = c * pull / PI;
                }
            }
        }
        risk
    }
}

fn norm(v: impl Iterator<Item = f64>) -> f64 {
    v.map(|v| v * v).sum::<f64>().sqrt()
}

/// K, and ∂K/∂b as multiples of b and b'. All are zero where a vector is.
fn kernel(b: &[f64], other: &[f64], [length, far]: [f64; 2]) -> (f64, [f64; 2]) {
    if length <= 0.0 || far <= 0.0 {
        return (0.0, [0.0; 2]);
    }
    let pairs = || b.iter().zip(other);
    let gap = norm(pairs().map(|(b, o)| b / length - o / far));
    let sum = norm(pairs().map(|(b, o)| b / length + o / far));
    let theta = 2.0 * gap.atan2(sum);
    let (sin, cos) = theta.sin_cos();
    (length * far * (sin + (PI - theta) * cos), [far * sin / length, PI - theta])
}
