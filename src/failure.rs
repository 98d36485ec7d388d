//! What a verb failed with, and the exit code that says so.

use ground::Error;

use crate::cases::Case;

/// Exit codes.
pub(crate) mod code {
    /// An answer, converged.
    pub(crate) const CONVERGED: u8 = 0;
    /// An answer that is not settled or is contradicted, or the time limit.
    pub(crate) const DOUBTFUL: u8 = 1;
    /// Bad input.
    pub(crate) const INPUT: u8 = 2;
    /// Non-finite, disk, bug.
    pub(crate) const FAILURE: u8 = 3;
    /// Interrupted, saved.
    pub(crate) const INTERRUPTED: u8 = 130;
}

/// An error, and the line of the case file it is about.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The error.
    pub error: Error,
    /// The line, with a mark under the wrong place.
    pub excerpt: Option<String>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, excerpt: None }
    }
}

impl Failure {
    /// An error about a case.
    pub(crate) fn of(error: Error, case: &Case) -> Self {
        let excerpt = case.excerpt(&error);
        Self { error, excerpt }
    }

    /// What stderr shows.
    pub fn text(&self) -> String {
        let mut text = self.error.to_string();
        if let Some(excerpt) = &self.excerpt {
            text.push('\n');
            text.push_str(excerpt);
        }
        text
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self.error {
            Error::Input(_) => code::INPUT,
            Error::Interrupted { .. } => code::INTERRUPTED,
            Error::Numeric { .. } | Error::Io { .. } | Error::Bug { .. } => code::FAILURE,
        }
    }
}

/// What a verb comes to: its exit code.
pub(crate) type Outcome = Result<u8, Failure>;
