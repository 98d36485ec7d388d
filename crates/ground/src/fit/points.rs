//! Numbers over x and seeds: the cells that fits are made of.
//!
//! yᵢⱼ is the value at xᵢ with seed j; seeds are the same at all x, some values may be missing. A cell is
//! all that is known at one x. Its centre and the standard error of that:
//!
//!   mean            ȳ,                  s/√n
//!   geometric mean  g = exp(mean ln y), g s_{ln y}/√n
//!   median          the median,         that of Maritz and Jarrett: Σ wₖ y₍ₖ₎² − (Σ wₖ y₍ₖ₎)² with
//!                                       wₖ = I_{k/n}(a, a) − I_{(k−1)/n}(a, a), a = (n + 1)/2 [MJ78]
//!
//! Quartiles are interpolated between order statistics at 1 + (n − 1)q.

use statrs::function::beta::beta_reg;

use crate::{Error, Result};

/// What stands for the values of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Centre {
    /// The mean.
    Mean,
    /// The median.
    Median,
    /// The exponential of the mean logarithm; for positive values only.
    GeometricMean,
}

impl Centre {
    /// `mean`, `median` or `geometric-mean`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Median => "median",
            Self::GeometricMean => "geometric-mean",
        }
    }
}

/// All that is known at one x.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Where.
    pub x: f64,
    /// The centre of the values.
    pub value: f64,
    /// Its standard error; `None` for one value.
    pub stderr: Option<f64>,
    /// The standard error of its logarithm, stderr/|value|; `None` for one value and for a centre 0.
    pub log_stderr: Option<f64>,
    /// How many values.
    pub n: usize,
    /// The lower quartile, the median and the upper quartile.
    pub quartiles: [f64; 3],
}

/// Values over x, in ascending x, each with the same seeds.
///
/// ```
/// use ground::fit::{Centre, Points};
/// let points = Points::new(&[8.0, 4.0], &[vec![Some(1.0), None], vec![Some(2.0), Some(8.0)]])?;
/// assert_eq!(points.x(), [4.0, 8.0]);
/// assert!((points.cell(0, Centre::GeometricMean)?.value - 4.0).abs() < 1e-14);
/// # Ok::<(), ground::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    x: Vec<f64>,
    replicates: Vec<Vec<Option<f64>>>, // [x, seeds]
}

impl Points {
    /// `replicates[i][j]` is the value at `x[i]` with seed j, `None` where it is missing.
    ///
    /// The points are put in ascending x. Fails when there is no point, when the lengths differ, when a
    /// number is not finite, and when all values at an x are missing.
    pub fn new(x: &[f64], replicates: &[Vec<Option<f64>>]) -> Result<Self> {
        if x.is_empty() || x.len() != replicates.len() {
            let found =
                format!("{} x and {} lists of values were given", x.len(), replicates.len());
            return Err(Error::input("points", found).allowed("Each x has one list of values"));
        }
        let seeds = replicates[0].len();
        for (&x, values) in x.iter().zip(replicates) {
            check(x, values, seeds)?;
        }
        let mut order: Vec<usize> = (0..x.len()).collect();
        order.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
        Ok(Self {
            x: order.iter().map(|&i| x[i]).collect(),
            replicates: order.iter().map(|&i| replicates[i].clone()).collect(),
        })
    }

    /// One value at each x.
    pub fn single(x: &[f64], y: &[f64]) -> Result<Self> {
        Self::new(x, &y.iter().map(|&y| vec![Some(y)]).collect::<Vec<_>>())
    }

    /// The x, ascending.
    pub fn x(&self) -> &[f64] {
        &self.x
    }

    /// How many points.
    #[allow(clippy::len_without_is_empty, reason = "there is at least one point")]
    pub fn len(&self) -> usize {
        self.x.len()
    }

    /// How many seeds, those with missing values among them.
    pub fn seeds(&self) -> usize {
        self.replicates[0].len()
    }

    /// The cell at point `i`. Fails when a geometric mean is asked of values that are not positive.
    pub fn cell(&self, i: usize, centre: Centre) -> Result<Cell> {
        let values = self.values(i);
        let (value, influences) = influences(&values, centre).map_err(|y| {
            let found = format!("a value at x = {} is {y}", self.x[i]);
            Error::input("points", found).allowed("A geometric mean needs positive values")
        })?;
        let stderr = stderr(&influences);
        let log_stderr = stderr.filter(|_| value != 0.0).map(|stderr| stderr / value.abs());
        let quartiles = quartiles(&values);
        Ok(Cell { x: self.x[i], value, stderr, log_stderr, n: values.len(), quartiles })
    }

    /// The cells at all points.
    pub fn cells(&self, centre: Centre) -> Result<Vec<Cell>> {
        (0..self.len()).map(|i| self.cell(i, centre)).collect()
    }

    /// The values at point `i` that are there.
    pub(super) fn values(&self, i: usize) -> Vec<f64> {
        self.replicates[i].iter().copied().flatten().collect()
    }

