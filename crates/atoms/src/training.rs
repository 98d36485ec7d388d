//! Force matching as a functional.

use frame::problem::Findings;
use frame::{
    Batch, Coupled, ErrorBudget, Forecast, Functional, Params, Problem, Run, Table, Term, Watch,
    Work,
};
use ground::estimate::Estimate;
use ground::stream::Stream;
use ground::{Error, Result};

use crate::answer::Trained;
use crate::form::DeepPotential;
use crate::problem::ForceMatching;

/// A form and the data it is trained on.
#[derive(Debug)]
pub struct Training {
    coupled: Coupled<ForceMatching, DeepPotential>,
}

impl Functional for Training {
    fn value(&mut self, theta: &Params, batch: Batch) -> Result<Estimate> {
        self.coupled.value(theta, batch)
    }

    fn gradient(&mut self, theta: &Params, batch: Batch, into: &mut Params) -> Result<Estimate> {
        self.coupled.gradient(theta, batch, into)
    }

    fn work(&self) -> Work {
        self.coupled.work()
    }
}

impl Problem<DeepPotential> for ForceMatching {
    type Functional = Training;
    type Answer = Trained;

    fn forecast(&self, _: &DeepPotential, _: &Run) -> Result<Forecast> {
        Ok(Forecast::default())
    }

    fn couple(self, form: DeepPotential, run: &Run) -> Result<Training> {
        Ok(Training { coupled: Coupled::new(self, form, run) })
    }

    fn answer(
        j: &mut Training,
        theta: &Params,
        _: &Stream,
        watch: &mut dyn Watch,
    ) -> Result<Findings<Trained>> {
        let (problem, form) = (&j.coupled.problem, &j.coupled.form);
        let answer = Trained::of(problem, form, theta, watch)?;
        let unknown = |why: &str| Term::Unknown { why: why.to_owned() };
        Ok(Findings {
            answer,
            error: ErrorBudget {
                estimation: unknown("not yet"),
                optimisation: unknown("not yet"),
                discretisation: unknown("not yet"),
                approximation: unknown("not yet"),
            },
            contradiction: None,
            doubts: Vec::new(),
            slack: f64::INFINITY,
        })
    }

    fn at_points(_: &mut Training, _: &Params, _: &Table, _: &mut dyn Watch) -> Result<Table> {
        Err(Error::input("--at", "a potential is asked at frames, not at points of a table")
            .allowed("Write: esperance eval RUN/model.dp FRAMES"))
    }
}
