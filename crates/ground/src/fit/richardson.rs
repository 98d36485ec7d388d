//! The limit of a sequence of levels, and the order with which it is reached.
//!
//! y(x) = y∞ + c x^(−p) at the three largest x, in the ratio q: with the differences d₁ = y₁ − y₂ and
//! d₂ = y₂ − y₃, p = ln(d₁/d₂)/ln q and y∞ = y₃ − d₂/(q^p − 1) = y₃ − d₂²/(d₁ − d₂). With p given two levels are
//! enough. Seeds give an interval by the delta method, of the same seeds at all levels; and always there is
//! the band of Roache, |y∞ − y₃| times 1.25 with the order observed and 3 with the order given. [Roa94]
//!
//! Levels grow with x: for a step h, x is 1/h.

use super::orders::{interval, levels, step};
use super::points::Parts;
use super::{Centre, Points};
use crate::{Error, Result};

/// Ratios of levels that differ by less than this share are one ratio.
const SAME_RATIO: f64 = 1e-6;

/// The factor of safety of Roache where the order was observed.
const OBSERVED: f64 = 1.25;

/// The same where it was given.
const GIVEN: f64 = 3.0;

/// A limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Richardson {
    /// y∞.
    pub limit: f64,
    /// Its standard error over seeds; `None` with fewer than 2.
    pub stderr: Option<f64>,
    /// The interval over seeds that holds the limit in 95 of 100 runs, if the levels are asymptotic;
    /// `None` with fewer than 2 seeds.
    pub ci95: Option<[f64; 2]>,
    /// The band of Roache around the last level.
    pub band: [f64; 2],
    /// p, observed or given.
    pub order: f64,
    /// The interval of the observed order over seeds; `None` with fewer than 2 seeds, or when it was given.
    pub order_ci95: Option<[f64; 2]>,
}

/// Limit and order from the three largest x.
///
/// Fails with fewer levels, for x without a common ratio, and for levels that do not converge.
///
/// ```
/// use ground::fit::{Centre, Points, richardson};
/// let points = Points::single(&[10.0, 20.0, 40.0], &[3.04, 3.01, 3.0025])?;
/// let found = richardson(&points, Centre::Mean)?;
/// assert!((found.limit - 3.0).abs() < 1e-12 && (found.order - 2.0).abs() < 1e-12);
/// # Ok::<(), ground::Error>(())
/// ```
pub fn richardson(points: &Points, centre: Centre) -> Result<Richardson> {
    let n = points.len();
    if n < 3 {
        let found = format!("an observed order was asked of {n} levels");
        return Err(Error::input("richardson", found).allowed("Give 3, or the order and 2"));
    }
    let x = &points.x()[n - 3..];
    let (first, second) = (step("richardson", [x[0], x[1]])?, step("richardson", [x[1], x[2]])?);
    if (first / second - 1.0).abs() > SAME_RATIO {
        let found = format!("the levels {}, {}, {} have no common ratio", x[0], x[1], x[2]);
        return Err(Error::input("richardson", found).allowed("Take x such as 10, 20, 40"));
    }
    let [a, b, c] = levels("richardson", points, centre, [n - 3, n - 2, n - 1])?;
    let (before, after) = (a.0 - b.0, b.0 - c.0);
    converging(before, after)?;
    let order = (before / after).ln() / second;
    let shift = after / (before - after);
    let limit = c.0 - after * shift;
    // ∂y∞/∂d₁ = (d₂/(d₁ − d₂))², ∂y∞/∂d₂ = −(2 d₁ − d₂) d₂/(d₁ − d₂)².
    let by_before = shift * shift;
    let by_after = -(2.0 * before - after) / (before - after) * shift;
    let of_limit = combined([&a, &b, &c], [by_before, by_after - by_before, 1.0 - by_after]);
    let (by_first, by_last) = (1.0 / before / second, 1.0 / after / second);
    let of_order = combined([&a, &b, &c], [by_first, -by_first - by_last, by_last]);
    let (stderr, ci95) = interval(limit, &of_limit);
    let order_ci95 = interval(order, &of_order).1;
    Ok(Richardson { limit, stderr, ci95, band: band(c.0, limit, OBSERVED), order, order_ci95 })
}

/// The limit from the two largest x with the order given.
///
/// Fails with fewer levels and for an order that is not positive.
pub fn richardson_with(points: &Points, centre: Centre, order: f64) -> Result<Richardson> {
    let n = points.len();
    if n < 2 {
        let found = "a limit was asked of one level";
        return Err(Error::input("richardson", found).allowed("Give 2 at least"));
    }
    if !(order.is_finite() && order > 0.0) {
        let found = format!("the order is {order}");
        return Err(Error::input("richardson", found).allowed("An order is positive"));
    }
    let step = step("richardson", [points.x()[n - 2], points.x()[n - 1]])?;
    let [b, c] = levels("richardson", points, centre, [n - 2, n - 1])?;
    let share = 1.0 / (order * step).exp_m1();
    let limit = c.0 - (b.0 - c.0) * share;
    let parts = combined([&b, &c], [-share, 1.0 + share]);
    let (stderr, ci95) = interval(limit, &parts);
    let band = band(c.0, limit, GIVEN);
    Ok(Richardson { limit, stderr, ci95, band, order, order_ci95: None })
}

