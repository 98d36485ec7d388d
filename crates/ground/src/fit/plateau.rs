//! A power with a floor, by Levenberg–Marquardt from several floors.
//!
//! z = ln(C x^a + f), θ = (ln C, a, f), f ≥ 0. A start takes a share of the least y for the floor and the line
//! through ln(y − f) for the rest. The steps run in units of the geometric means of x and y; a step to a
//! negative floor ends at a tenth of the old one. The floor 0, a power law, is a candidate of its own, so
//! the minimum on the boundary is exact.

use super::linear::{self, Solution};

/// The floors to start from, as shares of the least y.
const STARTS: [f64; 4] = [0.1, 0.5, 0.9, 0.99];

/// More steps than a fit needs that determines its parameters.
const STEPS: usize = 300;

/// A floor below this share of the least y is on its way to 0, which is a candidate of its own.
const VANISHED: f64 = 1e-6;

/// A step that lowers the squares by less than this share is the last.
const SETTLED: f64 = 1e-13;

/// z at u = ln x.
pub(super) fn value(theta: &[f64], u: f64) -> f64 {
    ((theta[0] + theta[1] * u).exp() + theta[2]).ln()
}

/// Its derivatives by θ.
pub(super) fn gradient(theta: &[f64], u: f64) -> Vec<f64> {
    let power = (theta[0] + theta[1] * u).exp();
    let all = power + theta[2];
    vec![power / all, power / all * u, 1.0 / all]
}

/// The least squares, `None` when the floor cannot be told apart.
pub(super) fn solve(u: &[f64], z: &[f64], w: &[f64]) -> Option<Solution> {
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (u0, z0) = (mean(u), mean(z));
    let near: Vec<f64> = u.iter().map(|u| u - u0).collect();
    let high: Vec<f64> = z.iter().map(|z| z - z0).collect();
    let line = linear::solve(&[vec![1.0; u.len()], near.clone()], &high, w)?;
    let mut best = ([line.theta[0], line.theta[1], 0.0], line.squares);
    let least = high.iter().copied().fold(f64::INFINITY, f64::min).exp();
    for share in STARTS {
        let floor = share * least;
        let logs: Vec<f64> = high.iter().map(|z| (z.exp() - floor).ln()).collect();
        let line = linear::solve(&[vec![1.0; u.len()], near.clone()], &logs, w)?;
        let found = descend(&near, &high, w, [line.theta[0], line.theta[1], floor]);
        if found.1 < best.1 * (1.0 - SETTLED) {
            best = found;
        }
    }
    let local = linearised(&near, &high, w, &best.0)?;
    Some(in_user_units(&local, best, [u0, z0]))
}

/// Steps until they settle. Returns θ and its squares.
fn descend(u: &[f64], z: &[f64], w: &[f64], start: [f64; 3]) -> ([f64; 3], f64) {
    let mut theta = start;
    let mut now = squares(u, z, w, &theta);
    let mut damping = 1e-3;
    let vanished = VANISHED * z.iter().copied().fold(f64::INFINITY, f64::min).exp();
    for _ in 0..STEPS {
        let step = step(u, z, w, &theta, damping);
        let mut next = [0, 1, 2].map(|k| theta[k] + step[k]);
        if next[2] < 0.0 {
            next[2] = 0.1 * theta[2];
        }
        let then = squares(u, z, w, &next);
        if then < now {
            let settled = now - then <= SETTLED * now;
            (theta, now) = (next, then);
            damping = f64::max(damping * 0.2, 1e-12);
            if settled || theta[2] < vanished {
                break;
            }
        } else if damping > 1e8 {
            break;
        } else {
            damping *= 5.0;
        }
    }
    (theta, now)
}

/// Σ w (z − value)²; not a number where the law overflows.
fn squares(u: &[f64], z: &[f64], w: &[f64], theta: &[f64]) -> f64 {
    let residual = |i: usize| z[i] - value(theta, u[i]);
    (0..u.len()).map(|i| w[i] * residual(i) * residual(i)).sum()
}

