//! Solve, factor, eigenvalues: a thin layer over faer.
//!
//! Everything runs on one thread, so that the bits do not depend on the number of threads; whoever
//! has many matrices maps over them with [`crate::par`]. Shapes are `[rows, cols]`; a matrix that
//! should be square and is not is a programmer's error and panics.
//!
//! A matrix counts as singular when elimination meets a pivot of size at most n ε times the largest
//! one, ε = 2.2e-16. It is an [`Error::Numeric`] that names the pivot, counted from 0, as the
//! iteration. The test knows nothing of units: scale rows of very different size first.

use faer::linalg::solvers::PartialPivLu;
use faer::prelude::Solve;
use faer::{Mat, Par, Side};

use crate::array::{Array, is_finite, shape};
use crate::{Error, Result};

/// The `k` largest eigenvalues of a symmetric `[d, d]` matrix, descending, with orthonormal
/// eigenvectors as rows, `[k, d]`.
///
/// Only the lower triangle is read. The sign of an eigenvector is the one that makes its largest
/// component positive; among components equal up to 1e-9 the first decides. Eigenvectors of equal
/// eigenvalues are some orthonormal basis. Fails when an element is not finite. Panics when `k > d`.
///
/// ```
/// use ground::{array::array, linalg::leading_eigenvectors};
/// let (values, vectors) = leading_eigenvectors(&array![[2.0, 1.0], [1.0, 2.0]], 1).unwrap();
/// assert!((values[0] - 3.0).abs() < 1e-14);
/// assert!((vectors[[0, 0]] - 0.5_f64.sqrt()).abs() < 1e-14);
/// ```
pub fn leading_eigenvectors(symmetric: &Array, k: usize) -> Result<(Vec<f64>, Array)> {
    let d = side(symmetric);
    assert!(k <= d, "{k} eigenvectors were asked of a matrix {:?}", shape(symmetric));
    let failed = || not_finite("an eigenvalue of", symmetric, 0);
    if !is_finite(symmetric) {
        return Err(failed());
    }
    let matrix = sequential(symmetric);
    let eigen = matrix.self_adjoint_eigen(Side::Lower).map_err(|_| failed())?; // ascending
    let column = |i: usize| d - 1 - i;
    let values = (0..k).map(|i| eigen.S()[column(i)]).collect();
    let mut vectors = Array::from_shape_fn((k, d), |(i, j)| eigen.U()[(j, column(i))]); // [k, d]
    for mut row in vectors.rows_mut() {
        let largest = row.iter().fold(0.0_f64, |largest, v| largest.max(v.abs()));
        let decides = row.iter().find(|v| v.abs() >= largest * (1.0 - 1e-9));
        if decides.is_some_and(|v| *v < 0.0) {
            row.mapv_inplace(|v| -v);
        }
    }
    Ok((values, vectors))
}

/// The inverse of a square matrix. Fails when it is singular.
pub fn inverse(a: &Array) -> Result<Array> {
    solve(a, &Array::eye(side(a)))
}

/// The solution x of a x = b, `[n, n], [n, m] → [n, m]`. Fails when `a` is singular.
pub fn solve(a: &Array, b: &Array) -> Result<Array> {
    let n = side(a);
    assert!(b.nrows() == n, "the right side {:?} does not fit {:?}", shape(b), shape(a));
    let factors = sequential(a).partial_piv_lu();
    if let Some(at) = vanishing_pivot(&factors, n) {
        return Err(not_finite("the solution with the singular", a, at));
    }
    let x = from_faer(&factors.solve(sequential(b)));
    if is_finite(&x) { Ok(x) } else { Err(not_finite("the solution with", a, n)) }
}

