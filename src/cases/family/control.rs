//! The sections of a control problem.

use control::Model;
use control::case::{Descends, Models, Problem, Representation};
use control::plan::Plan;
use frame::{Descent, Job};
use ground::{Error, Result};
use toml::Table;

use crate::cases::descent::Descents;
use crate::cases::expect::Expect;
use crate::cases::registry::{as_kind, section, shaped};
use crate::cases::sections::RunSection;

/// The sections, read.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    model: Models,
    problem: Problem,
    representation: Representation,
    descent: Descents,
}

impl Descends for Descents {
    fn of<M: Model>(&self) -> Box<dyn Descent<Plan<M>>> {
        self.clone().boxed()
    }
}

/// Reads them; what is returned beside them are the complete tables.
pub(crate) fn read(tables: &Table, descent: Descents) -> Result<(Parts, [Table; 3])> {
    let (model, model_table) = modelled(tables)?;
    let (problem, problem_table) = section::<Problem>(tables, "problem")?;
    let (representation, form_table) = section::<Representation>(tables, "representation")?;
    let parts = Parts { model, problem, representation, descent };
    Ok((parts, [model_table, problem_table, form_table]))
}

/// `[model]`, by its kind.
fn modelled(tables: &Table) -> Result<(Models, Table)> {
    let name = "model";
    match shaped(tables, name)? {
        Some("liquidation") => as_kind(tables, name, Models::Liquidation),
        Some("consumption") => as_kind(tables, name, Models::Consumption),
        Some("execution") => as_kind(tables, name, Models::Execution),
        Some("storage") => as_kind(tables, name, Models::Storage),
        Some("formulas") => as_kind(tables, name, |own| Models::Formulas(Box::new(own))),
        _ => as_kind(tables, name, |lqg| Models::Lqg(Box::new(lqg))),
    }
}

impl Parts {
    /// The job.
    pub(crate) fn job(&self) -> Result<Box<dyn Job>> {
        control::case::job(&self.model, &self.problem, &self.representation, &self.descent)
    }
}

/// Refuses what `[run]` and `[expect]` say where it means nothing for control.
pub(crate) fn sound(run: &RunSection, expect: Option<&Expect>) -> Result<()> {
    if run.look < 2 {
        return Err(Error::input("run.look", format!("{} is too small", run.look))
            .allowed("Write a whole number, 2 or more"));
    }
    if run.finetune.is_some() {
        return Err(Error::input("run.finetune", "a policy is no potential")
            .allowed("Write run.init: a run folder whose policy to start from"));
    }
    expect.map_or(Ok(()), Expect::of_control)
}
