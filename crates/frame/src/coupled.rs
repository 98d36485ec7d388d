//! Problem × representation → functional, on the tape: the judge of every plan.
//!
//! One tape a batch: slow, readable, always there. Problems whose draws are coupled (a variance
//! over the batch) need the whole batch at once, so there is one lane.

use ground::estimate::Estimate;
use ground::stream::Stream;
use ground::tape::{Tape, Var, grad};
use ground::{Error, Result};

use crate::functional::{Batch, Functional, Work};
use crate::params::Params;
use crate::problem::{At, Integral, Integrand};
use crate::representation::Representation;
use crate::run::Run;

/// Any problem with an integrand on the tape, coupled with a form.
#[derive(Debug)]
pub struct Coupled<P, R> {
    /// The problem.
    pub problem: P,
    /// The form.
    pub form: R,
    stream: Stream,
    work: Work,
}

impl<P: Integral<R>, R: Representation> Coupled<P, R> {
    /// The functional of a run.
    pub fn new(problem: P, form: R, run: &Run) -> Self {
        Self { problem, form, stream: Stream::new(run.seed), work: Work::default() }
    }

    /// Records the integrand of a batch and hands it, with θ, to `task`.
    fn record<T>(
        &mut self,
        theta: &Params,
        batch: Batch,
        task: impl for<'t> FnOnce(Integrand<'t>, &[Var<'t>]) -> T,
    ) -> Result<T> {
        let draws = self.problem.draws(batch, &self.stream)?;
        let tape = Tape::default();
        let on_tape = |k: usize| {
            let values = theta.get(k);
            let row = ground::array::Array::from_shape_vec((1, values.len()), values);
            tape.variable(row.expect("one row holds all values"))
        };
        let vars: Vec<_> = (0..theta.layout().blocks.len()).map(on_tape).collect();
        let at = At { tape: &tape, form: &self.form, theta: &vars, draws: &draws, batch };
        let done = task(self.problem.integrand(at)?, &vars);
        self.work.operations += tape.len() as u64;
        Ok(done)
    }
}

fn estimate(value: Var<'_>, batch: Batch) -> Result<Estimate> {
    let sample: Vec<f64> = value.value().iter().copied().collect();
    let estimate = Estimate::of(&sample);
    if estimate.mean.is_finite() {
        Ok(estimate)
    } else {
        Err(Error::Numeric { what: "the loss".to_owned(), at: batch.step })
    }
}

impl<P: Integral<R>, R: Representation> Functional for Coupled<P, R> {
    fn value(&mut self, theta: &Params, batch: Batch) -> Result<Estimate> {
        self.work.values += batch.n as u64;
        self.record(theta, batch, |j, _| estimate(j.value, batch))?
    }

    fn gradient(&mut self, theta: &Params, batch: Batch, into: &mut Params) -> Result<Estimate> {
        self.work.gradients += batch.n as u64;
        let (value, slopes) = self.record(theta, batch, |j, vars| {
            let slopes = grad(j.slope.mean(), vars);
            let slopes: Vec<Vec<f64>> =
                slopes.iter().map(|s| s.value().iter().copied().collect()).collect();
            (estimate(j.value, batch), slopes)
        })?;
        for (k, slope) in slopes.iter().enumerate() {
            into.set(k, slope);
        }
        value
    }

    fn work(&self) -> Work {
        self.work
    }
}
