//! A problem, a form and a descent in one box: what a case file becomes.

use std::fmt;

use ground::Result;

use crate::descent::Descent;
use crate::forecast::Forecast;
use crate::functional::Functional;
use crate::problem::Problem;
use crate::representation::Representation;
use crate::run::Run;
use crate::solution::Report;
use crate::solve::{judge, solve};
use crate::watch::Watch;
use crate::{Checkpoint, Table, Trace};

/// Something that can be solved, its types forgotten.
pub trait Job {
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

    /// The trained function at points: no training.
    fn at_points(
        self: Box<Self>,
        run: &Run,
        trained: &Checkpoint,
        points: &Table,
        watch: &mut dyn Watch,
    ) -> Result<Table>;
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
    R: Representation + fmt::Debug,
    P: Problem<R>,
    P::Answer: 'static,
    D: Descent<P::Functional>,
{
    fn forecast(&self, run: &Run) -> Result<Forecast> {
        self.problem.forecast(&self.form, run)
    }

    fn fits(&self, run: &Run, trained: &Checkpoint) -> Result<()> {
        let stream = ground::stream::Stream::new(run.seed);
        trained.restore(&mut self.form.init(run.precision, &stream)?)
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
        let stream = ground::stream::Stream::new(run.seed);
        let mut params = self.form.init(run.precision, &stream.child("init"))?;
        trained.restore(&mut params)?;
        let mut functional = self.problem.couple(self.form, run)?;
        let found = P::answer(&mut functional, &params, &stream.child(draws), watch)?;
        let verdict = judge(&Trace::default(), &found, None);
        Ok(Report {
            answer: Box::new(found.answer),
            error: found.error,
            verdict,
            params,
            trace: Trace::default(),
            work: functional.work(),
        })
    }

    fn at_points(
        self: Box<Self>,
        run: &Run,
        trained: &Checkpoint,
        points: &Table,
        watch: &mut dyn Watch,
    ) -> Result<Table> {
        let mut params = self.form.init(run.precision, &ground::stream::Stream::new(run.seed))?;
        trained.restore(&mut params)?;
        P::at_points(&mut self.problem.couple(self.form, run)?, &params, points, watch)
    }
}
