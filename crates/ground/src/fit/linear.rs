//! Weighted least squares with few columns.
//!
//! Least Q = Σ wᵢ (zᵢ − Σₖ Jᵢₖ θₖ)² by Gram–Schmidt, twice, on the columns of √W J = Q R: then
//! (JᵀWJ)⁻¹ = R⁻¹R⁻ᵀ, and the leverage of point i is Σₖ Qᵢₖ².

/// A column that keeps less than this share of itself beside the earlier ones depends on them.
const DEPENDENT: f64 = 1e-9;

/// What least squares gives.
#[derive(Clone, Debug)]
pub(super) struct Solution {
    /// θ.
    pub theta: Vec<f64>,
    /// (JᵀWJ)⁻¹, row by row: times the variance of unit weight it is the covariance of θ.
    pub unscaled: Vec<Vec<f64>>,
    /// Q, the weighted sum of squares that is left.
    pub squares: f64,
    /// The leverage of each point: they sum to the number of columns.
    pub leverage: Vec<f64>,
}

/// The solution for `columns` of J; `None` when they depend on one another.
pub(super) fn solve(columns: &[Vec<f64>], z: &[f64], w: &[f64]) -> Option<Solution> {
    let p = columns.len();
    let weighted =
        |values: &[f64]| values.iter().zip(w).map(|(v, w)| v * w.sqrt()).collect::<Vec<f64>>();
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(p);
    let mut r = vec![vec![0.0; p]; p];
    for (k, column) in columns.iter().enumerate() {
        let mut column = weighted(column);
        let norm = length(&column);
        for _ in 0..2 {
            for (l, q) in basis.iter().enumerate() {
                r[l][k] += remove(&mut column, q);
            }
        }
        let rest = length(&column);
        if rest <= DEPENDENT * norm || !rest.is_finite() {
            return None;
        }
        r[k][k] = rest;
        basis.push(column.iter().map(|v| v / rest).collect());
    }
    let mut residual = weighted(z);
    let mut along = vec![0.0; p];
    for _ in 0..2 {
        for (k, q) in basis.iter().enumerate() {
            along[k] += remove(&mut residual, q);
        }
    }
    let inverse = inverse_triangle(&r);
    let theta = (0..p).map(|i| (i..p).map(|k| inverse[i][k] * along[k]).sum()).collect();
    let product = |i: usize, j: usize| (0..p).map(|k| inverse[i][k] * inverse[j][k]).sum();
    let unscaled = (0..p).map(|i| (0..p).map(|j| product(i, j)).collect()).collect();
    let squares = residual.iter().map(|v| v * v).sum();
    let leverage = (0..z.len()).map(|i| basis.iter().map(|q| q[i] * q[i]).sum()).collect();
    Some(Solution { theta, unscaled, squares, leverage })
}

/// The Euclidean length.
fn length(v: &[f64]) -> f64 {
    v.iter().map(|v| v * v).sum::<f64>().sqrt()
}

/// Takes the part along the unit vector `q` out of `v` and returns its size.
fn remove(v: &mut [f64], q: &[f64]) -> f64 {
    let part: f64 = v.iter().zip(q).map(|(v, q)| v * q).sum();
    v.iter_mut().zip(q).for_each(|(v, q)| *v -= part * q);
    part
}

/// The inverse of an upper triangle.
fn inverse_triangle(r: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let p = r.len();
    let mut inverse = vec![vec![0.0; p]; p];
    for j in 0..p {
        inverse[j][j] = 1.0 / r[j][j];
        for i in (0..j).rev() {
            let sum: f64 = (i + 1..=j).map(|k| r[i][k] * inverse[k][j]).sum();
            inverse[i][j] = -sum / r[i][i];
        }
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_columns_have_the_normal_equations_of_exact_fractions() {
        // z = 1, 2, 4, 9 on 1, u, u² with u = 0, 1, 2, 3 and weights 1, 2, 2, 1; by hand.
        let u = [0.0, 1.0, 2.0, 3.0];
        let columns = [0, 1, 2].map(|power| u.map(|u: f64| u.powi(power)).to_vec());
        let (z, w) = ([1.0, 2.0, 4.0, 9.0], [1.0, 2.0, 2.0, 1.0]);
        let found = solve(&columns, &z, &w).unwrap();
        // The one contrast orthogonal to parabolas is (−1, 3, −3, 1)/w: residual 2/(Σ c²/w) c/w.
        let q = 4.0 / 11.0;
        assert!((found.squares - q).abs() < 1e-13, "{}", found.squares);
        let residual = [-2.0 / 11.0, 3.0 / 11.0, -3.0 / 11.0, 2.0 / 11.0];
        for i in 0..4 {
            let value: f64 = (0..3).map(|k| columns[k][i] * found.theta[k]).sum();
            assert!((z[i] - value - residual[i]).abs() < 1e-13);
        }
        assert!((found.leverage.iter().sum::<f64>() - 3.0).abs() < 1e-13);
        assert!(solve(&[columns[1].clone(), columns[1].clone()], &z, &w).is_none());
    }
}
