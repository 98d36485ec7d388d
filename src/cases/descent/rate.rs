//! `[descent] rate`: a number, a fall by one of three laws, or steps.

use frame::descent::schedule::{self, Schedule};
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A rate over the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Rate {
    /// The same always.
    Number(f64),
    /// From one number to another.
    Fall(Fall),
    /// Piecewise constant.
    Steps(Boundaries),
}

/// From one number to another over the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fall {
    /// At the start.
    pub from: f64,
    /// At the end.
    pub to: f64,
    /// "cosine": half a cosine; "exponential": a straight line in the logarithm; "plateau": `from`
    /// until the last part of the run, where it falls. Default: "cosine".
    #[serde(default)]
    pub law: Law,
    /// Exponential: iterations that the rate stays the same before it falls again. Default: it falls
    /// at every iteration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub every: Option<u64>,
    /// Exponential: the factor by which the rate falls after `every` iterations, never below `to`.
    /// Default: the one that reaches `to` at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// Plateau: the share of the run, at its end, in which the rate falls. Default: 0.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<f64>,
    /// Plateau: how the rate falls: "inverse", its reciprocal in a straight line, "linear" or
    /// "cosine". Default: "inverse".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail: Option<Tail>,
    /// Iterations before the fall in which the rate rises to `from` in a straight line. Default: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<u64>,
    /// Where that rise begins, as a share of `from`. Default: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub warm_up_from: Option<f64>,
}

/// How a rate falls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Law {
    /// Half a cosine.
    #[default]
    Cosine,
    /// A straight line in the logarithm.
    Exponential,
    /// The same until the last part of the run.
    Plateau,
}

/// How a plateau ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tail {
    /// The reciprocal in a straight line.
    Inverse,
    /// A straight line.
    Linear,
    /// Half a cosine.
    Cosine,
}

/// Piecewise constant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Boundaries {
    /// Iterations at which the value changes, increasing.
    pub at: Vec<u64>,
    /// The values between them: one more than boundaries.
    pub values: Vec<f64>,
}

fn wrong(key: &str, found: impl Into<String>, allowed: &str) -> Error {
    Error::input(format!("descent.rate{key}"), found).allowed(allowed)
}

fn positive(key: &str, rate: f64) -> Result<()> {
    if rate > 0.0 && rate.is_finite() {
        return Ok(());
    }
    Err(wrong(key, format!("{rate} is not a rate"), "Write a finite number above 0"))
}

impl Rate {
    /// The schedule of a run of so many iterations.
    pub(super) fn schedule(&self, iterations: u64) -> Result<Schedule> {
        match self {
            Self::Number(rate) => {
                positive("", *rate)?;
                Ok(Schedule::Constant(*rate))
            }
            Self::Fall(fall) => fall.schedule(iterations),
            Self::Steps(Boundaries { at, values }) => {
                if values.len() != at.len() + 1 {
                    let found = format!("{} values for {} boundaries", values.len(), at.len());
                    let one_more = "Give one value more than boundaries: the last holds to the end";
                    return Err(wrong("", found, one_more));
                }
                if at.windows(2).any(|pair| pair[0] >= pair[1]) {
                    let order = "Write iterations in increasing order";
                    return Err(wrong(".at", "the boundaries do not increase", order));
                }
                values.iter().try_for_each(|rate| positive(".values", *rate))?;
                Ok(Schedule::Steps { at: at.clone(), values: values.clone() })
            }
        }
    }
}

impl Fall {
    /// Half a cosine.
    pub fn cosine(from: f64, to: f64) -> Self {
        Self {
            from,
            to,
            law: Law::Cosine,
            every: None,
            ratio: None,
            last: None,
            tail: None,
            warm_up: None,
            warm_up_from: None,
        }
    }

