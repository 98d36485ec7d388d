//! What to draw and what to average.

use std::fmt;

use ground::Result;
use ground::estimate::Estimate;
use ground::stream::Stream;
use ground::tape::{Tape, Var};

use crate::budget::ErrorBudget;
use crate::figure::{Figure, Known};
use crate::forecast::Forecast;
use crate::functional::{Batch, Functional};
use crate::params::Params;
use crate::representation::Representation;
use crate::run::Run;
use crate::sheet::{Named, Sheet};
use crate::table::Table;
use crate::watch::Watch;

/// Find f minimising J(f) = E_{z ∼ μ} j(z, f).
///
/// An implementer need not think about optimisers, stopping, files or clocks.
pub trait Problem<R: Representation>: Sized + Send + Sync {
    /// The tape ([`crate::Coupled`]) or a plan of its own.
    type Functional: Functional;
    /// What the user came for: a number, a policy, a potential.
    type Answer: Answer;

    /// What solving it with this form will do and cost.
    fn forecast(&self, form: &R, run: &Run) -> Result<Forecast>;

    /// Couples the problem with a form.
    fn couple(self, form: R, run: &Run) -> Result<Self::Functional>;

    /// From the trained function to the answer, on draws that no descent has seen.
    fn answer(
        j: &mut Self::Functional,
        theta: &Params,
        stream: &Stream,
        watch: &mut dyn Watch,
    ) -> Result<Findings<Self::Answer>>;

    /// The columns of a table of points at which the trained function can be asked.
    fn columns(j: &Self::Functional) -> Vec<String>;

    /// The trained function at points, row by row, in columns of its own: the points first, then what
    /// is found there.
    fn at_points(
        j: &mut Self::Functional,
        theta: &Params,
        points: &Table,
        watch: &mut dyn Watch,
    ) -> Result<Table>;
}

/// An answer with what is known of its error, before the run's verdict.
#[derive(Clone, Debug)]
pub struct Findings<A> {
    /// What the user came for.
    pub answer: A,
    /// How far it may be wrong.
    pub error: ErrorBudget,
    /// Why it cannot be right, where that is seen.
    pub contradiction: Option<String>,
    /// Why it should not be relied on yet, where that is seen.
    pub doubts: Vec<String>,
    /// By how much the validation value may still move without mattering to the answer.
    pub slack: f64,
    /// The largest share of the whole improvement that the second half of a run may bring, where nothing else
    /// says whether it has come to its end.
    pub late: Option<f64>,
}

/// What an answer must be able to do: print for people, and as one object for machines.
pub trait Answer: fmt::Display + Send {
    /// The one number a table of runs shows.
    fn headline(&self) -> Estimate;

    /// Everything, with the keys of the published schema.
    fn json(&self) -> serde_json::Map<String, serde_json::Value>;

    /// What it looks like, beside what is known.
    fn figures(&self, known: &Known) -> Vec<Figure>;

    /// What a page says of it: first what was solved, then what was found.
    fn sheets(&self, known: &Known) -> Vec<Sheet>;

    /// The whole paths it keeps, as arrays for other programs.
    fn paths(&self) -> Vec<Named<'_>>;

    /// Files for other programs: a name and its bytes.
    fn files(&self) -> Result<Vec<(&'static str, Vec<u8>)>> {
        Ok(Vec::new())
    }
}

/// A problem that can write its integrand on a tape: all that [`crate::Coupled`] needs, and the
/// reference of every plan.
pub trait Integral<R: Representation>: Send + Sync {
    /// A batch of draws.
    type Draws;

    /// The draws of a batch. They may depend on the function the paths follow.
    fn draws(&self, batch: Batch, stream: &Stream) -> Result<Self::Draws>;

    /// j(z, f), one row per draw; `theta` holds the blocks of the layout as `[1, n]`.
    fn integrand<'t>(&self, at: At<'_, 't, R, Self::Draws>) -> Result<Integrand<'t>>;
}

/// Where an integrand is recorded.
#[derive(Debug)]
pub struct At<'a, 't, R, D> {
    /// The tape.
    pub tape: &'t Tape,
    /// The form.
    pub form: &'a R,
    /// θ on the tape, a block a variable of shape `[1, n]`.
    pub theta: &'a [Var<'t>],
    /// The draws.
    pub draws: &'a D,
    /// Their name.
    pub batch: Batch,
}

/// j(z, f), draw by draw: what to average, and what to differentiate.
#[derive(Clone, Copy, Debug)]
pub struct Integrand<'t> {
    /// `[n, 1]`: its mean estimates J.
    pub value: Var<'t>,
    /// `[n, 1]`: the θ-gradient of its mean estimates ∇J. It differs from the value where the law of
    /// the draws follows θ and is held fixed.
    pub slope: Var<'t>,
}

impl<'t> From<Var<'t>> for Integrand<'t> {
    /// The usual case: the law does not depend on θ, so ∇J = E ∇j.
    fn from(value: Var<'t>) -> Self {
        Self { value, slope: value }
    }
}
