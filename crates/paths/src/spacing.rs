//! How the times of a grid are spaced: equal steps, a power law, or times that are given.
//!
//! ```text
//! uniform   t_n = t₀ + n h,                        h = (T − t₀)/N
//! power     t_n = t₀ + (T − t₀)(1 − (1 − n/N)^p),  h_n = (T − t₀)((1 − n/N)^p − (1 − (n+1)/N)^p)
//! times     τ_0 = 0 < τ_1 < … < τ_m = T on m steps; km steps cut each interval into k equal parts
//! ```
//! Levels share Brownian paths: where N divides N′ the times of N are among those of N′. For the last
//! two they are so bit by bit, because n/N is the same quotient.
//!
//! Step errors add up like Σ h_n² c(t_n). For p > ½ that is of order 1 in 1/N, whatever p; below, the
//! last step alone, of length T N^(−p), makes it order 2p.

use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The shortest step, in units of T: of a shorter one rounding leaves few digits of T − t.
const SHORTEST: f64 = 1e-12;
/// How far the last of given times may be from T, in units of T: both are decimal numbers.
const ROUNDING: f64 = 1e-12;

/// How the times of a grid are spaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Spacing {
    /// As a word says.
    Word(Even),
    /// By a power law.
    Power(Power),
    /// As given.
    Times(Times),
}

/// The word "uniform".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Even {
    /// Equal steps.
    Uniform,
}

/// t = T (1 − (1 − n/N)^p).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Power {
    /// p, positive: steps shrink towards T for p > 1 and towards 0 for p < 1; 1 for equal steps.
    pub power: f64,
}

/// Times that are given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// The times of the first level, increasing from 0 to T: one more than it has steps.
    pub times: Vec<f64>,
}

/// The steps of a grid.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cut {
    /// t_n, where steps begin, `[n]`.
    pub(crate) times: Vec<f64>,
    /// h_n, `[n]`.
    pub(crate) lengths: Vec<f64>,
}

impl Default for Spacing {
    fn default() -> Self {
        Self::Word(Even::Uniform)
    }
}

impl Spacing {
    /// The power law with exponent p.
    pub fn power(power: f64) -> Self {
        Self::Power(Power { power })
    }

    /// Times from 0 to T.
    pub fn times(times: impl IntoIterator<Item = f64>) -> Self {
        Self::Times(Times { times: times.into_iter().collect() })
    }

    /// Whether steps are equal by construction.
    pub(crate) fn is_uniform(&self) -> bool {
        matches!(self, Self::Word(Even::Uniform))
    }

    /// For grids of other steps than the levels', or that begin at other times than 0: given times
    /// say nothing of those.
    pub(crate) fn elsewhere(&self) -> Self {
        match self {
            Self::Times(_) => Self::default(),
            other => other.clone(),
        }
    }

    /// The order in 1/N of the error that time steps leave.
    pub(crate) fn order(&self) -> f64 {
        match self {
            Self::Power(Power { power }) => (2.0 * power).min(1.0),
            _ => 1.0,
        }
    }

    /// N steps from t₀ to T; given times begin at 0 and have a divisor of N as their number of steps.
    pub(crate) fn cut(&self, (from, horizon): (f64, f64), steps: usize) -> Cut {
        let whole = horizon - from;
        match self {
            Self::Word(Even::Uniform) => {
                let h = whole / steps as f64;
                let times = (0..steps).map(|n| from + n as f64 * h).collect();
                Cut { times, lengths: vec![h; steps] }
            }
            Self::Power(Power { power }) => {
                // ln of what is left after n steps, in units of the whole: no digits are lost near
                // 0 or near T.
                let left = |n: usize| power * ((steps - n) as f64 / steps as f64).ln();
                let time = |n: usize| from - whole * left(n).exp_m1();
                let length = |n: usize| {
                    let ratio = (steps - n - 1) as f64 / (steps - n) as f64;
                    -whole * left(n).exp() * (power * ratio.ln()).exp_m1()
                };
                let times = (0..steps).map(time).collect();
                Cut { times, lengths: (0..steps).map(length).collect() }
            }
            Self::Times(Times { times }) => {
                let parts = steps / (times.len() - 1);
                let each = |n: usize| {
                    let (k, j) = (n / parts, n % parts);
                    let gap = times[k + 1] - times[k];
                    (times[k] + j as f64 / parts as f64 * gap, gap / parts as f64)
                };
                let (times, lengths) = (0..steps).map(each).unzip();
                Cut { times, lengths }
            }
        }
    }

