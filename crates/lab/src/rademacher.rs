//! Rademacher complexity: how well a class of functions fits random signs, and what bounds it.
//!
//! ```text
//! Rad_n(F) = (1/n) E_ξ sup_{f ∈ F} Σ_i ξ_i f(x_i),     ξ_i = ±1
//!
//! linear, ‖w‖₁ ≤ 1               (1/n) E ‖Σ ξ_i x_i‖_∞                        ≤ √(2 ln(2d)/n)
//! linear, ‖w‖₂ ≤ 1               (1/n) E ‖Σ ξ_i x_i‖₂                         ≤ √(tr XXᵀ)/n
//! kernel, ‖f‖ ≤ Q                (Q/n) E √(ξᵀKξ)                              ≤ Q √(tr K)/n
//! two-layer ReLU, path norm ≤ Q  (Q/n) E max_{‖w‖₁=1} |Σ ξ_i σ(w·x_i)|        ≤ 2Q √(2 ln(2d)/n)
//! ```
//! The bounds with 2d are for ‖x_i‖_∞ ≤ 1; for larger points they grow in proportion. [EMW19a]
//!
//! The maximum of the last line is over a function that is linear between the planes w·x_i = 0. In the
//! plane it therefore lies where one of these crosses the ball, or at a vertex of the ball: exact. In
//! more dimensions it is sought by random directions and ascent, and is a lower bound.

use ground::array::Array;
use ground::estimate::Estimate;
use ground::stream::Stream;
use ground::{Error, Result, par};

use crate::Sample;
use crate::norms::{Bound, massart};

mod neuron;

use neuron::Neuron;

/// Points for which all signs are tried.
pub const ENUMERABLE: usize = 20;

/// A class of functions.
#[derive(Clone, Debug, PartialEq)]
pub enum Class {
    /// w·x with ‖w‖₁ ≤ 1.
    LinearL1,
    /// w·x with ‖w‖₂ ≤ 1.
    LinearL2,
    /// The ball of a reproducing kernel.
    Kernel {
        /// K between the points, `[n, n]`.
        matrix: Array,
        /// Q.
        radius: f64,
    },
    /// Two-layer ReLU networks with Σ|a|‖b‖₁ ≤ Q, of any width.
    PathNorm {
        /// Q.
        most: f64,
    },
}

/// Where the mean over the signs and the largest neuron come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draws {
    /// How many signs are drawn; `None` for all 2^n, with at most 20 points.
    pub signs: Option<usize>,
    /// Directions that the search for the largest neuron begins with, in three dimensions and more.
    pub directions: usize,
    /// What signs and directions are drawn from.
    pub stream: Stream,
}

/// What a complexity is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// All signs, exact maxima: the complexity to rounding.
    Exact,
    /// Sampled signs, exact maxima: the complexity within its standard error.
    Sampled,
    /// Maxima by search: not more than the complexity, but for the standard error.
    Lower,
}

/// A complexity beside its bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Complexity {
    /// The complexity; its standard error is 0 when all signs were tried.
    pub value: Estimate,
    /// What it is worth.
    pub worth: Worth,
    /// What theory says that it does not exceed.
    pub bound: Bound,
}

/// The Rademacher complexity of a class on the points of a sample.
///
/// Fails without points, without draws, with all signs of more than 20 points, and with a kernel matrix
/// of another shape.
///
/// ```
/// use ground::stream::Stream;
/// use lab::{Sample, rademacher::{Class, Draws, complexity}};
/// // |ξ₁ + ξ₂|/2 is 1 or 0.
/// let points = Sample { d: 1, outputs: 0, x: vec![1.0, 1.0], y: vec![] };
/// let draws = Draws { signs: None, directions: 0, stream: Stream::new(0) };
/// assert_eq!(complexity(&Class::LinearL1, &points, &draws)?.value.mean, 0.5);
/// # Ok::<(), ground::Error>(())
/// ```
pub fn complexity(class: &Class, points: &Sample, draws: &Draws) -> Result<Complexity> {
    let n = points.n();
    check(class, points, draws)?;
    let neuron = match class {
        Class::PathNorm { .. } => Some(Neuron::new(points, draws.directions, &draws.stream)),
        _ => None,
    };
    let largest = |signs: &[f64]| match class {
        Class::LinearL1 => along(points, signs).iter().fold(0.0, |most: f64, v| most.max(v.abs())),
        Class::LinearL2 => along(points, signs).iter().map(|v| v * v).sum::<f64>().sqrt(),
        Class::Kernel { matrix, radius } => radius * quadratic(matrix, signs).max(0.0).sqrt(),
        Class::PathNorm { most } => {
            most * neuron.as_ref().map_or(0.0, |neuron| neuron.largest(signs))
        }
    };
    let exact = neuron.as_ref().is_none_or(Neuron::is_exact);
    let value = match draws.signs {
        None => enumerated(n, largest),
        Some(count) => {
            let stream = draws.stream.child("signs");
            let draw = |path: usize| -> f64 {
                let sign = |i| if stream.uniform(path as u64, 0, i) < 0.5 { -1.0 } else { 1.0 };
                largest(&(0..n).map(sign).collect::<Vec<f64>>()) / n as f64
            };
            Estimate::of(&par::map(count, draw))
        }
    };
    let worth = match (exact, draws.signs) {
        (false, _) => Worth::Lower,
        (true, None) => Worth::Exact,
        (true, Some(_)) => Worth::Sampled,
    };
    Ok(Complexity { value, worth, bound: bound(class, points) })
}