    fn schedule(&self, iterations: u64) -> Result<Schedule> {
        positive(".from", self.from)?;
        positive(".to", self.to)?;
        if self.to > self.from {
            let found =
                format!("{:?} is above from = {:?}: the rate would rise", self.to, self.from);
            let fall = "Write a number up to `from`; a rise at the start is `warm-up`";
            return Err(wrong(".to", found, fall));
        }
        self.of_another_law()?;
        let warm = self.warm_up(iterations)?;
        let then = self.law(iterations, iterations - warm)?;
        if warm == 0 {
            return Ok(then);
        }
        let share = self.warm_up_from.unwrap_or(0.0);
        Ok(Schedule::WarmUp { steps: warm, share, then: Box::new(then) })
    }

    /// Refuses keys that another law has.
    fn of_another_law(&self) -> Result<()> {
        for (key, given, law, name) in [
            ("every", self.every.is_some(), Law::Exponential, "exponential"),
            ("ratio", self.ratio.is_some(), Law::Exponential, "exponential"),
            ("last", self.last.is_some(), Law::Plateau, "plateau"),
            ("tail", self.tail.is_some(), Law::Plateau, "plateau"),
        ] {
            if given && self.law != law {
                let remove = format!("Write law = \"{name}\" too, or remove it");
                return Err(wrong(
                    &format!(".{key}"),
                    format!("this is for law = \"{name}\" only"),
                    &remove,
                ));
            }
        }
        Ok(())
    }

    /// Iterations of the rise before.
    fn warm_up(&self, iterations: u64) -> Result<u64> {
        let warm = self.warm_up.unwrap_or(0);
        if let (0, Some(_)) = (warm, self.warm_up_from) {
            let write = "Write `warm-up` too, the iterations of the rise, or remove it";
            return Err(wrong(".warm-up-from", "there is no rise", write));
        }
        if warm > 0 && warm >= iterations {
            let found = format!(
                "{warm} iterations of warm-up are not fewer than the {iterations} of the run"
            );
            return Err(wrong(".warm-up", found, "Write fewer, or raise run.iterations"));
        }
        Ok(warm)
    }

    /// The law itself over the iterations after the warm-up, `rest` of `whole`.
    fn law(&self, whole: u64, rest: u64) -> Result<Schedule> {
        let (from, to) = (self.from, self.to);
        Ok(match self.law {
            Law::Cosine => Schedule::Cosine { from, to },
            Law::Exponential => match (self.every, self.ratio) {
                (None, None) => Schedule::Exponential { from, to },
                (every, ratio) => self.staircase(every, ratio, rest)?,
            },
            Law::Plateau => {
                let last = self.last.unwrap_or(0.1);
                if !(last > 0.0 && last <= 1.0) {
                    let found = format!("{last} is no share of the run");
                    return Err(wrong(".last", found, "Write a number above 0, up to 1"));
                }
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a share of a whole number"
                )]
                let fall = ((last * whole as f64) as u64).min(rest).max(1);
                let tail = match self.tail.unwrap_or(Tail::Inverse) {
                    Tail::Inverse => schedule::Tail::Inverse,
                    Tail::Linear => schedule::Tail::Linear,
                    Tail::Cosine => schedule::Tail::Cosine,
                };
                Schedule::Plateau { from, to, fall, tail }
            }
        })
    }

    fn staircase(&self, every: Option<u64>, ratio: Option<f64>, rest: u64) -> Result<Schedule> {
        let Some(every) = every else {
            let write = "Write `every` too, the iterations after which the rate falls by it";
            return Err(wrong(".ratio", "it is not known after how many iterations", write));
        };
        if every == 0 {
            return Err(wrong(".every", "0 iterations hold no rate", "Write 1 or more"));
        }
        if let Some(ratio) = ratio
            && !(ratio > 0.0 && ratio <= 1.0)
        {
            let found = format!("a rate times {ratio} does not fall");
            return Err(wrong(".ratio", found, "Write a number above 0, up to 1"));
        }
        if ratio.is_none() && every >= rest && rest > 0 && self.to < self.from {
            let found = format!("the rate would never fall: there are {rest} iterations of it");
            return Err(wrong(".every", found, "Write a number below that, such as a hundredth"));
        }
        Ok(Schedule::Staircase { from: self.from, to: self.to, every, ratio })
    }
}

#[cfg(test)]
mod tests;