    /// The seeds that all of `points` have, and only these points.
    pub(super) fn common(&self, points: &[usize]) -> Self {
        let seeds: Vec<usize> = (0..self.seeds())
            .filter(|&j| points.iter().all(|&i| self.replicates[i][j].is_some()))
            .collect();
        let row = |i: &usize| seeds.iter().map(|&j| self.replicates[*i][j]).collect();
        Self {
            x: points.iter().map(|&i| self.x[i]).collect(),
            replicates: points.iter().map(row).collect(),
        }
    }

    /// The same x with the seeds `draws`, which may repeat; `None` when a point is left without values.
    pub(super) fn drawn(&self, draws: &[usize]) -> Option<Self> {
        let row = |values: &Vec<Option<f64>>| draws.iter().map(|&j| values[j]).collect::<Vec<_>>();
        let replicates: Vec<Vec<_>> = self.replicates.iter().map(row).collect();
        let full = replicates.iter().all(|values| values.iter().any(Option::is_some));
        full.then(|| Self { x: self.x.clone(), replicates })
    }

    /// The points that seed `j` has, with this seed alone; `None` when there are none.
    pub(super) fn of_seed(&self, j: usize) -> Option<Self> {
        let points: Vec<usize> =
            (0..self.len()).filter(|&i| self.replicates[i][j].is_some()).collect();
        let x = points.iter().map(|&i| self.x[i]).collect();
        let replicates = points.iter().map(|&i| vec![self.replicates[i][j]]).collect();
        (!points.is_empty()).then_some(Self { x, replicates })
    }
}

/// Refuses what no fit could use.
fn check(x: f64, values: &[Option<f64>], seeds: usize) -> Result<()> {
    let wrong = |found: String, allowed: &str| Err(Error::input("points", found).allowed(allowed));
    if !x.is_finite() {
        return wrong(format!("an x is {x}"), "Every x is a finite number");
    }
    if values.len() != seeds {
        let found = format!("x = {x} has {} values and another x has {seeds}", values.len());
        return wrong(found, "Seeds are the same at all x, and a missing value is none");
    }
    if let Some(j) = values.iter().position(|y| y.is_some_and(|y| !y.is_finite())) {
        let y = values[j].unwrap_or(f64::NAN);
        let found = format!("the value at x = {x} with seed {j} is {y}");
        return wrong(found, "Values are finite, and a missing value is none");
    }
    if values.iter().all(Option::is_none) {
        return wrong(format!("no value is there at x = {x}"), "Leave this x out");
    }
    Ok(())
}

/// The centre, and how much each value moves it, so that [`stderr`] of these is its standard error. Fails
/// with the value that has no logarithm.
pub(super) fn influences(values: &[f64], centre: Centre) -> std::result::Result<Parts, f64> {
    let n = values.len() as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
    match centre {
        Centre::GeometricMean => {
            if let Some(&y) = values.iter().find(|y| **y <= 0.0) {
                return Err(y);
            }
            let logs: Vec<f64> = values.iter().map(|y| y.ln()).collect();
            let middle = mean(&logs);
            let value = middle.exp();
            Ok((value, logs.iter().map(|z| value * (z - middle)).collect()))
        }
        Centre::Median if values.len() > 2 => {
            let value = quartiles(values)[1];
            let signs: Vec<f64> = values.iter().map(|y| sign(y - value)).collect();
            let count: f64 = signs.iter().map(|sign| sign * sign).sum();
            let size = maritz_jarrett(values) * (n * (n - 1.0) / count.max(1.0)).sqrt();
            Ok((value, signs.iter().map(|sign| sign * size).collect()))
        }
        Centre::Mean | Centre::Median => {
            let value = mean(values);
            Ok((value, values.iter().map(|y| y - value).collect()))
        }
    }
}

/// A centre, and how much each value moves it.
pub(super) type Parts = (f64, Vec<f64>);

/// √(Σ hⱼ²/(n (n − 1))); `None` for one value.
pub(super) fn stderr(influences: &[f64]) -> Option<f64> {
    let n = influences.len() as f64;
    let squares: f64 = influences.iter().map(|h| h * h).sum();
    (influences.len() > 1).then(|| (squares / (n * (n - 1.0))).sqrt())
}

/// −1, 0 or 1.
fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

/// The standard error of a median from the beta weights of the order statistics. [MJ78]
fn maritz_jarrett(values: &[f64]) -> f64 {
    let sorted = sorted(values);
    let (n, middle) = (sorted.len() as f64, sorted[sorted.len() / 2]);
    let a = 0.5 * (n + 1.0);
    let (mut first, mut second, mut before) = (0.0, 0.0, 0.0);
    for (k, y) in sorted.iter().enumerate() {
        let until = beta_reg(a, a, (k + 1) as f64 / n);
        // From the middle: squares of large numbers would cancel.
        first += (until - before) * (y - middle);
        second += (until - before) * (y - middle) * (y - middle);
        before = until;
    }
    (second - first * first).max(0.0).sqrt()
}