/// The columns of J and what is left of z.
fn local(u: &[f64], z: &[f64], theta: &[f64]) -> (Vec<Vec<f64>>, Vec<f64>) {
    let rows: Vec<Vec<f64>> = u.iter().map(|&u| gradient(theta, u)).collect();
    let columns = (0..3).map(|k| rows.iter().map(|row| row[k]).collect()).collect();
    (columns, u.iter().zip(z).map(|(&u, z)| z - value(theta, u)).collect())
}

/// The step of Gauss and Newton with each column damped by a share of its length; none where it fails.
fn step(u: &[f64], z: &[f64], w: &[f64], theta: &[f64], damping: f64) -> [f64; 3] {
    let (mut columns, mut rest) = local(u, z, theta);
    let mut weights = w.to_vec();
    for k in 0..3 {
        let length: f64 = columns[k].iter().zip(w).map(|(v, w)| w * v * v).sum();
        for (l, column) in columns.iter_mut().enumerate() {
            column.push(if l == k { (damping * length).sqrt() } else { 0.0 });
        }
        rest.push(0.0);
        weights.push(1.0);
    }
    linear::solve(&columns, &rest, &weights)
        .map_or([0.0; 3], |found| [found.theta[0], found.theta[1], found.theta[2]])
}

/// The linear problem at θ.
fn linearised(u: &[f64], z: &[f64], w: &[f64], theta: &[f64]) -> Option<Solution> {
    let (columns, rest) = local(u, z, theta);
    linear::solve(&columns, &rest, w)
}

/// From units of the means: ln C = ln C' + z₀ − a u₀ and f = f' e^{z₀}.
fn in_user_units(
    local: &Solution,
    (theta, squares): ([f64; 3], f64),
    [u0, z0]: [f64; 2],
) -> Solution {
    let size = z0.exp();
    let turn = [[1.0, -u0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, size]];
    let entry = |i: usize, j: usize| {
        let row = |k: usize| (0..3).map(|l| local.unscaled[k][l] * turn[j][l]).sum::<f64>();
        (0..3).map(|k| turn[i][k] * row(k)).sum()
    };
    Solution {
        theta: vec![theta[0] + z0 - theta[1] * u0, theta[1], theta[2] * size],
        unscaled: (0..3).map(|i| (0..3).map(|j| entry(i, j)).collect()).collect(),
        squares,
        leverage: local.leverage.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(theta: [f64; 3]) -> [Vec<f64>; 2] {
        let u: Vec<f64> = (0..10).map(|k| f64::from(k) * 2.0_f64.ln()).collect();
        let z = u.iter().map(|&u| value(&theta, u)).collect();
        [u, z]
    }

    #[test]
    fn exact_floors_are_found_in_any_units() {
        for theta in [[0.0, -1.0, 0.01], [-11.5, -0.5, 1e-6], [3.0, 0.7, 90.0], [0.0, -2.0, 0.5]] {
            let [u, z] = data(theta);
            let found = solve(&u, &z, &[1.0; 10]).unwrap().theta;
            for k in 0..3 {
                assert!(
                    (found[k] / theta[k] - 1.0).abs() < 1e-6
                        || theta[k] == found[k]
                        || (found[k] - theta[k]).abs() < 1e-9,
                    "{found:?} for {theta:?}"
                );
            }
        }
    }

    #[test]
    fn a_power_that_bends_down_has_the_floor_zero() {
        let u: Vec<f64> = (0..8).map(f64::from).collect();
        let z: Vec<f64> = u.iter().map(|u| -0.1 * u * u).collect();
        let found = solve(&u, &z, &[1.0; 8]).unwrap();
        // The line through the parabola −u²/10 at 0, …, 7 has the slope −7/10.
        assert!((found.theta[1] + 0.7).abs() < 1e-12);
        assert_eq!(found.theta[2], 0.0);
    }

    #[test]
    fn what_is_constant_leaves_the_floor_open() {
        let u: Vec<f64> = (0..8).map(f64::from).collect();
        assert!(solve(&u, &[1.0; 8], &[1.0; 8]).is_none());
    }
}
