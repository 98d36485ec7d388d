//! What wide two-layer ReLU networks become: their kernels, regression with them, the exact population risk.
//!
//! ```text
//! θ the angle between x and x',   w ~ N(0, I)
//! κ_0 = E 1[w·x>0] 1[w·x'>0] = (π − θ)/2π
//! κ_1 = E σ(w·x) σ(w·x')     = |x||x'| (sin θ + (π − θ) cos θ)/2π                       [CS09]
//!       w uniform on the unit sphere: κ_1/d, because E|w|² = d and direction and length are independent
//! NNGP     σ_a² σ_b² κ_1                          f = Σ_j a_j σ(b_j·x)/√m, a_j ~ N(0, σ_a²), b_j ~ N(0, σ_b² I)
//! tangent  σ_b² κ_1 + σ_a² (x·x') κ_0              the same network, a and b trained    [JGH18]
//! ```
//! For x ~ N(0, I) the error of a network f − f* has a closed form too: with the neurons of the target
//! appended with weight −1 [MWE20],
//!
//! ```text
//! R = E (f − f*)² = (1/2π) Σ_ij a_i a_j K(b_i, b_j),     K = √(|b|²|b'|² − (b·b')²) + (b·b')(π − θ)
//! ```

use std::f64::consts::{PI, TAU};

use ground::array::{Array, ArrayView2};
use ground::linalg::solve;
use ground::{Error, Result, par};

use crate::Sample;
use crate::norms::TwoLayer;

/// A kernel of an infinitely wide network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kernel {
    /// κ_0, normal w: features are steps.
    ArcCosine0,
    /// κ_1, normal w: features are ReLU.
    ArcCosine1,
    /// κ_1 with w uniform on the unit sphere.
    Sphere,
    /// The covariance of the network at the start.
    Nngp {
        /// σ_a.
        outer: f64,
        /// σ_b.
        inner: f64,
    },
    /// The tangent kernel at the start, a and b trained.
    Tangent {
        /// σ_a.
        outer: f64,
        /// σ_b.
        inner: f64,
    },
}

impl Kernel {
    /// k(x, x'). Panics when the lengths differ.
    ///
    /// ```
    /// use lab::kernel_limit::Kernel;
    /// assert!((Kernel::ArcCosine1.value(&[2.0, 0.0], &[2.0, 0.0]) - 2.0).abs() < 1e-15);
    /// ```
    pub fn value(&self, x: &[f64], other: &[f64]) -> f64 {
        let angle = Angle::between(x, other);
        let (step, relu) = (angle.beyond / TAU, angle.size * angle.curve() / TAU);
        match *self {
            Self::ArcCosine0 => step,
            Self::ArcCosine1 => relu,
            Self::Sphere => relu / x.len() as f64,
            Self::Nngp { outer, inner } => (outer * inner).powi(2) * relu,
            Self::Tangent { outer, inner } => {
                let along: f64 = x.iter().zip(other).map(|(x, y)| x * y).sum();
                inner * inner * relu + outer * outer * along * step
            }
        }
    }

    /// k between the points of two samples, `[n, n']`.
    pub fn matrix(&self, x: &Sample, other: &Sample) -> Array {
        let row = |i: usize| -> Vec<f64> {
            (0..other.n()).map(|j| self.value(x.point(i), other.point(j))).collect()
        };
        let rows = par::map(x.n(), row);
        Array::from_shape_fn((x.n(), other.n()), |(i, j)| rows[i][j])
    }
}

/// The angle between two vectors, exact to rounding also when they are parallel.
#[derive(Clone, Copy, Debug)]
struct Angle {
    /// |x||x'|.
    size: f64,
    /// θ.
    theta: f64,
    /// π − θ.
    beyond: f64,
}

impl Angle {
    /// θ = 2 atan2(|u − u'|, |u + u'|) for the unit vectors u, u'. At a vector 0 no feature is on.
    fn between(x: &[f64], other: &[f64]) -> Self {
        assert!(x.len() == other.len(), "points of {} and {} numbers", x.len(), other.len());
        let length = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>().sqrt();
        let (p, q) = (length(x), length(other));
        if p == 0.0 || q == 0.0 {
            return Self { size: 0.0, theta: PI, beyond: 0.0 };
        }
        let (mut less, mut more) = (0.0, 0.0);
        for (x, y) in x.iter().zip(other) {
            less += (x / p - y / q).powi(2);
            more += (x / p + y / q).powi(2);
        }
        let (less, more) = (less.sqrt(), more.sqrt());
        Self { size: p * q, theta: 2.0 * less.atan2(more), beyond: 2.0 * more.atan2(less) }
    }

