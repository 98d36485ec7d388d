//! A mean-reverting model fitted to a series of equally spaced values.
//!
//! ```text
//! x' = x + κ (μ − x) + σ ξ,   ξ ~ N(0, 1)
//! ```
//! Ordinary least squares of x' = a + b x over the n pairs of neighbours: κ = 1 − b, μ = a / κ, and σ²
//! is the sum of squared residuals over n − 2. With S = Σ (x − x̄)² and D = x̄' − x̄ the errors are
//! ```text
//! Var κ = σ² / S,   Var σ = σ² / (2 (n − 2)),   Var μ = σ² / (n κ²) + (D / κ²)² σ² / S
//! ```
//! The fitted rate is too high by about (1 + 3b) / n, which is not taken out. Residuals of a fit whose
//! noise is independent have a lag-one autocorrelation with the variance b² / n, which is less than 1 / n
//! because the fit has taken most of it up [BP70]; 1 / n² is added for its bias.

use std::fmt;

use ground::estimate::Estimate;
use ground::{Error, Result};

/// The fewest values that are fitted.
const FEWEST: usize = 8;

/// What x is, where neither its values nor its logarithms revert.
const WALK: &str = "A random walk is nearer, or a longer series";

/// A fitted mean-reverting model, per step of the series. Prints as `mean 50.2(3), rate 0.81(2), sigma
/// 9.7(1) a step`, each number with two digits of its error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reversion {
    /// μ, to which x returns; that of the logarithms where they are fitted.
    pub mean: Estimate,
    /// κ, the part of the way to μ that is made in a step.
    pub rate: Estimate,
    /// σ, the standard deviation of what a step adds.
    pub sigma: Estimate,
    /// The lag-one autocorrelation of the residuals: far from 0, one value does not say what the next is
    /// drawn from.
    pub residual: Estimate,
    /// Whether x is the logarithm of the values.
    pub log: bool,
    /// The first x.
    pub first: f64,
    /// The last x.
    pub last: f64,
}

impl Reversion {
    /// The fit to `values`, or to their logarithms.
    ///
    /// Refused are fewer than 8 values, values that do not vary or are not finite, logarithms of what is
    /// not positive, and rates outside (0, 2), at which nothing returns to a mean. The key of an error is
    /// empty: the caller knows it.
    ///
    /// ```
    /// use control::calibrate::Reversion;
    /// let fit = Reversion::fit(&[1.0, 2.0, 0.0, 1.0, 2.0, 1.0, 0.0, 2.0, 1.0], false).unwrap();
    /// assert_eq!(fit.rate.to_string(), "1.44(37)");
    /// ```
    pub fn fit(values: &[f64], log: bool) -> Result<Self> {
        let x = fitted(values, log)?;
        let (before, after) = (&x[..x.len() - 1], &x[1..]);
        let n = before.len();
        let (count, free) = (n as f64, (n - 2) as f64);
        let (mean, next) = (average(before), average(after));
        let spread: f64 = before.iter().map(|x| (x - mean).powi(2)).sum();
        if spread.sqrt() <= 1e-13 * mean.abs() * count.sqrt() {
            return Err(Error::input("", format!("all values but the last are {}", values[0]))
                .allowed("A series that varies can be fitted"));
        }
        let pairs = || before.iter().zip(after);
        let slope = pairs().map(|(x, y)| (x - mean) * (y - next)).sum::<f64>() / spread;
        let residuals: Vec<f64> = pairs().map(|(x, y)| (y - next) - slope * (x - mean)).collect();
        let squares: f64 = residuals.iter().map(|e| e * e).sum();
        let sigma = (squares / free).sqrt();
        let (kappa, drift) = (1.0 - slope, next - mean);
        let rate = Estimate { mean: kappa, stderr: sigma / spread.sqrt(), n };
        returns(rate)?;
        let lever = drift / (kappa * kappa) * rate.stderr;
        let around = sigma / (count.sqrt() * kappa);
        let fit = Self {
            mean: Estimate { mean: mean + drift / kappa, stderr: around.hypot(lever), n },
            rate,
            sigma: Estimate { mean: sigma, stderr: sigma / (2.0 * free).sqrt(), n },
            residual: autocorrelation(&residuals, squares, slope),
            log,
            first: x[0],
            last: x[n],
        };
        let numbers = [fit.mean.mean, fit.mean.stderr, fit.rate.stderr, fit.sigma.mean];
        if numbers.iter().all(|x| x.is_finite()) {
            return Ok(fit);
        }
        Err(Error::input("", "the squares of the values are beyond what numbers can hold")
            .allowed("Give them in a larger unit"))
    }

    /// What the fit leaves of every step of a series, in units of σ.
    pub fn left(&self, values: &[f64]) -> Result<Vec<f64>> {
        let x = fitted(values, self.log)?;
        let due = |before: f64| before + self.rate.mean * (self.mean.mean - before);
        Ok(x.array_windows().map(|[a, b]| (b - due(*a)) / self.sigma.mean).collect())
    }

    /// Whether the rate is within two of its errors of 0: a random walk would do as well.
    pub fn is_doubtful(&self) -> bool {
        self.rate.mean < 2.0 * self.rate.stderr
    }
}

/// What is fitted: the values, or their logarithms.
fn fitted(values: &[f64], log: bool) -> Result<Vec<f64>> {
    if values.len() < FEWEST {
        return Err(Error::input("", format!("{} values", values.len()))
            .allowed(format!("At least {FEWEST} can be fitted")));
    }
    let refused = |at: usize, what: &str| {
        Error::input("", format!("value {} is {}, which {what}", at + 1, values[at]))
    };
    if let Some(at) = values.iter().position(|x| !x.is_finite()) {
        return Err(refused(at, "is not finite").allowed("Finite numbers can be fitted"));
    }
    if !log {
        return Ok(values.to_vec());
    }
    match values.iter().position(|&x| x <= 0.0) {
        Some(at) => Err(refused(at, "has no logarithm")
            .allowed("Fit the values themselves, or a series of positive ones")),
        None => Ok(values.iter().map(|x| x.ln()).collect()),
    }
}

/// Refuses a rate at which nothing returns to a mean.
fn returns(rate: Estimate) -> Result<()> {
    if rate.mean <= 0.0 {
        let found = format!("the fitted rate is {rate} a step: nothing returns to a mean");
        return Err(Error::input("", found).allowed(WALK));
    }
    if rate.mean >= 2.0 {
        let found =
            format!("the fitted rate is {rate} a step: every step goes further beyond the mean");
        return Err(
            Error::input("", found).allowed("Rates are below 2; the series has another law")
        );
    }
    Ok(())
}

/// Of residuals e with Σ e² = `squares`, after a fit with this slope.
fn autocorrelation(e: &[f64], squares: f64, slope: f64) -> Estimate {
    let n = e.len();
    let stderr = (slope * slope / n as f64).sqrt().hypot(1.0 / n as f64);
    let products: f64 = e.windows(2).map(|e| e[0] * e[1]).sum();
    let mean = if squares > 0.0 { products / squares } else { 0.0 };
    Estimate { mean, stderr, n }
}

fn average(x: &[f64]) -> f64 {
    Estimate::of(x).mean
}

impl fmt::Display for Reversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = if self.log { " of the logarithms" } else { "" };
        write!(f, "mean{of} {}, rate {}, sigma {} a step", self.mean, self.rate, self.sigma)
    }
}

#[cfg(test)]
mod tests;