/// The values in ascending order.
pub(super) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The number at the share `q` of sorted numbers, linear in between.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a list")]
pub(super) fn quantile(sorted: &[f64], q: f64) -> f64 {
    let place = q * (sorted.len() - 1) as f64;
    let below = (place as usize).min(sorted.len() - 1);
    let above = (below + 1).min(sorted.len() - 1);
    let share = place - below as f64;
    // Equal ends may both be infinite.
    if sorted[below] == sorted[above] || share == 0.0 {
        return sorted[below];
    }
    sorted[below] + share * (sorted[above] - sorted[below])
}

/// The quartiles.
fn quartiles(values: &[f64]) -> [f64; 3] {
    let sorted = sorted(values);
    [0.25, 0.5, 0.75].map(|q| quantile(&sorted, q))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(x: &[f64], replicates: &[Vec<Option<f64>>]) -> String {
        Points::new(x, replicates).unwrap_err().to_string()
    }

    #[test]
    fn a_cell_has_the_numbers_of_scipy() {
        let row = [3.0, 1.0, 4.0, 1.5, 9.0, 2.6].map(Some).to_vec();
        let points = Points::new(&[7.0], &[row]).unwrap();
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
        // numpy.mean, std(ddof=1)/√n and quantile; exp of the mean log; weights from scipy.stats.beta.cdf.
        let mean = points.cell(0, Centre::Mean).unwrap();
        close(mean.value, 3.516_666_666_666_667);
        close(mean.stderr.unwrap(), 1.180_513_071_130_985_5);
        close(mean.quartiles[0], 1.775);
        close(mean.quartiles[1], 2.8);
        close(mean.quartiles[2], 3.75);
        let geometric = points.cell(0, Centre::GeometricMean).unwrap();
        close(geometric.value, 2.737_882_003_441_409_3);
        close(geometric.log_stderr.unwrap(), 0.313_445_139_337_785_06);
        let five = Points::new(&[1.0], &[[3.0, 1.0, 4.0, 1.5, 9.0].map(Some).to_vec()]).unwrap();
        let median = five.cell(0, Centre::Median).unwrap();
        close(median.value, 3.0);
        close(median.stderr.unwrap(), 1.774_782_328_512_428_7);
    }

    #[test]
    fn missing_values_are_left_out_and_one_value_has_no_error() {
        let rows = [vec![Some(1.0), None, Some(3.0)], vec![None, Some(5.0), None]];
        let points = Points::new(&[2.0, 1.0], &rows).unwrap();
        assert_eq!(points.x(), [1.0, 2.0]);
        let [alone, two] = [0, 1].map(|i| points.cell(i, Centre::Mean).unwrap());
        assert_eq!((alone.value, alone.stderr, alone.n), (5.0, None, 1));
        assert_eq!((two.value, two.stderr, two.n), (2.0, Some(1.0), 2));
        assert_eq!(points.drawn(&[0, 0, 2]), None);
    }

    #[test]
    fn the_error_of_a_median_is_its_spread_over_samples() {
        let stream = crate::stream::Stream::new(5);
        let (mut medians, mut errors) = (Vec::new(), 0.0);
        for sample in 0..4000 {
            let values: Vec<f64> = (0..15).map(|k| stream.normal(sample, 0, k)).collect();
            let (median, parts) = influences(&values, Centre::Median).unwrap();
            medians.push(median);
            errors += stderr(&parts).unwrap() / 4000.0;
        }
        let spread = stderr(&medians).unwrap() * 4000.0_f64.sqrt();
        // The median has mean 0; Maritz and Jarrett report a few per cent too much at n = 15.
        assert!((errors / spread - 1.0).abs() < 0.08, "{errors} for {spread}");
    }

    #[test]
    fn sentences_say_what_is_wrong_with_the_numbers() {
        let nan = sentence(&[8.0], &[vec![Some(1.0), Some(f64::NAN)]]);
        let expected = "points: the value at x = 8 with seed 1 is NaN. \
                        Values are finite, and a missing value is none.";
        assert_eq!(nan, expected);
        let expected = "points: no value is there at x = 2. Leave this x out.";
        assert_eq!(sentence(&[2.0], &[vec![None]]), expected);
        let expected = "points: an x is inf. Every x is a finite number.";
        assert_eq!(sentence(&[f64::INFINITY], &[vec![Some(1.0)]]), expected);
        let expected =
            "points: 1 x and 0 lists of values were given. Each x has one list of values.";
        assert_eq!(sentence(&[1.0], &[]), expected);
        let expected = "points: x = 2 has 2 values and another x has 1. \
                        Seeds are the same at all x, and a missing value is none.";
        assert_eq!(
            sentence(
                &[1.0, 2.0],
                &[vec![None; 1], vec![None; 2]].map(|mut row| {
                    row[0] = Some(1.0);
                    row
                })
            ),
            expected
        );
        let points = Points::single(&[1.0], &[-2.0]).unwrap();
        let expected = "points: a value at x = 1 is -2. A geometric mean needs positive values.";
        assert_eq!(points.cell(0, Centre::GeometricMean).unwrap_err().to_string(), expected);
    }
}