    /// sin θ + (π − θ) cos θ, which is sin φ − φ cos φ with φ = π − θ: near 0 by its series.
    fn curve(&self) -> f64 {
        let phi = self.beyond;
        if phi >= 0.3 {
            return self.theta.sin() + phi * self.theta.cos();
        }
        let square = phi * phi;
        let terms = [1.0 / 3.0, -1.0 / 30.0, 1.0 / 840.0, -1.0 / 45_360.0, 1.0 / 3_991_680.0];
        phi * square * terms.iter().rev().fold(0.0, |sum, term| sum * square + term)
    }
}

/// R = E (f − f*)² for x ~ N(0, I) and two ReLU networks without biases.
///
/// The sum is over squares of the size of the norms: a risk below 1e-15 of their sum is rounding.
/// Fails where there are biases, or lengths do not fit.
///
/// ```
/// use lab::{kernel_limit::population_risk, norms::TwoLayer};
/// let neuron = TwoLayer { d: 2, a: &[1.0], b: &[1.0, 0.0], c: &[], scale: 1.0 };
/// let none = TwoLayer { a: &[], b: &[], ..neuron };
/// assert!((population_risk(&none, &neuron)? - 0.5).abs() < 1e-15); // E σ(x)² = ½
/// # Ok::<(), ground::Error>(())
/// ```
pub fn population_risk(network: &TwoLayer<'_>, target: &TwoLayer<'_>) -> Result<f64> {
    let d = network.d;
    for (name, net) in [("network", network), ("target", target)] {
        if net.d != d || net.b.len() != net.width() * d {
            let found = format!("{} inner weights for {} neurons", net.b.len(), net.width());
            return Err(Error::input(name, found).allowed(format!("Allowed: {d} a neuron")));
        }
        if net.c.iter().any(|&c| c != 0.0) {
            return Err(Error::input(name, "the closed form of the risk knows no biases")
                .allowed("Allowed: neurons σ(b·x)"));
        }
    }
    let weight = |net: &TwoLayer<'_>, sign: f64| -> Vec<f64> {
        net.a.iter().map(|a| sign * net.scale * a).collect()
    };
    let a = [weight(network, 1.0), weight(target, -1.0)].concat();
    let inner = [network.b, target.b].concat();
    let m = a.len();
    let inner = ArrayView2::from_shape((m, d), &inner)
        .map_err(|_| Error::bug("the lengths of the neurons were checked"))?;
    let products = inner.dot(&inner.t()); // [m, m]
    let length: Vec<f64> = (0..m).map(|i| products[[i, i]].sqrt()).collect();
    let row = |i: usize| -> f64 {
        let pair = |j: usize| a[j] * pair_kernel(length[i] * length[j], products[[i, j]]);
        let before: f64 = (0..i).map(pair).sum();
        a[i] * (2.0 * before + a[i] * PI * products[[i, i]])
    };
    Ok(par::map(m, row).into_iter().sum::<f64>() / TAU)
}

/// K from |b||b'| and b·b'. As a function of the cosine its slope is π − θ, so that a cosine rounded,
/// or clamped to [−1, 1], costs no more than rounding.
fn pair_kernel(size: f64, along: f64) -> f64 {
    if size == 0.0 {
        return 0.0;
    }
    let cos = (along / size).clamp(-1.0, 1.0);
    size * (((1.0 - cos) * (1.0 + cos)).sqrt() + cos * (PI - cos.acos()))
}

/// Ridge regression with a kernel: f(x) = Σ_i α_i k(x, x_i), (K + λI) α = y.
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    /// k.
    pub kernel: Kernel,
    /// The sample that was fitted.
    pub sample: Sample,
    /// α, `[n, outputs]`.
    pub weights: Array,
}

impl Regression {
    /// Minimises Σ|f(x_i) − y_i|² + λ‖f‖² over the space of the kernel; λ = 0 interpolates.
    ///
    /// Fails where λ is negative or K + λI is singular.
    pub fn fit(kernel: Kernel, sample: &Sample, lambda: f64) -> Result<Self> {
        if !(lambda >= 0.0 && lambda.is_finite()) {
            return Err(Error::input("ridge", format!("{lambda} is not a penalty"))
                .allowed("Allowed: 0 and positive numbers"));
        }
        let n = sample.n();
        let mut matrix = kernel.matrix(sample, sample);
        for i in 0..n {
            matrix[[i, i]] += lambda;
        }
        let y = ground::array::rows(n, sample.outputs, &sample.y);
        Ok(Self { kernel, sample: sample.clone(), weights: solve(&matrix, &y)? })
    }

    /// f at the points of a sample, `[n, outputs]`.
    pub fn predict(&self, points: &Sample) -> Array {
        self.kernel.matrix(points, &self.sample).dot(&self.weights)
    }
}

#[cfg(test)]
mod tests;
