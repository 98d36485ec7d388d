//! A mean with its error.
//!
//! For n independent numbers xᵢ: mean x̄ = Σxᵢ/n, standard error s/√n with
//! s² = Σ(xᵢ − x̄)²/(n − 1). Two passes and pairwise sums: the rounding error grows as log n.
//! Control variates are numbers cᵢ of known mean 0, subtracted by regression: the least squares fit
//! x ≈ a + Σₖ bₖcₖ has the intercept a as its estimate. [Gla03, §4.1]

use std::fmt;

/// Half the width of the central interval that holds 95 % of a normal law, in standard deviations.
const NORMAL_95: f64 = 1.959_963_984_540_054;

/// The mean of `n` independent numbers and its standard error. Prints as `4.5977(19)`.
///
/// ```
/// use ground::estimate::Estimate;
/// let estimate = Estimate::of(&[1.0, 2.0, 3.0, 4.0]);
/// assert_eq!(estimate.to_string(), "2.50(65)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// The standard error of the mean; NaN where one number says nothing about it.
    pub stderr: f64,
    /// How many numbers.
    pub n: usize,
}

impl Estimate {
    /// The estimate from a sample; both numbers are NaN for an empty one.
    pub fn of(sample: &[f64]) -> Self {
        let n = sample.len();
        let mean = sum(sample, &|x| x) / n as f64;
        // The second sum would be zero without rounding; it takes the error of the mean out.
        let drift = sum(sample, &|x| x - mean);
        let squares = sum(sample, &|x| (x - mean) * (x - mean)) - drift * drift / n as f64;
        Self::from_squares(mean, squares, n, 1)
    }

    /// The estimate from two independent samples together, as if their numbers were in one.
    pub fn merged(self, other: Self) -> Self {
        if self.n == 0 || other.n == 0 {
            return if self.n == 0 { other } else { self };
        }
        let (a, b) = (self.n as f64, other.n as f64);
        let gap = other.mean - self.mean;
        let squares = self.squares() + other.squares() + gap * gap * a * b / (a + b);
        Self::from_squares(self.mean + gap * (b / (a + b)), squares, self.n + other.n, 1)
    }

    /// The mean of `values` with the help of controls of known mean 0.
    ///
    /// The coefficients are those of least squares, the error is that of the residuals with
    /// n − 1 − (number of controls kept) degrees of freedom. A control that is constant or a
    /// combination of the ones before it, to 1e-10 of its norm, is dropped; so are those for which
    /// no degree of freedom is left.
    ///
    /// The estimate is biased by O(1/n), as every ratio of sample means.
    ///
    /// # Panics
    /// If a control has another length than `values`.
    pub fn with_controls(values: &[f64], controls: &[&[f64]]) -> Self {
        let (residual, mean, basis) = regress(values, controls);
        Self::from_intercept(mean, dot(&residual, &residual), values.len(), &basis)
    }

    /// The ratio of two means, E x / E y, from pairs (xᵢ, yᵢ).
    ///
    /// Delta method: the error is that of the mean of (xᵢ − r yᵢ)/ȳ, with r = x̄/ȳ. Biased by O(1/n).
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn ratio(above: &[f64], below: &[f64]) -> Self {
        assert_eq!(above.len(), below.len(), "a ratio needs as many numbers above as below");
        let mean = Self::of(below).mean;
        let ratio = Self::of(above).mean / mean;
        let parts: Vec<f64> =
            above.iter().zip(below).map(|(x, y)| (x - ratio * y) / mean).collect();
        Self { mean: ratio, ..Self::of(&parts) }
    }

    /// How many standard errors away `value` is; not negative.
    pub fn deviation(self, value: f64) -> f64 {
        (self.mean - value).abs() / self.stderr
    }

    /// The interval that holds the true mean in 95 of 100 runs, for large n.
    pub fn interval95(self) -> (f64, f64) {
        (self.mean - NORMAL_95 * self.stderr, self.mean + NORMAL_95 * self.stderr)
    }

    /// From Σ(xᵢ − x̄)² when `fitted` coefficients, the mean among them, came from the sample.
    fn from_squares(mean: f64, squares: f64, n: usize, fitted: usize) -> Self {
        let freedom = n.saturating_sub(fitted);
        let stderr = if freedom == 0 {
            f64::NAN
        } else {
            (squares.max(0.0) / freedom as f64 / n as f64).sqrt()
        };
        Self { mean, stderr, n }
    }

    /// The same for an intercept: Var a = s² (1/n + Σ shift²), shifts along orthonormal columns.
    fn from_intercept(mean: f64, squares: f64, n: usize, basis: &[(Vec<f64>, f64)]) -> Self {
        let plain = Self::from_squares(mean, squares, n, 1 + basis.len());
        let lever: f64 = basis.iter().map(|(_, shift)| shift * shift).sum();
        Self { stderr: plain.stderr * (1.0 + n as f64 * lever).sqrt(), ..plain }
    }

    /// Σ(xᵢ − x̄)² of the sample.
    fn squares(self) -> f64 {
        if self.n < 2 { 0.0 } else { self.stderr.powi(2) * self.n as f64 * (self.n - 1) as f64 }
    }
}

