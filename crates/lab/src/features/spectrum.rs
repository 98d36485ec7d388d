//! Any training time of a linear model from one singular value decomposition.
//!
//! ```text
//! Φ = Σ_i σ_i u_i v_iᵀ,     a = Σ_i g(σ_i) (u_i·y) v_i,     residual of mode i: r(σ_i) = 1 − σ_i g(σ_i)
//!
//! least squares of minimum norm     g = 1/σ where σ > cut σ_max, else 0
//! ridge, ‖Φa − y‖² + λ‖a‖²          g = σ/(σ² + λ)
//! gradient descent of ½‖Φa − y‖²    g = [1 − (1 − ησ²)^T]/σ     from 0, T steps of length η
//! gradient flow                     g = [1 − e^{−σ²t}]/σ        from 0, time t
//! ```
//! Parts of y outside the span of the u_i are never fitted. [MWWE20]
//!
//! The long side of Φ is folded by an orthogonal factorisation first, Φ = QR or Φᵀ = QR, and the small
//! square R is decomposed. The product ΦΦᵀ would be cheaper still, but it squares the singular values:
//! below 1e-8 of the largest nothing of them would be left, and the peak of double descent lies there.

use faer::linalg::solvers::Svd;
use faer::{Mat, Par};

use ground::array::{Array, is_finite, shape};
use ground::{Error, Result};

/// How far the outer weights have been trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Filter {
    /// Least squares of minimum norm.
    MinimumNorm {
        /// Singular values of at most this share of the largest count as 0.
        cut: f64,
    },
    /// Ridge regression.
    Ridge {
        /// λ.
        lambda: f64,
    },
    /// Gradient descent from 0.
    Descent {
        /// η.
        step: f64,
        /// T.
        steps: u64,
    },
    /// Gradient flow from 0.
    Flow {
        /// t.
        time: f64,
    },
}

impl Filter {
    /// (g, r) of a singular value, `largest` the largest.
    pub fn at(self, sigma: f64, largest: f64) -> (f64, f64) {
        let square = sigma * sigma;
        if sigma == 0.0 {
            return (0.0, 1.0);
        }
        // log r, where r is a power: 1 − r keeps its digits through it.
        let decay = |log: f64| (-log.exp_m1() / sigma, log.exp());
        match self {
            Self::MinimumNorm { cut } if sigma > cut * largest => (1.0 / sigma, 0.0),
            Self::MinimumNorm { .. } => (0.0, 1.0),
            Self::Ridge { lambda } => (sigma / (square + lambda), lambda / (square + lambda)),
            Self::Flow { time } => decay(-square * time),
            Self::Descent { step, steps } if step * square < 1.0 => {
                decay(steps as f64 * (-step * square).ln_1p())
            }
            Self::Descent { step, steps } => {
                let size = (step * square - 1.0).powf(steps as f64);
                let left = if steps % 2 == 0 { size } else { -size };
                ((1.0 - left) / sigma, left)
            }
        }
    }
}

/// The decomposition of a feature matrix, and a target in it.
#[derive(Clone, Debug)]
pub struct Spectrum {
    /// σ_1 ≥ σ_2 ≥ …, min(n, m) of them.
    pub singular: Vec<f64>,
    /// u_i·y, `[min(n, m), outputs]`.
    pub along: Array,
    /// |y|² outside the span of the u_i, all outputs together.
    pub outside: f64,
    /// v_i as columns, `[m, min(n, m)]`.
    v: Mat<f64>,
    /// Numbers in y.
    size: usize,
}

impl Spectrum {
    /// Decomposes Φ, `[n, m]`, and takes y, `[n, outputs]`, apart. Fails when an element is not finite.
    ///
    /// ```
    /// use ground::array::array;
    /// use lab::features::{Filter, Spectrum};
    /// // a₁ + 2a₂ = 5: the shortest solution is (1, 2).
    /// let spectrum = Spectrum::of(&array![[1.0, 2.0]], &array![[5.0]])?;
    /// let a = spectrum.weights(Filter::MinimumNorm { cut: 1e-12 });
    /// assert!((a[[0, 0]] - 1.0).abs() < 1e-14 && (a[[1, 0]] - 2.0).abs() < 1e-14);
    /// # Ok::<(), ground::Error>(())
    /// ```
    pub fn of(features: &Array, y: &Array) -> Result<Self> {
        let (n, m) = features.dim();
        assert!(y.nrows() == n, "the target {:?} does not fit {:?}", shape(y), shape(features));
        let failed = || Error::Numeric {
            what: format!("the decomposition of the feature matrix {:?}", shape(features)),
            at: 0,
        };
        if !is_finite(features) || !is_finite(y) {
            return Err(failed());
        }
        // One thread, so that the bits do not depend on their number.
        faer::set_global_parallelism(Par::Seq);
        let target = Mat::from_fn(n, y.ncols(), |i, k| y[[i, k]]);
        let (u, singular, v) = if m > n {
            let qr = Mat::from_fn(m, n, |j, i| features[[i, j]]).qr();
            let small = decomposed(qr.thin_R()).ok_or_else(failed)?;
            let v = qr.compute_thin_Q() * small.U();
            (small.V().to_owned(), small.S().column_vector().to_owned(), v)
        } else {
            let qr = Mat::from_fn(n, m, |i, j| features[[i, j]]).qr();
            let small = decomposed(qr.thin_R()).ok_or_else(failed)?;
            let u = qr.compute_thin_Q() * small.U();
            (u, small.S().column_vector().to_owned(), small.V().to_owned())
        };
        let along = u.transpose() * &target; // [min(n, m), outputs]
        let left = &target - &u * &along;
        Ok(Self {
            singular: singular.iter().copied().collect(),
            along: Array::from_shape_fn((along.nrows(), along.ncols()), |(i, k)| along[(i, k)]),
            outside: if m >= n { 0.0 } else { left.squared_norm_l2() },
            v,
            size: y.len(),
        })
    }

    /// Singular values above `cut` of the largest.
    pub fn rank(&self, cut: f64) -> usize {
        let largest = self.largest();
        self.singular.iter().filter(|&&s| s > cut * largest).count()
    }

    /// The largest singular value; descent converges for steps below 2 over its square.
    pub fn largest(&self) -> f64 {
        self.singular.first().copied().unwrap_or(0.0)
    }

    /// The outer weights, `[m, outputs]`.
    pub fn weights(&self, filter: Filter) -> Array {
        let largest = self.largest();
        let filtered = Mat::from_fn(self.along.nrows(), self.along.ncols(), |i, k| {
            filter.at(self.singular[i], largest).0 * self.along[[i, k]]
        });
        let a = &self.v * &filtered;
        Array::from_shape_fn((a.nrows(), a.ncols()), |(j, k)| a[(j, k)])
    }

    /// The mean of |Φa − y|² over points and outputs, for the same weights.
    pub fn training_error(&self, filter: Filter) -> f64 {
        let largest = self.largest();
        let mode = |(i, row): (usize, ground::array::ArrayView1<'_, f64>)| {
            filter.at(self.singular[i], largest).1.powi(2) * row.dot(&row)
        };
        let inside: f64 = self.along.outer_iter().enumerate().map(mode).sum();
        (inside + self.outside) / self.size as f64
    }
}

fn decomposed(small: faer::MatRef<'_, f64>) -> Option<Svd<f64>> {
    small.thin_svd().ok()
}
