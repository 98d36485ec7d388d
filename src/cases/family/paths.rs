//! The sections of a parabolic equation.

use frame::{Job, Known};
use ground::{Error, Result};
use paths::case::{Model, Problem, Representation, Steps};
use paths::form::Form;
use paths::problem::DeepBsde;
use toml::Table;

use crate::cases::descent::Descents;
use crate::cases::expect::Expect;
use crate::cases::matrix_file::Files;
use crate::cases::registry::{as_kind, section, shaped};
use crate::cases::sections::RunSection;

/// Numbers a step and component that are kept in every run, at least.
const NUMBERS: f64 = 8.0;

/// The sections, read.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    model: Model,
    problem: Problem,
    representation: Representation,
    descent: Descents,
    files: Files,
}

/// Reads them; what is returned beside them are the complete tables.
pub(crate) fn read(tables: &Table, files: Files, descent: Descents) -> Result<(Parts, [Table; 3])> {
    let (model, model_table) = section::<Model>(tables, "model")?;
    let (problem, problem_table) = section::<Problem>(tables, "problem")?;
    let (representation, form_table) = represented(tables)?;
    let parts = Parts { model, problem, representation, descent, files };
    Ok((parts, [model_table, problem_table, form_table]))
}

/// `[representation]`, by its kind.
fn represented(tables: &Table) -> Result<(Representation, Table)> {
    let name = "representation";
    match shaped(tables, name)? {
        Some("network") => as_kind(tables, name, Representation::Network),
        Some("per-step") => as_kind(tables, name, Representation::PerStep),
        _ => as_kind(tables, name, Representation::Directions),
    }
}

impl Parts {
    /// The job; an error about a matrix names its file.
    pub(crate) fn job(&self) -> Result<Box<dyn Job>> {
        let descent = self.descent.clone().boxed();
        paths::case::job(&self.model, &self.problem, &self.representation, descent)
            .map_err(|error| self.files.name(error))
    }

    /// What the case knows beforehand.
    pub(crate) fn known(&self, expect: &Expect) -> Result<Known> {
        let read = |text: &String| self.model.solution(text);
        let solution = expect.solution.as_ref().map(read).transpose()?;
        let (answer, reference) = match &expect.answer {
            Some(promise) => (Some(promise.value), promise.reference.clone()),
            None => (None, String::new()),
        };
        Ok(Known { answer, reference, solution })
    }

    /// The problem and the form.
    pub(crate) fn pose(&self) -> Result<(DeepBsde, Form)> {
        paths::case::pose(&self.model, &self.problem, &self.representation)
            .map_err(|error| self.files.name(error))
    }

    /// Memory that any run needs at least, bytes: a few numbers a step and component.
    pub(crate) fn least_bytes(&self) -> f64 {
        NUMBERS * 8.0 * self.model.dim as f64 * self.finest() as f64
    }

    /// The key whose value is furthest beyond what is usual.
    pub(crate) fn largest_key(&self, run: &frame::Run) -> &'static str {
        let dim = ("model.dim", self.model.dim as f64 / 100.0);
        let steps = ("problem.steps", self.finest() as f64 / 80.0);
        let batch = ("run.batch", run.batch as f64 / 64.0);
        let fresh = ("run.fresh-paths", run.fresh as f64 / 60_000.0);
        let look = ("run.look", run.look as f64 / 1024.0);
        let larger = |a: (&'static str, f64), b: (&'static str, f64)| if b.1 > a.1 { b } else { a };
        [steps, batch, fresh, look].into_iter().fold(dim, larger).0
    }

    /// Steps of the finest level.
    fn finest(&self) -> i64 {
        let steps = match &self.problem.steps {
            Steps::One(steps) => *steps,
            Steps::Many(levels) => levels.iter().copied().max().unwrap_or(1),
        };
        steps.max(1)
    }
}

/// Refuses what `[run]` and `[expect]` say where it means nothing for equations.
pub(crate) fn sound(run: &RunSection, expect: Option<&Expect>) -> Result<()> {
    if run.look < 2 {
        return Err(Error::input("run.look", format!("{} is too small", run.look))
            .allowed("Write a whole number, 2 or more"));
    }
    if run.finetune.is_some() {
        return Err(Error::input("run.finetune", "an equation has no data to fit a potential to")
            .allowed("Write run.init: a run folder whose trained function to start from"));
    }
    expect.map_or(Ok(()), Expect::of_equations)
}
