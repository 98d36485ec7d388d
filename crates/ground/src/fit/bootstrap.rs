//! Intervals from drawing seeds again, all x together.
//!
//! A resample draws as many seeds as there are, with replacement, and takes each at all x: whatever ties the
//! numbers of a seed together stays. The law is fitted to each resample with the weights of the data.
//! The interval lies between the quantiles α' and 1 − α' of the fits with α' = Φ(−t √(n/(n − 1))) for n
//! seeds: plain percentiles are too narrow by that factor when seeds are few [Hes15, §3.4]. The
//! standard error is the standard deviation of the fits by the same factor √(n/(n − 1)).

use super::law::Kind;
use super::points::{quantile, sorted};
use super::student::expanded_tail;
use super::{Data, Law, Options, Parameter, Points};
use crate::stream::Stream;
use crate::{Error, Result, par};

/// How to draw again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resampling {
    /// Where the draws come from.
    pub stream: Stream,
    /// How many resamples; 2000 leave a few beyond the ends of an interval from 5 seeds.
    pub resamples: usize,
}

impl Resampling {
    /// The seeds of resample `k`.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a list")]
    pub(super) fn draws(&self, k: usize, seeds: usize) -> Vec<usize> {
        let place = |j: usize| (self.stream.uniform(k as u64, 0, j) * seeds as f64) as usize;
        (0..seeds).map(|j| place(j).min(seeds - 1)).collect()
    }

    /// Refuses what gives no interval.
    pub(super) fn check(&self, seeds: usize) -> Result<()> {
        if seeds < 2 {
            return Err(Error::input("fit", "a bootstrap over seeds was asked with one seed")
                .allowed("It needs 2 seeds at least, better 5"));
        }
        if self.resamples < 100 {
            let found = format!("{} resamples were asked", self.resamples);
            return Err(Error::input("fit", found).allowed("An interval needs 100 at least"));
        }
        Ok(())
    }
}

/// Fits to resampled seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Bootstrap {
    /// The parameters of the fit to the data, with errors and intervals over seeds.
    pub parameters: Vec<Parameter>,
    /// How many seeds.
    pub seeds: usize,
    /// How many resamples could be fitted.
    pub fitted: usize,
    /// How many could not.
    pub failed: usize,
}

/// The parameters of a law with intervals over seeds.
///
/// Fails where [`super::fit`] does, with fewer than 2 seeds, and when less than half of the resamples can
/// be fitted.
pub fn bootstrap(
    points: &Points,
    law: Law,
    options: &Options,
    resampling: &Resampling,
) -> Result<Bootstrap> {
    let seeds = points.seeds();
    resampling.check(seeds)?;
    let data = Data::of(points, options)?;
    let fit = data.fit(law)?;
    let resample = |k: usize| {
        let drawn = points.drawn(&resampling.draws(k, seeds))?;
        let cells = drawn.cells(options.centre).ok()?;
        let centres = cells.iter().map(|cell| cell.value).collect();
        let weights = data.weights.clone();
        Data { x: drawn.x().to_vec(), centres, weights, centre: options.centre }.solve(law).ok()
    };
    let fits: Vec<Vec<f64>> =
        par::map(resampling.resamples, resample).into_iter().flatten().map(|s| s.theta).collect();
    let (fitted, failed) = (fits.len(), resampling.resamples - fits.len());
    if fitted < failed {
        let found = format!("{failed} of {} resamples cannot be fitted", resampling.resamples);
        return Err(Error::input("fit", found).allowed("Take the interval of Student instead"));
    }
    let parameters = (0..law.parameters().len())
        .map(|k| {
            let column: Vec<f64> = fits.iter().map(|theta| theta[k]).collect();
            parameter(law, k, fit.theta[k], (&column, seeds))
        })
        .collect();
    Ok(Bootstrap { parameters, seeds, fitted, failed })
}

