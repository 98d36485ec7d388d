//! The points ±ξ_m that smooth the terminal value: better than drawn.
//!
//! ```text
//! ξ_m = r_m q_m,   q: rows of random orthogonal matrices, one after the other
//!                  r²: the (m + ½)/M quantiles of χ²_d, shared out over the matrices, mean made d
//! ```
//! Each ξ_m alone is nearly N(0, I); together with −ξ_m and whole matrices (d | M) the first three
//! moments are nearly those of N(0, I), and |ξ|² is spread as it should be. The error of b falls where
//! |ξ| matters, that is, in few dimensions.

use ground::array::Array;
use ground::linalg;
use ground::stream::Stream;
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// ξ, `[m][d]`.
pub(crate) fn points(d: usize, pairs: usize, stream: &Stream) -> Vec<Vec<f64>> {
    let mut xi: Vec<Vec<f64>> = Vec::with_capacity(pairs);
    while xi.len() < pairs {
        let rows = d.min(pairs - xi.len());
        let normal = |(i, j)| stream.normal((xi.len() + i) as u64, 0, j);
        let q = linalg::orthonormal_rows(&Array::from_shape_fn((rows, d), normal));
        xi.extend(q.rows().into_iter().map(|row| row.to_vec()));
    }
    // Neighbouring quantiles go to different matrices.
    let mut order: Vec<usize> = (0..pairs).collect();
    order.sort_by_key(|m| (m % d, m / d));
    let squares = quantiles(d, pairs);
    for (&m, square) in order.iter().zip(squares) {
        // A factorisation decides its own signs; with −ξ in the sample they do not matter.
        xi[m].iter_mut().for_each(|v| *v *= square.sqrt());
    }
    xi
}

/// r²: quantiles of χ²_d at (m + ½)/M, scaled so that their mean is d.
fn quantiles(d: usize, pairs: usize) -> Vec<f64> {
    let law = ChiSquared::new(d as f64).expect("d is at least 1");
    let at = |m: usize| law.inverse_cdf((m as f64 + 0.5) / pairs as f64);
    let squares: Vec<f64> = (0..pairs).map(at).collect();
    let sum: f64 = squares.iter().sum();
    squares.iter().map(|r| r * (d * pairs) as f64 / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second_moment(xi: &[Vec<f64>], i: usize, j: usize) -> f64 {
        xi.iter().map(|row| row[i] * row[j]).sum::<f64>() / xi.len() as f64
    }

    #[test]
    fn the_mean_square_is_the_dimension() {
        for (d, pairs) in [(1, 1), (1, 8), (3, 7), (10, 64), (100, 4)] {
            let xi = points(d, pairs, &Stream::new(1));
            let trace: f64 = (0..d).map(|i| second_moment(&xi, i, i)).sum();
            assert_eq!(xi.len(), pairs);
            assert!((trace / d as f64 - 1.0).abs() < 1e-12, "{d}, {pairs}: {trace}");
        }
    }

    #[test]
    fn statistical_second_moment() {
        let second: Vec<f64> =
            (0..400).map(|s| second_moment(&points(5, 7, &Stream::new(s)), 0, 0)).collect();
        let second = ground::estimate::Estimate::of(&second);
        assert!((second.mean - 1.0).abs() < 4.0 * second.stderr, "{second}");
    }

    #[test]
    fn whole_matrices_have_the_second_moment() {
        // As far as the lengths of neighbouring quantiles agree.
        let xi = points(5, 500, &Stream::new(2));
        for (i, j) in [(0, 0), (1, 1), (0, 1), (2, 4)] {
            let due = if i == j { 1.0 } else { 0.0 };
            assert!((second_moment(&xi, i, j) - due).abs() < 0.1, "{i} {j}");
        }
    }

    #[test]
    fn lengths_are_spread_like_those_of_normal_vectors() {
        // E r⁴ = d(d + 2); strata cut the tail a little.
        for d in [1, 5, 100] {
            let fourth: f64 = quantiles(d, 200).iter().map(|r| r * r).sum::<f64>() / 200.0;
            let exact = (d * (d + 2)) as f64;
            assert!((fourth / exact - 1.0).abs() < 0.04, "{d}: {fourth} {exact}");
        }
    }

    #[test]
    fn one_dimension_is_a_quantile_rule() {
        // E ln(1 + ξ²), beside the trapezoidal rule on [−12, 12].
        let xi = points(1, 64, &Stream::new(3));
        let mean = xi.iter().map(|row| (row[0] * row[0]).ln_1p()).sum::<f64>() / 64.0;
        let h = 0.01;
        let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let exact: f64 = (-1200..=1200)
            .map(|k| f64::from(k) * h)
            .map(|x| h * density(x) * (x * x).ln_1p())
            .sum();
        assert!((mean - exact).abs() < 5e-3, "{mean} {exact}");
    }
}