/// The x that makes |a x − b|² least, `[n, k], [n, m] → [k, m]`, and of all such the shortest: parts of `a`
/// smaller than 1e-12 of the largest are taken for none. Fails when an element is not finite.
///
/// ```
/// use ground::{array::array, linalg::least_squares};
/// let x = least_squares(&array![[1.0, 2.0], [1.0, 2.0]], &array![[5.0], [5.0]]).unwrap();
/// assert!((x[[0, 0]] - 1.0).abs() < 1e-14 && (x[[1, 0]] - 2.0).abs() < 1e-14);
/// ```
pub fn least_squares(a: &Array, b: &Array) -> Result<Array> {
    assert!(b.nrows() == a.nrows(), "the right side {:?} does not fit {:?}", shape(b), shape(a));
    let failed = || not_finite("least squares with", a, 0);
    if !is_finite(a) || !is_finite(b) {
        return Err(failed());
    }
    let parts = sequential(a).thin_svd().map_err(|_| failed())?;
    let (u, s, v) = (parts.U(), parts.S(), parts.V());
    let largest = (0..a.nrows().min(a.ncols())).map(|i| s[i]).fold(0.0, f64::max);
    let mut x = Array::zeros((a.ncols(), b.ncols()));
    for i in (0..a.nrows().min(a.ncols())).filter(|&i| s[i] > 1e-12 * largest) {
        for m in 0..b.ncols() {
            let along: f64 = (0..a.nrows()).map(|r| u[(r, i)] * b[[r, m]]).sum();
            for k in 0..a.ncols() {
                x[[k, m]] += v[(k, i)] * along / s[i];
            }
        }
    }
    Ok(x)
}

/// The lower triangular L with L Lᵀ = a, for a symmetric positive definite `a`.
///
/// Only the lower triangle is read. Fails when a pivot is not positive.
pub fn cholesky(a: &Array) -> Result<Array> {
    use faer::linalg::solvers::LltError::NonPositivePivot;
    let n = side(a);
    let factor = sequential(a).llt(Side::Lower).map_err(|NonPositivePivot { index }| {
        not_finite("the Cholesky factor of the not positive definite", a, index)
    })?;
    let lower = factor.L();
    let out = Array::from_shape_fn((n, n), |(i, j)| if i < j { 0.0 } else { lower[(i, j)] });
    if is_finite(&out) { Ok(out) } else { Err(not_finite("the Cholesky factor of", a, n)) }
}

/// Orthonormal rows that span the rows of a `[k, d]` matrix with k ≤ d, in their order: row i is in
/// the span of the first i + 1. Rows that depend on one another leave some orthonormal set.
pub fn orthonormal_rows(a: &Array) -> Array {
    let (k, d) = a.dim();
    assert!(k <= d, "{k} rows of length {d} cannot be orthonormal");
    let q = sequential(&a.t().to_owned()).qr().compute_thin_Q(); // [d, k]
    Array::from_shape_fn((k, d), |(i, j)| q[(j, i)])
}

/// The first pivot that is not a number, or too small beside the largest.
fn vanishing_pivot(factors: &PartialPivLu<f64>, n: usize) -> Option<usize> {
    let pivot = |i: usize| factors.U()[(i, i)].abs();
    let largest = (0..n).map(pivot).fold(0.0, f64::max);
    let least = n as f64 * f64::EPSILON * largest;
    (0..n).find(|&i| pivot(i).is_nan() || pivot(i) <= least)
}

/// The matrix in faer's hands. Everything here enters faer through this door, which also holds it
/// to one thread when another crate has switched its threads on.
fn sequential(a: &Array) -> Mat<f64> {
    faer::set_global_parallelism(Par::Seq);
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| a[[i, j]])
}

fn from_faer(a: &Mat<f64>) -> Array {
    Array::from_shape_fn((a.nrows(), a.ncols()), |(i, j)| a[(i, j)])
}

fn side(a: &Array) -> usize {
    assert!(a.is_square(), "a square matrix is needed, not {:?}", shape(a));
    a.nrows()
}

