//! The slope of Theil and Sen: the median of the slopes of all pairs.
//!
//! Of ln y over ln x for a power law, over x for an exponential one; pairs of equal x are left out. It
//! bears 29 % of wrong points. The interval of Sen is between the slopes of rank (N − c)/2 and (N + c)/2 + 1 of
//! N, c = 1.96 σ with σ² = (n (n − 1)(2n + 5) − Σ t (t − 1)(2t + 5))/18, t the numbers of equal x. [Sen68]

use super::points::{quantile, sorted};
use super::{Centre, Law, Points};
use crate::{Error, Result};

/// Half the width of the central 95 % of a normal law, in standard deviations.
const NORMAL_95: f64 = 1.959_963_984_540_054;

/// A robust slope.
#[derive(Clone, Debug, PartialEq)]
pub struct TheilSen {
    /// The median slope: the exponent, or the rate.
    pub slope: f64,
    /// C: the exponential of the median of ln y − slope · (ln x or x).
    pub scale: f64,
    /// The interval of Sen for the slope; ±∞ where the points are too few for one.
    pub ci95: [f64; 2],
    /// How many pairs.
    pub pairs: usize,
}

/// The slope of Theil and Sen of the centres.
///
/// Fails for other laws than a power or an exponential, for fewer than 2 different x, and where the law
/// contradicts the data.
pub fn theil_sen(points: &Points, law: Law, centre: Centre) -> Result<TheilSen> {
    if !matches!(law, Law::Power | Law::Exponential) {
        let found = format!("{} has not one slope", law.title());
        return Err(Error::input("fit", found).allowed("Theil and Sen fit power and exponential"));
    }
    let cells = points.cells(centre)?;
    let centres: Vec<f64> = cells.iter().map(|cell| cell.value).collect();
    law.check_signs(points.x(), &centres)?;
    let u: Vec<f64> = points.x().iter().map(|&x| law.gradient(&[0.0; 2], x)[1]).collect();
    let z: Vec<f64> = centres.iter().map(|y| y.ln()).collect();
    let mut slopes = Vec::new();
    for i in 0..u.len() {
        let after = (i + 1..u.len()).filter(|&j| u[j] > u[i]);
        slopes.extend(after.map(|j| (z[j] - z[i]) / (u[j] - u[i])));
    }
    if slopes.is_empty() {
        return Err(Error::input("fit", "a slope was asked where all x are equal")
            .allowed("It needs 2 different x"));
    }
    let slopes = sorted(&slopes);
    let slope = quantile(&slopes, 0.5);
    let left: Vec<f64> = u.iter().zip(&z).map(|(u, z)| z - slope * u).collect();
    let scale = quantile(&sorted(&left), 0.5).exp();
    Ok(TheilSen { slope, scale, ci95: interval(&slopes, &u), pairs: slopes.len() })
}

/// The interval of Sen.
#[allow(clippy::cast_possible_truncation, reason = "a rank")]
fn interval(slopes: &[f64], u: &[f64]) -> [f64; 2] {
    let term = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let ties: f64 = u.chunk_by(|a, b| a == b).map(|equal| term(equal.len() as f64)).sum();
    let c = NORMAL_95 * ((term(u.len() as f64) - ties) / 18.0).sqrt();
    let n = slopes.len() as f64;
    // Ranks from 1; rounded outwards.
    let low = (0.5 * (n - c)).floor() as i64;
    let high = (0.5 * (n + c)).ceil() as i64 + 1;
    let at = |rank: i64| usize::try_from(rank - 1).ok().and_then(|i| slopes.get(i)).copied();
    [at(low).unwrap_or(f64::NEG_INFINITY), at(high).unwrap_or(f64::INFINITY)]
}

#[cfg(test)]
mod tests {
    use super::super::tests::noisy;
    use super::*;

    #[test]
    fn slope_and_interval_have_the_numbers_of_scipy() {
        let x: Vec<f64> = (0..9).map(|k| 2.0_f64.powi(k)).collect();
        let y = [1.05, 0.7, 0.52, 0.33, 0.26, 0.9, 0.12, 0.091, 0.0625];
        let points = Points::single(&x, &y).unwrap();
        let found = theil_sen(&points, Law::Power, Centre::Mean).unwrap();
        // scipy.stats.theilslopes(log y, log x): slope; ranks of Sen rounded outwards.
        assert!((found.slope - -0.503_752_794_394_542_3).abs() < 1e-13, "{found:?}");
        assert!((found.scale.ln() - 0.044_423_190_860_877_76).abs() < 1e-13, "{found:?}");
        assert!((found.ci95[0] - -0.542_444_448_793_256_6).abs() < 1e-13, "{found:?}");
        assert!((found.ci95[1] - -0.428_843_298_803_874_1).abs() < 1e-13, "{found:?}");
        assert_eq!(found.pairs, 36);
    }

    #[test]
    fn the_interval_covers() {
        let x: Vec<f64> = (1..=12).map(f64::from).collect();
        let covered = (0..1000)
            .filter(|&repeat| {
                let points = noisy(&x, &|x: f64| (-0.3 * x).exp(), 1, repeat);
                let found = theil_sen(&points, Law::Exponential, Centre::Mean).unwrap();
                found.ci95[0] <= -0.3 && -0.3 <= found.ci95[1]
            })
            .count();
        // Ranks are whole numbers: outwards is careful.
        assert!((940..=980).contains(&covered), "{covered} of 1000");
    }

    #[test]
    fn too_few_points_have_no_interval_and_other_laws_no_slope() {
        let points = Points::single(&[1.0, 2.0, 4.0], &[1.0, 0.5, 0.2]).unwrap();
        let found = theil_sen(&points, Law::Power, Centre::Mean).unwrap();
        assert_eq!(found.ci95, [f64::NEG_INFINITY, f64::INFINITY]);
        let sentence = |points: &Points, law: Law| {
            theil_sen(points, law, Centre::Mean).unwrap_err().to_string()
        };
        let expected = "fit: a broken power law has not one slope. \
                        Theil and Sen fit power and exponential.";
        assert_eq!(sentence(&points, Law::BrokenPower), expected);
        let equal = Points::single(&[2.0, 2.0], &[1.0, 0.5]).unwrap();
        let expected = "fit: a slope was asked where all x are equal. It needs 2 different x.";
        assert_eq!(sentence(&equal, Law::Power), expected);
    }
}
