//! From tables to something that can be solved, and back to a complete case file.

use std::time::Duration;

use frame::{Job, Known, Run};
use ground::{Error, Result};
use paths::case::{Model, Problem, Representation, Steps};
use paths::form::Form;
use paths::problem::DeepBsde;
use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::descent::{DescentSection, Descents};
use super::expect::Expect;
use super::matrix_file::{Files, embedded};
use super::read::Case;
use super::registry::{section, shaped};
use super::sections::{RunSection, Title};
use super::sweep::Sweep;

/// A case with every default filled in.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The case it comes from.
    pub case: Case,
    /// One line that says what is solved.
    pub title: String,
    /// How long, how many, which seed.
    pub run: Run,
    /// The longest time of the training.
    pub time_limit: Option<Duration>,
    /// The time between two checkpoints.
    pub checkpoint_every: Duration,
    /// A run folder whose trained function to start from.
    pub init: Option<String>,
    /// One key at several values, where the case says so.
    pub sweep: Option<Sweep>,
    /// What one should get, where the case says it.
    pub expect: Option<Expect>,
    complete: Table,
    files: Files,
    parts: (Model, Problem, Representation, Descents),
}

/// Keys on which no number of the answer depends.
const INDIFFERENT: [&str; 3] = ["threads", "time-limit", "checkpoint-every"];

/// Numbers a step and component that are kept in every run, at least.
const NUMBERS: f64 = 8.0;

/// Checks every section and fills in the defaults.
pub fn resolve(case: Case) -> Result<Resolved> {
    read(&case).map_err(|error| case.locate(error)).map(|mut resolved| {
        resolved.case = case;
        resolved
    })
}

