//! A problem, a form and a descent in one box: what a case file becomes.

use std::fmt;

use ground::Result;
use ground::stream::Stream;

use crate::descent::Descent;
use crate::forecast::Forecast;
use crate::functional::Functional;
use crate::problem::Problem;
use crate::representation::Representation;
use crate::run::Run;
use crate::solution::Report;
use crate::solve::{judge, solve};
use crate::watch::Watch;
use crate::{Checkpoint, Params, Stopped, Table, Trace};

/// Something that can be solved, its types forgotten.
pub trait Job: Send {
    /// What it will do and cost.
    fn forecast(&self, run: &Run) -> Result<Forecast>;

    /// An error unless the trained parameters are of this form and of the precision of the run.
    fn fits(&self, run: &Run, trained: &Checkpoint) -> Result<()>;

    /// Trains and answers.
    fn run(self: Box<Self>, run: &Run, watch: &mut dyn Watch) -> Result<Report>;

    /// Answers with given parameters, on the draws named `draws`: no training.
    fn answer(
        self: Box<Self>,
        run: &Run,
        trained: &Checkpoint,
        draws: &str,
        watch: &mut dyn Watch,
    ) -> Result<Report>;

    /// The trained function of given parameters, to be asked at points: no training.
    fn trained(self: Box<Self>, run: &Run, trained: &Checkpoint) -> Result<Box<dyn Trained>>;
}

/// A trained function, its types forgotten.
pub trait Trained: Send {
    /// The columns of a table of points.
    fn columns(&self) -> Vec<String>;

    /// The function at points, row by row, in columns of its own: the points first, then what is found
    /// there.
    fn at_points(&mut self, points: &Table, watch: &mut dyn Watch) -> Result<Table>;
}

/// A problem coupled with a form, and the parameters that were found.
struct Found<P: Problem<R>, R: Representation> {
    functional: P::Functional,
    params: Params,
}

impl<P: Problem<R>, R: Representation> Trained for Found<P, R> {
    fn columns(&self) -> Vec<String> {
        P::columns(&self.functional)
    }

    fn at_points(&mut self, points: &Table, watch: &mut dyn Watch) -> Result<Table> {
        P::at_points(&mut self.functional, &self.params, points, watch)
    }
}

/// A problem, a form and a descent.
#[derive(Clone, Debug)]
pub struct Posed<P, R, D> {
    /// The problem.
    pub problem: P,
    /// The form.
    pub form: R,
    /// The descent.
    pub descent: D,
}

impl<P, R, D> Job for Posed<P, R, D>
where
    R: Representation + fmt::Debug + 'static,
    P: Problem<R> + 'static,
    P::Functional: 'static,
    P::Answer: 'static,
    D: Descent<P::Functional>,
{
    fn forecast(&self, run: &Run) -> Result<Forecast> {
        self.problem.forecast(&self.form, run)
    }

    fn fits(&self, run: &Run, trained: &Checkpoint) -> Result<()> {
        restored(&self.form, run, trained).map(|_| ())
    }

    fn run(self: Box<Self>, run: &Run, watch: &mut dyn Watch) -> Result<Report> {
        Ok(solve(self.problem, self.form, self.descent, run, watch)?.into())
    }

    fn answer(
        self: Box<Self>,
        run: &Run,
        trained: &Checkpoint,
        draws: &str,
        watch: &mut dyn Watch,
    ) -> Result<Report> {
        let params = restored(&self.form, run, trained)?;
        let mut functional = self.problem.couple(self.form, run)?;
        let stream = Stream::new(run.seed).child(draws);
        let found = P::answer(&mut functional, &params, &stream, watch)?;
        let verdict = judge(&Trace::default(), &found, None);
        Ok(Report {
            answer: Box::new(found.answer),
            error: found.error,
            verdict,
            stopped: Stopped::Iterations,
            params,
            trace: Trace::default(),
            work: functional.work(),
        })
    }

    fn trained(self: Box<Self>, run: &Run, trained: &Checkpoint) -> Result<Box<dyn Trained>> {
        let params = restored(&self.form, run, trained)?;
        let functional = self.problem.couple(self.form, run)?;
        Ok(Box::new(Found::<P, R> { functional, params }))
    }
}

/// The trained parameters, if they are of this form and of the precision of the run.
fn restored<R: Representation>(form: &R, run: &Run, trained: &Checkpoint) -> Result<Params> {
    let mut params = form.init(run.precision, &Stream::new(run.seed))?;
    trained.restore(&mut params)?;
    Ok(params)
}
