//! How a run ended, as a sentence.

use std::fmt;

use ground::Error;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The validation value has settled and nothing contradicts the answer.
    Converged,
    /// It has not settled, the run was cut short, or the answer shows signs of being wrong.
    NotSettled {
        /// What was seen.
        why: String,
    },
    /// The answer cannot be right.
    Contradicted {
        /// What it violates.
        why: String,
    },
    /// A number was not finite: there is no answer.
    NonFinite {
        /// The iteration that failed.
        iteration: u64,
    },
    /// Somebody asked it to stop: there is no answer.
    Interrupted {
        /// The iteration it had reached.
        iteration: u64,
    },
}

/// What ended the descent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Its last move.
    Iterations,
    /// A training value as small as was asked for.
    Loss,
    /// Somebody who looked on: its time was used up.
    Time,
}

impl Stopped {
    /// The word of the published schema.
    pub fn word(self) -> &'static str {
        match self {
            Self::Iterations => "iterations",
            Self::Loss => "loss",
            Self::Time => "time",
        }
    }
}

impl Verdict {
    /// The word of the published schema.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::NotSettled { .. } => "not-settled",
            Self::Contradicted { .. } => "contradicted",
            Self::NonFinite { .. } => "non-finite",
            Self::Interrupted { .. } => "interrupted",
        }
    }

    /// The verdict of a run that an error ended, if it was the run's own doing.
    pub fn of(error: &Error) -> Option<Self> {
        match error {
            Error::Numeric { at, .. } => Some(Self::NonFinite { iteration: *at }),
            Error::Interrupted { at } => Some(Self::Interrupted { iteration: *at }),
            _ => None,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Converged => write!(f, "converged"),
            Self::NotSettled { why } => write!(f, "{}: {why}", self.word()),
            Self::Contradicted { why } => write!(f, "contradicted: {why}"),
            Self::NonFinite { iteration: 0 } => write!(
                f,
                "not finite before anything was learned: a number of the data is too large, or a \
                 formula of the model takes the logarithm or root of a negative number, divides by \
                 zero or overflows; where it is given (u, z), try more steps"
            ),
            Self::NonFinite { iteration } => write!(
                f,
                "not finite at iteration {iteration}; try a smaller descent.rate, more steps, or \
                 precision = \"f64\""
            ),
            Self::Interrupted { iteration } => write!(f, "interrupted at iteration {iteration}"),
        }
    }
}