fn not_finite(what: &str, a: &Array, at: usize) -> Error {
    Error::Numeric { what: format!("{what} matrix {:?}", shape(a)), at: at as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::array;

    fn close(a: &Array, b: &Array) -> bool {
        a.dim() == b.dim() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12)
    }

    /// Symmetric and positive definite.
    fn definite(n: usize) -> Array {
        Array::from_shape_fn((n, n), |(i, j)| {
            let diagonal = if i == j { 1.0 } else { 0.0 };
            diagonal + ((i + j) as f64).cos() / n as f64
        })
    }

    #[test]
    fn orthonormal_rows_span_the_rows_in_their_order() {
        let a = array![[3.0, 4.0, 0.0], [1.0, 1.0, 1.0]];
        let q = orthonormal_rows(&a);
        assert!(close(&q.dot(&q.t()), &Array::eye(2)));
        // The second minus its part along the first is along (4, −3, 25).
        let along = |row: usize, v: [f64; 3]| {
            let dot: f64 = q.row(row).iter().zip(v).map(|(q, v)| q * v).sum();
            dot.abs() / v.iter().map(|v| v * v).sum::<f64>().sqrt()
        };
        assert!((along(0, [3.0, 4.0, 0.0]) - 1.0).abs() < 1e-12);
        assert!((along(1, [4.0, -3.0, 25.0]) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn exact_eigenvectors_of_the_second_difference() {
        // 2 − 2 cos(π m / (n + 1)), m = n … 1, the largest first.
        let n = 6;
        let a = Array::from_shape_fn((n, n), |(i, j)| match i.abs_diff(j) {
            0 => 2.0,
            1 => -1.0,
            _ => 0.0,
        });
        let (values, vectors) = leading_eigenvectors(&a, 3).unwrap();
        for (k, value) in values.iter().enumerate() {
            let angle = std::f64::consts::PI * (n - k) as f64 / (n + 1) as f64;
            assert!((value - (2.0 - 2.0 * angle.cos())).abs() < 1e-13);
        }
        let applied = vectors.dot(&a);
        let scaled = &vectors * &Array::from_shape_vec((3, 1), values).unwrap();
        assert!(close(&applied, &scaled));
        assert!(close(&vectors.dot(&vectors.t()), &Array::eye(3)));
    }

    #[test]
    fn signs_are_decided_by_the_largest_component_then_by_the_first() {
        let root = 0.5_f64.sqrt();
        let (values, vectors) = leading_eigenvectors(&array![[1.0, -3.0], [-3.0, 1.0]], 2).unwrap();
        assert!((values[0] - 4.0).abs() < 1e-14 && (values[1] + 2.0).abs() < 1e-14);
        assert!(close(&vectors, &array![[root, -root], [root, root]]));
    }

    #[test]
    fn exact_inverse_and_solution() {
        let a = array![[4.0, 7.0], [2.0, 6.0]];
        assert!(close(&inverse(&a).unwrap(), &array![[0.6, -0.7], [-0.2, 0.4]]));
        let (a, x) = (definite(9), Array::from_shape_fn((9, 2), |(i, j)| (i * 2 + j) as f64));
        assert!(close(&solve(&a, &a.dot(&x)).unwrap(), &x));
    }

    #[test]
    fn the_cholesky_factor_is_lower_and_multiplies_back() {
        let a = definite(7);
        let lower = cholesky(&a).unwrap();
        assert!(lower.indexed_iter().all(|((i, j), v)| i >= j || *v == 0.0));
        assert!(close(&lower.dot(&lower.t()), &a));
    }

    #[test]
    fn failures_are_errors() {
        let singular = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]];
        assert_eq!(
            inverse(&singular).unwrap_err().to_string(),
            "the solution with the singular matrix [3, 3] is not finite at iteration 2."
        );
        assert!(inverse(&Array::zeros((2, 2))).is_err());
        assert!(cholesky(&array![[1.0, 2.0], [2.0, 1.0]]).is_err());
        let nan = array![[f64::NAN, 0.0], [0.0, 1.0]];
        assert!(leading_eigenvectors(&nan, 1).is_err());
        assert!(inverse(&nan).is_err() && cholesky(&nan).is_err());
    }

    #[test]
    fn bits_do_not_depend_on_the_number_of_threads() {
        let bits = |threads: usize| {
            let work = || {
                let (values, vectors) = leading_eigenvectors(&definite(120), 120).unwrap();
                (values, vectors, inverse(&definite(120)).unwrap())
            };
            crate::par::pool(threads).unwrap().install(work)
        };
        assert_eq!(bits(1), bits(3));
    }

    #[test]
    fn an_empty_matrix_has_an_empty_inverse() {
        assert_eq!(inverse(&Array::zeros((0, 0))).unwrap(), Array::zeros((0, 0)));
    }
}