    /// Whether it is a grid of [0, T] for these levels, which increase and divide the last.
    pub(crate) fn check(&self, horizon: f64, levels: &[usize]) -> Result<()> {
        let key = match self {
            Self::Word(Even::Uniform) => return Ok(()),
            Self::Power(Power { power }) => {
                if !(*power > 0.0 && power.is_finite()) {
                    return Err(Error::input(
                        "problem.grid.power",
                        format!("`{power}` is no power"),
                    )
                    .allowed("A positive number: 1 for equal steps, 2 for finer ones towards T"));
                }
                "problem.grid.power"
            }
            Self::Times(Times { times }) => {
                check_times(times, horizon)?;
                check_number(times.len() - 1, levels)?;
                "problem.grid.times"
            }
        };
        let finest = levels[levels.len() - 1];
        let shortest = self.shortest(horizon, finest) / horizon;
        if shortest < SHORTEST {
            let found = format!("the shortest of {finest} steps is {shortest:.1e} T");
            return Err(Error::input(key, found).allowed(format!(
                "Steps of at least {SHORTEST:e} T, which rounding leaves alone"
            )));
        }
        Ok(())
    }

    /// The length of the shortest of N steps of [0, T].
    pub(crate) fn shortest(&self, horizon: f64, steps: usize) -> f64 {
        match self {
            Self::Word(Even::Uniform) => horizon / steps as f64,
            // The first or the last: h is monotone.
            Self::Power(Power { power }) => {
                let least = (1.0 / steps as f64).powf(*power);
                let first = -(power * (-1.0 / steps as f64).ln_1p()).exp_m1();
                horizon * first.min(least)
            }
            Self::Times(Times { times }) => {
                let parts = steps / (times.len() - 1);
                let gaps = times.windows(2).map(|pair| pair[1] - pair[0]);
                gaps.fold(horizon, f64::min) / parts as f64
            }
        }
    }

    /// What it is on a level of N steps, for people.
    pub(crate) fn describe(&self, horizon: f64, steps: usize) -> String {
        let ends = || {
            let lengths = self.cut((0.0, horizon), steps).lengths;
            let (least, most) =
                lengths.iter().fold((horizon, 0.0_f64), |(a, b), &h| (a.min(h), b.max(h)));
            format!("{steps} steps from {least:.3e} to {most:.3e} long")
        };
        match self {
            Self::Word(Even::Uniform) => "uniform".to_owned(),
            Self::Power(Power { power }) => {
                format!("t = T (1 − (1 − n/N)^{power}), {}", ends())
            }
            Self::Times(_) => format!("given, {}", ends()),
        }
    }
}

/// Times increase from 0 to T.
fn check_times(times: &[f64], horizon: f64) -> Result<()> {
    let refused = |found: String, allowed: String| {
        Err(Error::input("problem.grid.times", found).allowed(allowed))
    };
    let [first, .., last] = times else {
        let allowed = "A list of times, increasing from 0 to T".to_owned();
        return refused("there are fewer than 2 times".to_owned(), allowed);
    };
    if *first != 0.0 {
        return refused(format!("they start at `{first}`"), "Paths start at 0".to_owned());
    }
    for (here, next) in times.iter().zip(&times[1..]) {
        // A time that is not a number is greater than none.
        let increases = next > here;
        if !increases {
            let found = format!("`{here}` is followed by `{next}`");
            return refused(found, "Times increase from 0 to T".to_owned());
        }
    }
    if (last - horizon).abs() > ROUNDING * horizon {
        let allowed = format!("The last time is T = {horizon}, the model.horizon");
        return refused(format!("they end at `{last}`"), allowed);
    }
    Ok(())
}

/// The first level has these intervals, and every level cuts them into equal parts.
fn check_number(intervals: usize, levels: &[usize]) -> Result<()> {
    let first = levels[0];
    if intervals != first {
        let found = format!(
            "{} times make {intervals} steps, but problem.steps begins with {first}",
            intervals + 1
        );
        let allowed = format!("Give {} times, or begin problem.steps with {intervals}", first + 1);
        return Err(Error::input("problem.grid.times", found).allowed(allowed));
    }
    match levels.iter().find(|&&level| !level.is_multiple_of(intervals)) {
        None => Ok(()),
        Some(level) => Err(Error::input(
            "problem.steps",
            format!("{level} steps do not cut the {intervals} intervals of problem.grid into equal parts"),
        )
        .allowed(format!("Multiples of {intervals}"))),
    }
}

#[cfg(test)]
mod tests;
