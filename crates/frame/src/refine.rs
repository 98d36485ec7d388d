//! The same problem at several levels of discretisation.
//!
//! A value V_N with N steps is u + C N^(−p) to leading order. The draws the levels have in common
//! count: everything is done draw by draw, so the error of the limit is that of differences.

use ground::estimate::Estimate;
use ground::{Error, Result};

/// The levels and their limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Refined {
    /// N and V_N.
    pub levels: Vec<(usize, Estimate)>,
    /// The limit N → ∞.
    pub limit: Estimate,
    /// The order used; None where there is one level only, and the limit is its value.
    pub order: Option<f64>,
    /// Whether the order used was fitted rather than assumed.
    pub fitted: bool,
    /// The order seen in the last three levels, where its standard error is at most 0.25.
    pub seen: Option<Estimate>,
}

/// The largest standard error of an order that is worth printing.
const RESOLVED: f64 = 0.25;

/// Estimates all levels and extrapolates.
///
/// `estimate` returns each level's values draw by draw, in the order of `levels` (increasing).
/// With order p the limit is (r^p V_last − V_first)/(r^p − 1), r = N_last/N_first. The order is
/// `assumed`, unless the last three levels resolve one (standard error at most 0.25) that is lower
/// by more than two standard errors and 0.05. A higher one is that of coarse levels, not of the
/// limit: it is shown and not used.
pub fn refine(
    levels: &[usize],
    assumed: f64,
    estimate: impl FnOnce(&[usize]) -> Result<Vec<Vec<f64>>>,
) -> Result<Refined> {
    let draws = estimate(levels)?;
    let same = draws.windows(2).all(|pair| pair[0].len() == pair[1].len());
    if draws.len() != levels.len() || levels.is_empty() || !same {
        return Err(Error::bug("every level has one value a draw"));
    }
    let values: Vec<_> =
        levels.iter().zip(&draws).map(|(&n, values)| (n, Estimate::of(values))).collect();
    let last = levels.len() - 1;
    if last == 0 {
        let limit = values[0].1;
        return Ok(Refined { levels: values, limit, order: None, fitted: false, seen: None });
    }
    let seen = observed(levels, &draws).filter(|order| order.stderr <= RESOLVED);
    let other = seen.filter(|o| assumed - o.mean > 2.0 * o.stderr + 0.05 && o.mean > 0.2);
    let order = other.map_or(assumed, |o| o.mean);
    let ratio = (levels[last] as f64 / levels[0] as f64).powf(order);
    let extrapolated: Vec<f64> = draws[last]
        .iter()
        .zip(&draws[0])
        .map(|(fine, coarse)| (ratio * fine - coarse) / (ratio - 1.0))
        .collect();
    Ok(Refined {
        levels: values,
        limit: Estimate::of(&extrapolated),
        order: Some(order),
        fitted: other.is_some(),
        seen,
    })
}

/// The order of the last three levels, log |V₁ − V₀| / |V₂ − V₁| by log of the ratio of steps, with
/// its standard error by the jackknife over twenty blocks of draws. None where the ratios of the
/// steps differ or the differences change sign.
fn observed(levels: &[usize], draws: &[Vec<f64>]) -> Option<Estimate> {
    let k = levels.len().checked_sub(3)?;
    let [a, b, c] = [levels[k], levels[k + 1], levels[k + 2]];
    let n = draws[k].len();
    let blocks = 20.min(n / 2);
    if b * b != a * c || blocks < 2 {
        return None;
    }
    let log_ratio = (b as f64 / a as f64).ln();
    let order = |skip: Option<usize>| {
        let sum = |level: usize| -> f64 {
            let whole: f64 = draws[level].iter().sum();
            let part = skip
                .map_or(0.0, |s| draws[level][s * n / blocks..(s + 1) * n / blocks].iter().sum());
            whole - part
        };
        let left = skip.map_or(n, |s| n - ((s + 1) * n / blocks - s * n / blocks)) as f64;
        let mean = [sum(k) / left, sum(k + 1) / left, sum(k + 2) / left];
        ((mean[1] - mean[0]) / (mean[2] - mean[1])).ln() / log_ratio
    };
    let parts: Vec<f64> = (0..blocks).map(|s| order(Some(s))).collect();
    let middle = parts.iter().sum::<f64>() / blocks as f64;
    let spread: f64 = parts.iter().map(|p| (p - middle).powi(2)).sum();
    let stderr = (spread * (blocks as f64 - 1.0) / blocks as f64).sqrt();
    let mean = order(None);
    (mean.is_finite() && stderr.is_finite()).then_some(Estimate { mean, stderr, n })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// u = 2, V_N = 2 + 3 N^(−p) + noise common to all levels.
    fn levels(p: f64, noise: f64) -> Refined {
        let estimate = |levels: &[usize]| {
            let draw = |i: usize, n: usize| {
                let common = f64::from(u32::try_from(i * 7919 % 101).unwrap()) / 101.0 - 0.5;
                let own = f64::from(u32::try_from((i * 31 + n) % 17).unwrap()) / 17.0 - 0.47;
                2.0 + 3.0 * (n as f64).powf(-p) + common + noise * own
            };
            Ok(levels.iter().map(|&n| (0..1010).map(|i| draw(i, n)).collect()).collect())
        };
        refine(&[20, 40, 80], 1.0, estimate).unwrap()
    }

    #[test]
    fn exact_limit_at_order_one() {
        let r = levels(1.0, 0.0);
        let mean = r.levels[2].1.mean - 3.0 / 80.0;
        assert!((r.limit.mean - mean).abs() < 1e-12);
        assert_eq!((r.order, r.fitted), (Some(1.0), false));
        assert!((r.seen.unwrap().mean - 1.0).abs() < 1e-9);
    }

    #[test]
    fn order_fitted_where_it_differs() {
        let r = levels(0.5, 0.0);
        assert!(r.fitted && (r.order.unwrap() - 0.5).abs() < 1e-9);
        assert!((r.limit.mean - (r.levels[2].1.mean - 3.0 / 80f64.sqrt())).abs() < 1e-9);
    }

    #[test]
    fn order_assumed_where_coarse_levels_fall_faster() {
        let r = levels(1.5, 0.0);
        assert!((r.seen.unwrap().mean - 1.5).abs() < 1e-9);
        assert_eq!((r.order, r.fitted), (Some(1.0), false));
    }

    #[test]
    fn order_assumed_where_noise_hides_it() {
        let r = levels(1.0, 30.0);
        assert_eq!((r.order, r.fitted, r.seen), (Some(1.0), false, None));
    }

    #[test]
    fn exact_single_level() {
        let r = refine(&[20], 1.0, |_| Ok(vec![vec![1.0, 2.0, 3.0]])).unwrap();
        assert_eq!((r.limit.mean, r.order), (2.0, None));
    }
}