/// What theory says that the complexity does not exceed.
pub fn bound(class: &Class, points: &Sample) -> Bound {
    let n = points.n() as f64;
    let size = points.x.iter().fold(1.0, |most: f64, x| most.max(x.abs()));
    match class {
        Class::LinearL1 => Bound {
            value: size * massart(points.d, points.n()),
            formula: "max(1, ‖x‖_∞) √(2 ln(2d)/n)",
        },
        Class::LinearL2 => Bound {
            value: points.x.iter().map(|x| x * x).sum::<f64>().sqrt() / n,
            formula: "√(tr XXᵀ)/n",
        },
        Class::Kernel { matrix, radius } => {
            Bound { value: radius * matrix.diag().sum().sqrt() / n, formula: "Q √(tr K)/n" }
        }
        Class::PathNorm { most } => Bound {
            value: 2.0 * most * size * massart(points.d, points.n()),
            formula: "2Q max(1, ‖x‖_∞) √(2 ln(2d)/n)",
        },
    }
}

fn check(class: &Class, points: &Sample, draws: &Draws) -> Result<()> {
    let n = points.n();
    if n == 0 {
        return Err(Error::input("points", "there are none").allowed("Allowed: 1 and more"));
    }
    if let Class::Kernel { matrix, .. } = class
        && matrix.dim() != (n, n)
    {
        let found = format!("{:?} numbers for {n} points", matrix.dim());
        return Err(Error::input("kernel", found).allowed(format!("Allowed: {n} × {n}")));
    }
    match draws.signs {
        None if n > ENUMERABLE => {
            Err(Error::input("signs", format!("2^{n} signs are too many to try them all")).allowed(
                format!("Allowed: all signs of {ENUMERABLE} points, or a number of draws"),
            ))
        }
        Some(0 | 1) => Err(Error::input("signs", "one draw has no standard error")
            .allowed("Allowed: 2 draws and more")),
        _ => Ok(()),
    }
}

/// The mean over all signs. ξ and −ξ give the same maximum, so that the last sign is +1 throughout.
fn enumerated(n: usize, largest: impl Fn(&[f64]) -> f64 + Sync) -> Estimate {
    const BLOCK: usize = 1 << 10;
    let all = 1_usize << (n - 1);
    let blocks = all.div_ceil(BLOCK);
    let block = |b: usize| -> f64 {
        let mut signs = vec![1.0; n];
        let mut sum = 0.0;
        for code in b * BLOCK..all.min((b + 1) * BLOCK) {
            for (i, sign) in signs.iter_mut().enumerate().take(n - 1) {
                *sign = if code >> i & 1 == 1 { -1.0 } else { 1.0 };
            }
            sum += largest(&signs);
        }
        sum
    };
    let sum: f64 = par::map(blocks, block).into_iter().sum();
    Estimate { mean: sum / all as f64 / n as f64, stderr: 0.0, n: 2 * all }
}

/// Σ ξ_i x_i, `[d]`.
fn along(points: &Sample, signs: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; points.d];
    for (i, sign) in signs.iter().enumerate() {
        for (sum, x) in sum.iter_mut().zip(points.point(i)) {
            *sum += sign * x;
        }
    }
    sum
}

/// ξᵀKξ.
fn quadratic(matrix: &Array, signs: &[f64]) -> f64 {
    let rows = matrix.outer_iter().zip(signs);
    rows.map(|(row, sign)| sign * row.iter().zip(signs).map(|(k, s)| k * s).sum::<f64>()).sum()
}

#[cfg(test)]
mod tests;