/// A parameter from the resampled values of its coordinate.
fn parameter(law: Law, k: usize, theta: f64, (fits, seeds): (&[f64], usize)) -> Parameter {
    let n = fits.len() as f64;
    let mean = fits.iter().sum::<f64>() / n;
    let squares: f64 = fits.iter().map(|v| (v - mean) * (v - mean)).sum();
    let stderr = (squares / (n - 1.0) * seeds as f64 / (seeds as f64 - 1.0)).sqrt();
    let ends = interval(fits, seeds);
    let name = law.parameters()[k];
    match law.kind(k) {
        Kind::Plain | Kind::NotNegative => Parameter { name, value: theta, stderr, ci95: ends },
        Kind::Exponential => {
            let value = theta.exp();
            Parameter { name, value, stderr: value * stderr, ci95: ends.map(f64::exp) }
        }
    }
}

/// The expanded percentile interval of resampled values.
pub(super) fn interval(values: &[f64], seeds: usize) -> [f64; 2] {
    let (sorted, tail) = (sorted(values), expanded_tail(seeds));
    [quantile(&sorted, tail), quantile(&sorted, 1.0 - tail)]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{noisy, plain};
    use super::*;

    const RESAMPLING: fn(u64) -> Resampling =
        |seed| Resampling { stream: Stream::new(seed).child("bootstrap"), resamples: 2000 };

    #[test]
    fn the_interval_over_five_seeds_covers() {
        let x = [16.0, 64.0, 256.0, 1024.0, 4096.0];
        let covered = (0..300)
            .filter(|&repeat| {
                let points = noisy(&x, &|x: f64| x.powf(-0.5), 5, repeat);
                let resampling = Resampling { resamples: 500, ..RESAMPLING(repeat) };
                let found = bootstrap(&points, Law::Power, &plain(), &resampling).unwrap();
                let [low, high] = found.parameters[1].ci95;
                low <= -0.5 && -0.5 <= high
            })
            .count();
        // Five seeds: expanded percentiles keep 95 % to a few per cent, plain ones have about 85 %.
        assert!((276..=297).contains(&covered), "{covered} of 300");
    }

    #[test]
    fn what_all_x_of_a_seed_share_is_no_error_of_the_exponent() {
        // Only the scale differs between seeds: each has the same exponent exactly.
        let x = [1.0, 2.0, 4.0, 8.0];
        let rows: Vec<Vec<Option<f64>>> =
            x.iter().map(|x| [1.0, 1.3, 0.8].map(|c: f64| Some(c / x)).to_vec()).collect();
        let points = Points::new(&x, &rows).unwrap();
        let found = bootstrap(&points, Law::Power, &plain(), &RESAMPLING(1)).unwrap();
        assert!((found.parameters[1].ci95[1] - found.parameters[1].ci95[0]).abs() < 1e-12);
        assert!(found.parameters[0].stderr > 0.1);
    }

    #[test]
    fn the_bits_do_not_depend_on_the_number_of_threads() {
        let points = noisy(&[1.0, 2.0, 4.0, 8.0, 16.0], &|x: f64| 1.0 / x + 0.1, 4, 1);
        let run = || bootstrap(&points, Law::Plateau, &plain(), &RESAMPLING(3)).unwrap();
        let [one, four] = [1, 4].map(|threads| par::pool(threads).unwrap().install(run));
        assert_eq!(one, four);
    }

    #[test]
    fn sentences_say_what_a_bootstrap_needs() {
        let points = Points::single(&[1.0, 2.0, 4.0], &[1.0, 0.5, 0.2]).unwrap();
        let sentence = |points: &Points, resampling: &Resampling| {
            bootstrap(points, Law::Power, &plain(), resampling).unwrap_err().to_string()
        };
        let expected = "fit: a bootstrap over seeds was asked with one seed. \
                        It needs 2 seeds at least, better 5.";
        assert_eq!(sentence(&points, &RESAMPLING(1)), expected);
        let few = Resampling { resamples: 10, ..RESAMPLING(1) };
        let points = noisy(&[1.0, 2.0, 4.0], &|x| x, 3, 0);
        let expected = "fit: 10 resamples were asked. An interval needs 100 at least.";
        assert_eq!(sentence(&points, &few), expected);
    }
}
