//! Random features: a linear model on neurons that are drawn once and never trained.
//!
//! ```text
//! f(x) = s Σ_j a_j σ(w_j·x),     Φ_ij = s σ(w_j·x_i),     w_j drawn and frozen
//! ```
//! What least squares, ridge regression or gradient descent of ½‖Φa − y‖² make of the outer weights a is a
//! filter of the singular values of Φ, see [`spectrum`]. [RR08], [MWWE20]
//!
//! Letters: n points, m features, d numbers a point. Not here: kernels of infinitely many features, see
//! [`crate::kernel_limit`].

use ground::array::{Array, Axis, rows};
use ground::stream::Stream;
use ground::{Error, Result};

use crate::Sample;

pub mod spectrum;

pub use spectrum::{Filter, Spectrum};

/// The law of the inner weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Law {
    /// Independent normal numbers of mean 0.
    Normal {
        /// The standard deviation of each.
        deviation: f64,
    },
    /// Uniform on the unit sphere.
    Sphere,
    /// Uniform on the unit sphere of (x, 1), so that the last number is a bias: a circle for d = 1.
    BiasedSphere,
}

impl Law {
    /// Numbers that a neuron has for points of d numbers.
    pub fn inner(self, d: usize) -> usize {
        if self == Self::BiasedSphere { d + 1 } else { d }
    }
}

/// Frozen neurons.
#[derive(Clone, Debug)]
pub struct Features {
    /// w, `[m, d]`; `[m, d + 1]` with a bias as the last number.
    pub w: Array,
    /// d.
    pub d: usize,
    /// s.
    pub scale: f64,
    /// σ.
    pub sigma: fn(f64) -> f64,
}

/// max(z, 0).
pub fn relu(z: f64) -> f64 {
    z.max(0.0)
}

impl Features {
    /// m ReLU neurons for points of d numbers; the j-th depends on `stream` and j alone.
    ///
    /// Fails where the deviation is not positive.
    pub fn draw(law: Law, (m, d): (usize, usize), scale: f64, stream: &Stream) -> Result<Self> {
        let stream = stream.child("features");
        let mut w = Array::from_shape_fn((m, law.inner(d)), |(j, i)| stream.normal(j as u64, 0, i));
        if let Law::Normal { deviation } = law {
            if !(deviation > 0.0 && deviation.is_finite()) {
                let found = format!("{deviation} is not a standard deviation");
                return Err(Error::input("deviation", found).allowed("Allowed: positive numbers"));
            }
            w *= deviation;
        } else {
            for mut row in w.rows_mut() {
                let length = row.dot(&row).sqrt();
                row /= length;
            }
        }
        Ok(Self { w, d, scale, sigma: relu })
    }

    /// m.
    pub fn width(&self) -> usize {
        self.w.nrows()
    }

    /// Φ, `[n, m]`. Panics when the points have not d numbers.
    pub fn matrix(&self, points: &Sample) -> Array {
        let (n, d) = (points.n(), self.d);
        assert!(points.d == d, "points of {} numbers for features of {d}", points.d);
        let x = rows(n, d, &points.x);
        let slopes = self.w.slice(ground::array::s![.., ..d]);
        let mut features = x.dot(&slopes.t()); // [n, m]
        if self.w.ncols() > d {
            features += &self.w.column(d).insert_axis(Axis(0));
        }
        features.mapv_inplace(|z| self.scale * (self.sigma)(z));
        features
    }

    /// f at the points, `[n, outputs]`, from outer weights `[m, outputs]`.
    pub fn predict(&self, points: &Sample, a: &Array) -> Array {
        self.matrix(points).dot(a)
    }

    /// The path norm |s| Σ_j |a_j| ‖w_j‖₂ of every output.
    pub fn path_norm(&self, a: &Array) -> Vec<f64> {
        let length: Vec<f64> = self.w.outer_iter().map(|w| w.dot(&w).sqrt()).collect();
        let sum =
            |k| a.column(k).iter().zip(&length).map(|(a, w)| (self.scale * a).abs() * w).sum();
        (0..a.ncols()).map(sum).collect()
    }
}

/// Features that are 0 at every point of Φ.
pub fn dead(features: &Array) -> usize {
    features.axis_iter(Axis(1)).filter(|column| column.iter().all(|v| *v == 0.0)).count()
}

/// The mean of |f − y|² over points and outputs.
pub fn mean_square(found: &Array, sample: &Sample) -> f64 {
    assert!(found.len() == sample.y.len(), "{} values for {}", found.len(), sample.y.len());
    let sum: f64 = found.iter().zip(&sample.y).map(|(f, y)| (f - y) * (f - y)).sum();
    sum / sample.y.len() as f64
}

#[cfg(test)]
mod tests;