/// Refuses differences that do not shrink towards a limit.
fn converging(before: f64, after: f64) -> Result<()> {
    let found = if after == 0.0 {
        "the last two levels are equal"
    } else if before / after <= 0.0 {
        "the last three levels do not fall or rise in a row"
    } else if before / after <= 1.0 {
        "the last three levels move apart"
    } else {
        return Ok(());
    };
    Err(Error::input("richardson", found).allowed("No order can be seen: give it, or finer levels"))
}

/// How each seed moves a combination of levels.
fn combined<const N: usize>(levels: [&Parts; N], by: [f64; N]) -> Vec<f64> {
    let seed = |j: usize| (0..N).map(|k| by[k] * levels[k].1[j]).sum();
    (0..levels[0].1.len()).map(seed).collect()
}

/// The band of Roache.
fn band(last: f64, limit: f64, safety: f64) -> [f64; 2] {
    let half = safety * (limit - last).abs();
    [last - half, last + half]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Stream;

    fn single(x: &[f64], y: &[f64]) -> Points {
        Points::single(x, y).unwrap()
    }

    #[test]
    fn exact_levels_have_their_limit_and_order() {
        let x = [1.0, 3.0, 9.0, 27.0];
        let y = x.map(|x: f64| -2.0 + 5.0 * x.powf(-1.5));
        let found = richardson(&single(&x, &y), Centre::Mean).unwrap();
        assert!((found.limit + 2.0).abs() < 1e-12 && (found.order - 1.5).abs() < 1e-12);
        assert!((found.band[0] - (y[3] - 1.25 * (y[3] + 2.0))).abs() < 1e-12);
        assert_eq!((found.ci95, found.order_ci95), (None, None));
        let given = richardson_with(&single(&x, &y), Centre::Mean, 1.5).unwrap();
        assert!((given.limit + 2.0).abs() < 1e-12);
        assert!((given.band[1] - (y[3] + 3.0 * (y[3] + 2.0))).abs() < 1e-12);
    }

    #[test]
    fn intervals_cover_the_limit_and_the_order() {
        let stream = Stream::new(4).child("levels");
        let (mut limits, mut orders, mut given) = (0, 0, 0);
        let holds =
            |ci: Option<[f64; 2]>, v: f64| ci.is_some_and(|[low, high]| low <= v && v <= high);
        for repeat in 0..1000 {
            let rows: Vec<Vec<Option<f64>>> = [1.0, 2.0, 4.0]
                .iter()
                .enumerate()
                .map(|(i, x)| {
                    let y = |j| 1.0 + 1.0 / x + 0.02 * stream.normal(repeat, 0, 64 * i + j);
                    (0..8).map(|j| Some(y(j))).collect()
                })
                .collect();
            let points = Points::new(&[1.0, 2.0, 4.0], &rows).unwrap();
            let found = richardson(&points, Centre::Mean).unwrap();
            limits += usize::from(holds(found.ci95, 1.0));
            orders += usize::from(holds(found.order_ci95, 1.0));
            let found = richardson_with(&points, Centre::Mean, 1.0).unwrap();
            given += usize::from(holds(found.ci95, 1.0));
        }
        for (what, covered) in [("limit", limits), ("order", orders), ("given", given)] {
            assert!((930..=970).contains(&covered), "{what}: {covered} of 1000");
        }
    }

    #[test]
    fn sentences_say_why_there_is_no_limit() {
        let sentence =
            |x: &[f64], y: &[f64]| richardson(&single(x, y), Centre::Mean).unwrap_err().to_string();
        let hint = "No order can be seen: give it, or finer levels.";
        let x = [1.0, 2.0, 4.0];
        let expected =
            format!("richardson: the last three levels do not fall or rise in a row. {hint}");
        assert_eq!(sentence(&x, &[1.0, 2.0, 1.5]), expected);
        let expected = format!("richardson: the last three levels move apart. {hint}");
        assert_eq!(sentence(&x, &[1.0, 2.0, 4.0]), expected);
        let expected = format!("richardson: the last two levels are equal. {hint}");
        assert_eq!(sentence(&x, &[1.0, 2.0, 2.0]), expected);
        let expected =
            "richardson: the levels 1, 2, 3 have no common ratio. Take x such as 10, 20, 40.";
        assert_eq!(sentence(&[1.0, 2.0, 3.0], &[1.0, 2.0, 2.5]), expected);
        let expected =
            "richardson: an observed order was asked of 2 levels. Give 3, or the order and 2.";
        assert_eq!(sentence(&[1.0, 2.0], &[1.0, 2.0]), expected);
        let error = richardson_with(&single(&x, &x), Centre::Mean, -1.0).unwrap_err();
        assert_eq!(error.to_string(), "richardson: the order is -1. An order is positive.");
        let error = richardson_with(&single(&[1.0], &[1.0]), Centre::Mean, 1.0).unwrap_err();
        assert_eq!(
            error.to_string(),
            "richardson: a limit was asked of one level. Give 2 at least."
        );
    }
}
