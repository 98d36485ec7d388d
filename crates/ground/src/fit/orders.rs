//! Observed orders between neighbours.
//!
//! pₖ = ln(yₖ/yₖ₊₁)/ln(xₖ₊₁/xₖ) from the centres of the seeds that both have. A seed moves pₖ by
//! (hₖⱼ/yₖ − hₖ₊₁ⱼ/yₖ₊₁)/ln(xₖ₊₁/xₖ), hₖⱼ its influence on the centre: the interval is that of Student of these
//! numbers, so that what a seed does to both is not counted as an error.

use super::points::{Parts, influences, stderr};
use super::{Centre, Points, student};
use crate::{Error, Result};

/// The order between two neighbours.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The two x.
    pub between: [f64; 2],
    /// The order: positive when y falls.
    pub order: f64,
    /// Its standard error; `None` with fewer than 2 seeds.
    pub stderr: Option<f64>,
    /// The interval that holds the true order in 95 of 100 runs; `None` with fewer than 2 seeds.
    pub ci95: Option<[f64; 2]>,
    /// How many seeds both have.
    pub seeds: usize,
}

/// The orders between all neighbours.
///
/// Fails with fewer than 2 points, for x that are equal or not positive, for centres that are not
/// positive, and for neighbours without a common seed.
pub fn orders(points: &Points, centre: Centre) -> Result<Vec<Order>> {
    if points.len() < 2 {
        return Err(Error::input("orders", "one point has no order").allowed("Give 2 at least"));
    }
    (1..points.len()).map(|k| order(points, centre, k - 1)).collect()
}

/// The order between the points `k` and `k + 1`.
fn order(points: &Points, centre: Centre, k: usize) -> Result<Order> {
    let between = [points.x()[k], points.x()[k + 1]];
    let step = step("orders", between)?;
    let [(y, h), (y_next, h_next)] = levels("orders", points, centre, [k, k + 1])?;
    for (x, y) in between.into_iter().zip([y, y_next]) {
        if y <= 0.0 {
            let found = format!("an order needs positive data, the value at x = {x} is {y}");
            return Err(Error::input("orders", found).allowed("Orders are of logarithms"));
        }
    }
    let order = (y / y_next).ln() / step;
    let parts: Vec<f64> =
        h.iter().zip(&h_next).map(|(h, next)| (h / y - next / y_next) / step).collect();
    let (stderr, ci95) = interval(order, &parts);
    Ok(Order { between, order, stderr, ci95, seeds: parts.len() })
}

/// ln(x'/x) of neighbours.
pub(super) fn step(key: &str, [x, next]: [f64; 2]) -> Result<f64> {
    if x <= 0.0 {
        let found = format!("an order needs positive x, one is {x}");
        return Err(Error::input(key, found).allowed("Orders are of logarithms"));
    }
    if x == next {
        let found = format!("x = {x} is there twice");
        return Err(Error::input(key, found).allowed("Give its values as seeds of one point"));
    }
    Ok((next / x).ln())
}

/// Centres and influences of the seeds that all of `at` have.
pub(super) fn levels<const N: usize>(
    key: &str,
    points: &Points,
    centre: Centre,
    at: [usize; N],
) -> Result<[Parts; N]> {
    let common = points.common(&at);
    if common.seeds() == 0 {
        let x = at.map(|i| points.x()[i].to_string()).join(", ");
        let found = format!("no seed has a value at each of x = {x}");
        return Err(Error::input(key, found).allowed("Seeds are compared with themselves"));
    }
    let mut levels = [const { (0.0, Vec::new()) }; N];
    for (i, level) in levels.iter_mut().enumerate() {
        *level = influences(&common.values(i), centre).map_err(|y| {
            let found = format!("a value at x = {} is {y}", common.x()[i]);
            Error::input(key, found).allowed("A geometric mean needs positive values")
        })?;
    }
    Ok(levels)
}

/// Standard error and interval of a value that the seeds move by `parts`.
pub(super) fn interval(value: f64, parts: &[f64]) -> (Option<f64>, Option<[f64; 2]>) {
    let stderr = stderr(parts);
    let ci95 = stderr.map(|stderr| {
        let half = student::quantile((parts.len() - 1) as f64) * stderr;
        [value - half, value + half]
    });
    (stderr, ci95)
}

#[cfg(test)]
mod tests {
    use super::super::tests::noisy;
    use super::*;

    #[test]
    fn exact_powers_have_their_order() {
        let points = Points::single(&[1.0, 2.0, 6.0], &[1.0, 0.25, 0.25 / 9.0]).unwrap();
        let found = orders(&points, Centre::Mean).unwrap();
        assert_eq!(found.len(), 2);
        for order in &found {
            assert!((order.order - 2.0).abs() < 1e-14);
            assert_eq!((order.stderr, order.ci95, order.seeds), (None, None, 1));
        }
        assert_eq!(found[1].between, [2.0, 6.0]);
    }

    #[test]
    fn intervals_cover_for_every_centre() {
        for centre in [Centre::Mean, Centre::GeometricMean, Centre::Median] {
            let covered = (0..1000)
                .filter(|&repeat| {
                    let points = noisy(&[8.0, 16.0], &|x: f64| x.powf(-0.5), 9, repeat);
                    let [low, high] = orders(&points, centre).unwrap()[0].ci95.unwrap();
                    low <= 0.5 && 0.5 <= high
                })
                .count();
            // The error of a median is known roughly only: its interval is wide.
            let most = if centre == Centre::Median { 990 } else { 970 };
            assert!((930..=most).contains(&covered), "{centre:?}: {covered} of 1000");
        }
    }

    #[test]
    fn a_factor_that_a_seed_has_everywhere_cancels() {
        let rows = [1.0, 0.5].map(|y| vec![Some(y), Some(1.4 * y), None, Some(0.7 * y)]);
        let points = Points::new(&[1.0, 2.0], &rows).unwrap();
        let order = &orders(&points, Centre::GeometricMean).unwrap()[0];
        assert!((order.order - 1.0).abs() < 1e-14 && order.stderr.unwrap() < 1e-14);
        assert_eq!(order.seeds, 3);
    }

    #[test]
    fn sentences_say_what_an_order_needs() {
        let sentence = |x: &[f64], y: &[f64]| {
            orders(&Points::single(x, y).unwrap(), Centre::Mean).unwrap_err().to_string()
        };
        assert_eq!(sentence(&[1.0], &[1.0]), "orders: one point has no order. Give 2 at least.");
        let expected = "orders: x = 2 is there twice. Give its values as seeds of one point.";
        assert_eq!(sentence(&[2.0, 2.0], &[1.0, 1.0]), expected);
        let expected = "orders: an order needs positive x, one is 0. Orders are of logarithms.";
        assert_eq!(sentence(&[0.0, 2.0], &[1.0, 1.0]), expected);
        let expected = "orders: an order needs positive data, the value at x = 2 is -0.3. \
                        Orders are of logarithms.";
        assert_eq!(sentence(&[1.0, 2.0], &[1.0, -0.3]), expected);
        let rows = [vec![Some(1.0), None], vec![None, Some(1.0)]];
        let apart = Points::new(&[1.0, 2.0], &rows).unwrap();
        let expected = "orders: no seed has a value at each of x = 1, 2. \
                        Seeds are compared with themselves.";
        assert_eq!(orders(&apart, Centre::Mean).unwrap_err().to_string(), expected);
    }
}
