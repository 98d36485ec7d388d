//! Two powers and the break between them, by least squares that is exact in the break.
//!
//! z = ζ + a (u − c) for u < c and ζ + a' (u − c) for u ≥ c, with u = ln x, c = ln b, ζ = ln C. For a break
//! between two neighbours the best lines left and right of it are those of either side alone when they meet
//! between the neighbours; else the best break is at one of the neighbours, where the lines are tied. So the
//! minimum over all breaks is the least of finitely many. [Hud66] At least two x lie on either side, one of
//! which may be the break.

use super::linear::{self, Solution};

/// z at u = ln x.
pub(super) fn value(theta: &[f64], u: f64) -> f64 {
    let past = u - theta[3];
    theta[0] + past * if past < 0.0 { theta[1] } else { theta[2] }
}

/// Its derivatives by θ = (ζ, a, a', c).
pub(super) fn gradient(theta: &[f64], u: f64) -> Vec<f64> {
    let past = u - theta[3];
    if past < 0.0 { vec![1.0, past, 0.0, -theta[1]] } else { vec![1.0, 0.0, past, -theta[2]] }
}

/// The least squares, `None` when there is no break. `u` ascends.
pub(super) fn solve(u: &[f64], z: &[f64], w: &[f64]) -> Option<Solution> {
    let mut places = u.to_vec();
    places.dedup();
    if places.len() < 4 {
        return None;
    }
    let last = places.len() - 2;
    let tied = (1..=last).filter_map(|k| tied(u, z, w, places[k]));
    let free = (1..last).filter_map(|k| free(u, z, w, [places[k], places[k + 1]]));
    let (theta, squares) = tied.chain(free).min_by(|a, b| a.1.total_cmp(&b.1))?;
    // The covariance is that of the linear problem at the minimum.
    let rows: Vec<Vec<f64>> = u.iter().map(|&u| gradient(&theta, u)).collect();
    let columns: Vec<Vec<f64>> = (0..4).map(|k| rows.iter().map(|row| row[k]).collect()).collect();
    let rest: Vec<f64> = u.iter().zip(z).map(|(&u, z)| z - value(&theta, u)).collect();
    let local = linear::solve(&columns, &rest, w)?;
    Some(Solution { theta: theta.to_vec(), squares, ..local })
}

/// θ and the squares for a break at `c`.
fn tied(u: &[f64], z: &[f64], w: &[f64], c: f64) -> Option<([f64; 4], f64)> {
    let side = |keep: fn(f64) -> f64| u.iter().map(|u| keep(u - c)).collect::<Vec<f64>>();
    let columns = [vec![1.0; u.len()], side(|past| past.min(0.0)), side(|past| past.max(0.0))];
    let found = linear::solve(&columns, z, w)?;
    Some(([found.theta[0], found.theta[1], found.theta[2], c], found.squares))
}

/// The same for a break strictly between the neighbours `low` and `high`, when the lines meet there.
fn free(u: &[f64], z: &[f64], w: &[f64], [low, high]: [f64; 2]) -> Option<([f64; 4], f64)> {
    let until = u.partition_point(|&u| u <= low);
    // From the middle between the neighbours: the crossing is a small number then.
    let middle = 0.5 * (low + high);
    let line = |from: usize, to: usize| {
        let past: Vec<f64> = u[from..to].iter().map(|u| u - middle).collect();
        linear::solve(&[vec![1.0; to - from], past], &z[from..to], &w[from..to])
    };
    let (left, right) = (line(0, until)?, line(until, u.len())?);
    let bend = right.theta[1] - left.theta[1];
    let past = (left.theta[0] - right.theta[0]) / bend;
    let c = middle + past;
    let meets = bend != 0.0 && c > low && c < high;
    let zeta = left.theta[0] + left.theta[1] * past;
    meets.then(|| ([zeta, left.theta[1], right.theta[1], c], left.squares + right.squares))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_break_is_found_between_points_and_at_a_point() {
        let u: Vec<f64> = (0..9).map(f64::from).collect();
        for c in [2.0, 3.3, 5.0, 6.9] {
            let theta = [1.5, -0.2, -2.0, c];
            let z: Vec<f64> = u.iter().map(|&u| value(&theta, u)).collect();
            let found = solve(&u, &z, &[1.0; 9]).unwrap();
            for k in 0..4 {
                assert!((found.theta[k] - theta[k]).abs() < 1e-12, "{:?}", found.theta);
            }
        }
    }

    #[test]
    fn no_break_on_a_fine_grid_is_better() {
        let stream = crate::stream::Stream::new(3).child("broken");
        let u: Vec<f64> = (0..8).map(f64::from).collect();
        for repeat in 0..50 {
            let noise = |k: usize| stream.normal(repeat, 0, k);
            let z: Vec<f64> =
                (0..8).map(|k| value(&[0.0, 1.0, -1.0, 3.4], u[k]) + noise(k)).collect();
            let w: Vec<f64> = (0..8).map(|k| 1.0 + stream.uniform(repeat, 1, k)).collect();
            let found = solve(&u, &z, &w).unwrap();
            let grid = (0..=1000).filter_map(|k| tied(&u, &z, &w, 1.0 + f64::from(k) * 5e-3));
            let least = grid.map(|(_, squares)| squares).fold(f64::INFINITY, f64::min);
            assert!(found.squares <= least * (1.0 + 1e-9), "{} {least}", found.squares);
            assert!(found.squares >= least * (1.0 - 1e-2));
        }
    }
}
