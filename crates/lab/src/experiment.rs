//! What is measured without a descent: one call from settings to records.

use std::fmt;

use frame::params::Layout;
use frame::{
    Checkpoint, ErrorBudget, Forecast, Job, Params, Precision, Report, Run, Stopped, Term, Trace,
    Trained, Verdict, Watch, Work,
};
use ground::stream::Stream;
use ground::{Error, Result};

use crate::answer::Measured;

/// A measurement. It draws from the stream it is given, and from nothing else.
pub trait Experiment: fmt::Debug + Send {
    /// What it will do and cost.
    fn forecast(&self) -> Result<Forecast>;

    /// Measures.
    fn measure(&self, stream: &Stream, watch: &mut dyn Watch) -> Result<(Measured, ErrorBudget)>;
}

/// A measurement as a job.
#[derive(Debug)]
pub struct Measurement(pub Box<dyn Experiment>);

impl Measurement {
    fn report(&self, stream: &Stream, watch: &mut dyn Watch) -> Result<Report> {
        let (measured, error) = self.0.measure(stream, watch)?;
        if let Some(name) = measured.trouble() {
            return Err(Error::Numeric { what: name.to_owned(), at: 0 });
        }
        Ok(Report {
            answer: Box::new(measured),
            error,
            verdict: Verdict::Converged,
            stopped: Stopped::Iterations,
            params: Params::zeros(Layout::default(), Precision::F64),
            trace: Trace::default(),
            work: Work::default(),
        })
    }
}

impl Job for Measurement {
    fn forecast(&self, _: &Run) -> Result<Forecast> {
        self.0.forecast()
    }

    fn fits(&self, _: &Run, _: &Checkpoint) -> Result<()> {
        Ok(())
    }

    fn run(self: Box<Self>, run: &Run, watch: &mut dyn Watch) -> Result<Report> {
        self.report(&Stream::new(run.seed), watch)
    }

    /// The same on other draws.
    fn answer(
        self: Box<Self>,
        run: &Run,
        _: &Checkpoint,
        draws: &str,
        watch: &mut dyn Watch,
    ) -> Result<Report> {
        self.report(&Stream::new(run.seed).child(draws), watch)
    }

    fn trained(self: Box<Self>, _: &Run, _: &Checkpoint) -> Result<Box<dyn Trained>> {
        Err(Error::input(
            "problem.kind",
            "this is measured without a descent, and leaves no parameters",
        )
        .allowed("Ask the function of a run with representation.kind = \"two-layer\""))
    }
}

/// The budget of a number that is exact but for rounding.
pub(crate) fn exact(how: &str) -> ErrorBudget {
    let absent = |why: &str| Term::Absent { why: why.to_owned() };
    ErrorBudget {
        estimation: Term::Measured { size: 0.0, how: how.to_owned() },
        optimisation: absent("nothing is descended"),
        discretisation: absent("nothing is cut into steps"),
        approximation: absent("it is what is measured"),
    }
}

/// The budget of a mean over draws.
pub(crate) fn sampled(stderr: f64, how: &str) -> ErrorBudget {
    ErrorBudget { estimation: Term::Measured { size: stderr, how: how.to_owned() }, ..exact("") }
}

/// What a measurement will cost.
pub(crate) fn forecast(
    facts: &[(&str, String)],
    [operations, bytes]: [f64; 2],
    cites: &[&str],
) -> Forecast {
    Forecast {
        facts: facts.iter().map(|(topic, fact)| ((*topic).to_owned(), fact.clone())).collect(),
        bytes,
        operations,
        cites: cites.iter().map(|key| (*key).to_owned()).collect(),
    }
}
