//! Answer, budget, verdict: what a run leaves behind.

use std::fmt;

use crate::budget::ErrorBudget;
use crate::functional::Work;
use crate::params::Params;
use crate::problem::Answer;
use crate::trace::Trace;
use crate::verdict::{Stopped, Verdict};

/// An answer that says how far it may be wrong, and the function behind it.
#[derive(Debug)]
pub struct Solution<A, J> {
    /// What the user came for.
    pub answer: A,
    /// How far it may be wrong.
    pub error: ErrorBudget,
    /// How the run ended.
    pub verdict: Verdict,
    /// What ended its descent.
    pub stopped: Stopped,
    /// The trained parameters.
    pub params: Params,
    /// What was recorded on the way.
    pub trace: Trace,
    /// What it cost.
    pub work: Work,
    /// The functional, which can evaluate the trained function.
    pub functional: J,
}

/// A solution with its types forgotten: what files, JSON and pages need.
pub struct Report {
    /// What the user came for.
    pub answer: Box<dyn Answer>,
    /// How far it may be wrong.
    pub error: ErrorBudget,
    /// How the run ended.
    pub verdict: Verdict,
    /// What ended its descent.
    pub stopped: Stopped,
    /// The trained parameters.
    pub params: Params,
    /// What was recorded on the way.
    pub trace: Trace,
    /// What it cost.
    pub work: Work,
}

impl<A: Answer + 'static, J> From<Solution<A, J>> for Report {
    fn from(solution: Solution<A, J>) -> Self {
        let Solution { answer, error, verdict, stopped, params, trace, work, functional: _ } =
            solution;
        Self { answer: Box::new(answer), error, verdict, stopped, params, trace, work }
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Report of {}: {}", self.answer, self.verdict)
    }
}