fn read(case: &Case) -> Result<Resolved> {
    let (tables, files) = embedded(case)?;
    let tables = tables.as_ref();
    let (title, mut title_table) = section::<Title>(tables, "case")?;
    let (model, model_table) = section::<Model>(tables, "model")?;
    let (problem, problem_table) = section::<Problem>(tables, "problem")?;
    let (representation, form_table) = represented(tables)?;
    let (descent, descent_table) = descending(tables)?;
    let run = section::<RunSection>(tables, "run")?.0.complete();
    let run_table =
        Table::try_from(&run).map_err(|e| Error::bug(format!("[run] cannot be written: {e}")))?;
    let expect = match tables.get("expect") {
        Some(_) => Some(section::<Expect>(tables, "expect")?.0),
        None => None,
    };
    expect.as_ref().map_or(Ok(()), Expect::sound)?;
    let expect = expect.filter(|_| !case.asks_another());
    quick_is_sound(case)?;
    let sweep = match tables.get("sweep") {
        Some(_) => Some(section::<Sweep>(tables, "sweep")?.0),
        None => None,
    };
    if let Some(sweep) = &sweep {
        sweep.sound()?;
        sweep.cases(case)?.into_iter().try_for_each(|one| resolve(one).map(|_| ()))?;
    }
    let descent = descent.of(run.iterations)?;
    let name = if title.title.is_empty() { case.name.clone() } else { title.title };
    title_table.insert("title".to_owned(), Value::String(name.clone()));
    let mut complete = Table::new();
    for (name, table) in [
        ("case", title_table),
        ("model", model_table),
        ("problem", problem_table),
        ("representation", form_table),
        ("descent", descent_table),
        ("run", run_table),
    ] {
        complete.insert(name.to_owned(), Value::Table(table));
    }
    for (name, is_told) in [("sweep", sweep.is_some()), ("expect", expect.is_some())] {
        if let Some(told) = tables.get(name).filter(|_| is_told) {
            complete.insert(name.to_owned(), told.clone());
        }
    }
    Ok(Resolved {
        case: case.clone(),
        title: name,
        time_limit: run.time_limit()?,
        checkpoint_every: run.checkpoint_every()?,
        init: run.init.clone(),
        run: run.run(),
        sweep,
        expect,
        complete,
        files,
        parts: (model, problem, representation, descent),
    })
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

/// `[descent]`, by its kind.
fn descending(tables: &Table) -> Result<(DescentSection, Table)> {
    let name = "descent";
    match shaped(tables, name)? {
        Some("momentum") => as_kind(tables, name, DescentSection::Momentum),
        Some("adagrad") => as_kind(tables, name, DescentSection::AdaGrad),
        _ => as_kind(tables, name, DescentSection::Adam),
    }
}

/// A section as one of its kinds, and the complete section.
fn as_kind<T: DeserializeOwned + Serialize, K>(
    tables: &Table,
    name: &str,
    kind: impl Fn(T) -> K,
) -> Result<(K, Table)> {
    let (read, table) = section(tables, name)?;
    Ok((kind(read), table))
}

/// The overrides of `[quick]` must make a case that can be read.
fn quick_is_sound(case: &Case) -> Result<()> {
    if !case.sections.contains_key("quick") {
        return Ok(());
    }
    let mut quick = case.clone();
    quick.quicken()?;
    let names = ["model", "problem", "representation", "descent", "run"];
    let sweep = quick.sections.contains_key("sweep").then_some("sweep");
    names.into_iter().chain(sweep).try_for_each(|name| shaped(&quick.sections, name).map(|_| ()))
}

impl Resolved {
    /// The job: a problem, a form and a descent.
    pub fn job(&self) -> Result<Box<dyn Job>> {
        let (model, problem, representation, descent) = self.parts.clone();
        let job = paths::case::job(&model, &problem, &representation, descent.boxed())
            .map_err(|error| self.case.locate(self.files.name(error)))?;
        self.known().map(|_| job)
    }

    /// What the case knows beforehand: for pictures and tests, never for a solver.
    pub fn known(&self) -> Result<Known> {
        let Some(expect) = &self.expect else { return Ok(Known::default()) };
        let read = |text: &String| self.parts.0.solution(text);
        let solution =
            expect.solution.as_ref().map(read).transpose().map_err(|e| self.case.locate(e))?;
        let (answer, reference) = (Some(expect.answer.value), expect.answer.reference.clone());
        Ok(Known { answer, reference, solution })
    }

    /// The problem and the form.
    pub fn pose(&self) -> Result<(DeepBsde, Form)> {
        let (model, problem, representation, _) = &self.parts;
        paths::case::pose(model, problem, representation)
            .map_err(|error| self.case.locate(self.files.name(error)))
    }

    /// Memory that any run of this case needs at least, bytes: a few numbers a step and component.
    /// Asked before the job is made, which may be what does not fit.
    pub fn least_bytes(&self) -> f64 {
        NUMBERS * 8.0 * self.parts.0.dim as f64 * self.finest() as f64
    }

    /// The key whose value is furthest beyond what is usual: the one to name where memory is short.
    pub fn largest_key(&self) -> &'static str {
        let dim = ("model.dim", self.parts.0.dim as f64 / 100.0);
        let steps = ("problem.steps", self.finest() as f64 / 80.0);
        let batch = ("run.batch", self.run.batch as f64 / 64.0);
        let fresh = ("run.fresh-paths", self.run.fresh as f64 / 60_000.0);
        let look = ("run.look", self.run.look as f64 / 1024.0);
        let larger = |a: (&'static str, f64), b: (&'static str, f64)| if b.1 > a.1 { b } else { a };
        [steps, batch, fresh, look].into_iter().fold(dim, larger).0
    }

    /// Steps of the finest level.
    fn finest(&self) -> i64 {
        let steps = match &self.parts.1.steps {
            Steps::One(steps) => *steps,
            Steps::Many(levels) => levels.iter().copied().max().unwrap_or(1),
        };
        steps.max(1)
    }

    /// The complete case as a file.
    pub fn text(&self) -> Result<String> {
        toml::to_string(&self.complete)
            .map_err(|e| Error::bug(format!("a case cannot be written: {e}")))
    }

    /// The part of the case on which the answer depends, as text: what a digest is taken of.
    pub fn identity(&self) -> Result<String> {
        let mut table = self.complete.clone();
        for name in ["case", "expect"] {
            table.remove(name);
        }
        if let Some(Value::Table(run)) = table.get_mut("run") {
            run.retain(|key, _| !INDIFFERENT.contains(&key));
        }
        toml::to_string(&table).map_err(|e| Error::bug(format!("a case cannot be written: {e}")))
    }

    /// The keys on which this case and the text of another complete case differ, among those the
    /// answer depends on.
    pub fn differences(&self, other: &str) -> Vec<String> {
        let mut differ = Vec::new();
        let Ok(other) = toml::from_str::<Table>(other) else { return differ };
        for name in ["model", "problem", "representation", "descent", "run", "sweep"] {
            let empty = Value::Table(Table::new());
            let (here, there) = (self.complete.get(name), other.get(name));
            compare(name, here.unwrap_or(&empty), there.unwrap_or(&empty), &mut differ);
        }
        differ.retain(|key| !INDIFFERENT.iter().any(|name| *key == format!("run.{name}")));
        differ
    }
}

fn compare(key: &str, here: &Value, there: &Value, into: &mut Vec<String>) {
    let (Value::Table(a), Value::Table(b)) = (here, there) else {
        if here != there {
            into.push(key.to_owned());
        }
        return;
    };
    for (name, value) in a {
        let key = format!("{key}.{name}");
        match b.get(name) {
            Some(other) => compare(&key, value, other, into),
            None => into.push(key),
        }
    }
    into.extend(b.keys().filter(|name| !a.contains_key(*name)).map(|name| format!("{key}.{name}")));
}