/// Σ f(xᵢ) by halving: error O(log n) ulp.
fn sum(sample: &[f64], f: &impl Fn(f64) -> f64) -> f64 {
    if sample.len() <= 64 {
        return sample.iter().map(|&x| f(x)).sum();
    }
    let (left, right) = sample.split_at(sample.len() / 2);
    sum(left, f) + sum(right, f)
}

/// Σ aᵢbᵢ by halving.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    if a.len() <= 64 {
        return a.iter().zip(b).map(|(a, b)| a * b).sum();
    }
    let half = a.len() / 2;
    dot(&a[..half], &b[..half]) + dot(&a[half..], &b[half..])
}

/// The numbers less their mean, and the mean.
fn centred(sample: &[f64]) -> (Vec<f64>, f64) {
    let mean = sum(sample, &|x| x) / sample.len() as f64;
    (sample.iter().map(|x| x - mean).collect(), mean)
}

/// Takes the part along the unit column `direction` out of `column` and returns its length.
fn remove(column: &mut [f64], direction: &[f64]) -> f64 {
    let part = dot(column, direction);
    for (x, q) in column.iter_mut().zip(direction) {
        *x -= part * q;
    }
    part
}

/// `values` with what controls of known mean 0 explain taken out, number by number: their mean is
/// that of [`Estimate::with_controls`], and sums over parts of a sample stay meaningful.
pub fn controlled(values: &[f64], controls: &[&[f64]]) -> Vec<f64> {
    let (mut residual, mean, _) = regress(values, controls);
    for r in &mut residual {
        *r += mean;
    }
    residual
}

/// A direction of the controls, and the mean its combination has in the sample.
type Direction = (Vec<f64>, f64);

/// Residuals of least squares, the intercept, and the directions kept.
fn regress(values: &[f64], controls: &[&[f64]]) -> (Vec<f64>, f64, Vec<Direction>) {
    let n = values.len();
    // Modified Gram–Schmidt on centred columns. Each basis column q remembers the mean that
    // its combination of controls has in the sample; that mean is known to be 0.
    let mut basis: Vec<Direction> = Vec::new();
    for control in controls {
        assert_eq!(control.len(), n, "a control has {} numbers for {n} values", control.len());
        if basis.len() + 2 >= n {
            break;
        }
        let (mut column, mut mean) = centred(control);
        let norm = dot(&column, &column).sqrt();
        // Twice is enough: the second pass takes out what rounding left.
        for (direction, shift) in basis.iter().chain(&basis) {
            mean -= remove(&mut column, direction) * shift;
        }
        let rest = dot(&column, &column).sqrt();
        if rest > 1e-10 * norm.max(mean.abs() * (n as f64).sqrt()) {
            for x in &mut column {
                *x /= rest;
            }
            basis.push((column, mean / rest));
        }
    }
    let (mut residual, mut mean) = centred(values);
    for (direction, shift) in &basis {
        mean -= remove(&mut residual, direction) * shift;
    }
    (residual, mean, basis)
}

/// An error that is no more than this share of the mean is rounding.
const ROUNDING: f64 = 1e-15;

/// From here on numbers are written with an exponent.
const LARGE: f64 = 1e15;

impl fmt::Display for Estimate {
    /// Two significant digits of the error, the mean to the same place; if there is no error, the
    /// mean to ten significant digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = self.stderr <= ROUNDING * self.mean.abs();
        if exact || !(self.stderr.is_finite() && self.stderr > 0.0 && self.mean.is_finite()) {
            // Through the exponent form, which rounds to significant digits and drops no size.
            let rounded: f64 = format!("{:.9e}", self.mean).parse().unwrap_or(self.mean);
            if rounded.is_finite() && rounded.abs() >= LARGE {
                return write!(f, "{rounded:e}");
            }
            return write!(f, "{rounded}");
        }
        // `{:.1e}` rounds the error to two digits and carries 9.96 to 1.0e1.
        let scientific = format!("{:.1e}", self.stderr);
        let (digits, exponent) = scientific.split_once('e').expect("this format has an exponent");
        let exponent: i32 = exponent.parse().expect("an exponent is a whole number");
        let digits = digits.replace('.', "");
        match exponent {
            ..0 => {
                let places = exponent.unsigned_abs() as usize + 1;
                write!(f, "{:.places$}({digits})", self.mean)
            }
            0 => write!(f, "{:.1}({:.1})", self.mean, self.stderr),
            _ if self.mean.abs() >= LARGE => {
                let power = self.mean.abs().log10().floor();
                let scale = 10f64.powf(power);
                let small =
                    Self { mean: self.mean / scale, stderr: self.stderr / scale, n: self.n };
                write!(f, "{small}e{power}")
            }
            _ => {
                let unit = 10f64.powi(exponent - 1);
                let error = digits.parse::<f64>().expect("two digits") * unit;
                write!(f, "{:.0}({error:.0})", (self.mean / unit).round() * unit)
            }
        }
    }
}

#[cfg(test)]
mod tests;
