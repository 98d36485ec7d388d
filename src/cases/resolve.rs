//! From tables to something that can be solved, and back to a complete case file.

use std::borrow::Cow;
use std::time::Duration;

use frame::{Checkpoint, Job, Known, Run, Schedule};
use ground::{Error, Result};
use paths::form::Form;
use paths::problem::DeepBsde;
use toml::{Table, Value};

use super::descent::DescentSection;
use super::expect::Expect;
use super::family::{self, Family, Parts};
use super::read::Case;
use super::registry::{as_kind, section, shaped};
use super::sections::{RunSection, Title};
use super::sweep::Sweep;
use super::{matrix_file, series_file};

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
    parts: Parts,
}

/// Keys on which no number of the answer depends: threads and times, and where data lie, whose digest
/// counts.
const INDIFFERENT: [&str; 19] = [
    "model.file",
    "model.labels",
    "model.test-file",
    "model.test-labels",
    "model.folder",
    "sweep.derive",
    "sweep.over",
    "sweep.repeats",
    "sweep.record",
    "sweep.statistic",
    "sweep.known",
    "sweep.fit",
    "sweep.figure",
    "run.threads",
    "run.time-limit",
    "run.checkpoint-every",
    "problem.data",
    "problem.validation",
    "problem.source",
];

/// Checks every section and fills in the defaults.
pub fn resolve(case: Case) -> Result<Resolved> {
    read(&case).map_err(|error| case.locate(error)).map(|mut resolved| {
        resolved.case = case;
        resolved
    })
}

fn read(case: &Case) -> Result<Resolved> {
    let (tables, files) = matrix_file::embedded(case)?;
    let tables = series_file::embedded(case, tables)?;
    let tables = tables.as_ref();
    let (title, mut title_table) = section::<Title>(tables, "case")?;
    shaped(tables, "model")?;
    let family = Family::of(tables);
    let run = section::<RunSection>(tables, "run")?.0.complete();
    let (parts, owned) = partitioned(case, tables, files, &run)?;
    let whole_sample = matches!(&parts, Parts::Lab(parts) if parts.is_whole_sample());
    if run.until.is_some() && !whole_sample {
        return Err(Error::input(
            "run.until",
            "the batches of this problem are not its whole sample",
        )
        .allowed(
            "Leave it out: a descent must not be judged by the batch it has just learned from",
        ));
    }
    let expect = expected(tables, family, &run)?;
    let expect = expect.filter(|_| !case.asks_another());
    quick_is_sound(case)?;
    let sweep = swept(case, tables, expect.as_ref())?;
    let name = if title.title.is_empty() { case.name.clone() } else { title.title };
    title_table.insert("title".to_owned(), Value::String(name.clone()));
    let mut complete = Table::new();
    let names = ["model", "problem", "representation", "descent"];
    let owned = names.into_iter().zip(owned).filter(|(_, table)| !table.is_empty());
    let run_table = running(case, &run, family)?;
    let all = std::iter::once(("case", title_table)).chain(owned).chain([("run", run_table)]);
    for (name, table) in all {
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
        parts,
    })
}

/// The sections of the family, read, and their complete tables: of its model, problem, representation and
/// descent, empty where it has none.
fn partitioned(
    case: &Case,
    tables: &Table,
    files: matrix_file::Files,
    run: &RunSection,
) -> Result<(Parts, [Table; 4])> {
    let family = Family::of(tables);
    if family == Family::Program {
        let (parts, [model, problem, form]) = family::program::read(case, tables, run)?;
        return Ok((Parts::Program(Box::new(parts)), [model, problem, form, Table::new()]));
    }
    if family == Family::Lab {
        let (parts, tables) = family::lab::read(case, tables, run)?;
        return Ok((Parts::Lab(Box::new(parts)), tables));
    }
    let (descent, descent_table) = descending(tables)?;
    let descent = descent.of(run.iterations)?;
    let (parts, [model, problem, form]) = match family {
        Family::Atoms => {
            let (parts, tables) = family::atoms::read(case, tables, run, descent)?;
            (Parts::Atoms(Box::new(parts)), tables)
        }
        Family::Control => {
            let (parts, tables) = family::control::read(tables, descent)?;
            (Parts::Control(Box::new(parts)), tables)
        }
        Family::Paths | Family::Lab | Family::Program => {
            let (parts, tables) = family::paths::read(tables, files, descent)?;
            (Parts::Paths(Box::new(parts)), tables)
        }
    };
    Ok((parts, [model, problem, form, descent_table]))
}

/// `[expect]`, where there is one, once it and `[run]` mean something in the family.
fn expected(tables: &Table, family: Family, run: &RunSection) -> Result<Option<Expect>> {
    let expect = match tables.get("expect") {
        Some(_) => Some(section::<Expect>(tables, "expect")?.0),
        None => None,
    };
    match family {
        Family::Paths => family::paths::sound(run, expect.as_ref())?,
        Family::Atoms => family::atoms::sound(tables, run, expect.as_ref())?,
        Family::Control => family::control::sound(run, expect.as_ref())?,
        Family::Lab | Family::Program => {}
    }
    Ok(expect)
}

/// The complete `[run]`: what means something in the family.
fn running(case: &Case, run: &RunSection, family: Family) -> Result<Table> {
    let table =
        Table::try_from(run).map_err(|e| Error::bug(format!("[run] cannot be written: {e}")))?;
    Ok(match family {
        Family::Paths | Family::Control | Family::Lab | Family::Program => table,
        Family::Atoms => family::atoms::own(case, table),
    })
}

/// `[sweep]`, where there is one, and what is expected of it.
fn swept(case: &Case, tables: &Table, expect: Option<&Expect>) -> Result<Option<Sweep>> {
    let checks = expect.map_or(&[][..], |expect| &expect.study);
    if tables.get("sweep").is_none() {
        return if checks.is_empty() {
            Ok(None)
        } else {
            Err(Error::input("expect.study", "this case has no [sweep]")
                .allowed("Say with [sweep] what the study is"))
        };
    }
    let sweep = section::<Sweep>(tables, "sweep")?.0;
    sweep.sound(case)?;
    checks.iter().enumerate().try_for_each(|(k, check)| check.sound(k, &sweep))?;
    Ok(Some(sweep))
}

/// `[descent]`, by its kind.
pub(super) fn descending(tables: &Table) -> Result<(DescentSection, Table)> {
    let name = "descent";
    match shaped(tables, name)? {
        Some("momentum") => as_kind(tables, name, DescentSection::Momentum),
        Some("adagrad") => as_kind(tables, name, DescentSection::AdaGrad),
        _ => as_kind(tables, name, DescentSection::Adam),
    }
}

/// The overrides of `[quick]` must make a case that can be read.
fn quick_is_sound(case: &Case) -> Result<()> {
    if !case.sections.contains_key("quick") {
        return Ok(());
    }
    let mut quick = case.clone();
    quick.quicken()?;
    let names = ["model", "problem", "representation", "descent", "run"];
    let tables = series_file::embedded(&quick, Cow::Borrowed(&quick.sections))?;
    // What a case leaves out has defaults, or does not belong to it.
    let there = |name: &&str| tables.contains_key(*name);
    let all = names.into_iter().chain(["sweep"]).filter(there);
    all.into_iter().try_for_each(|name| shaped(&tables, name).map(|_| ()))
}

impl Resolved {
    /// The job: a problem, a form and a descent.
    pub fn job(&self) -> Result<Box<dyn Job>> {
        self.ready().map(|(job, _)| job)
    }

    /// The job and its run, which may start from the weights of a potential.
    pub fn ready(&self) -> Result<(Box<dyn Job>, Run)> {
        let (job, theta) = self.parts.job(&self.case).map_err(|e| self.case.locate(e))?;
        self.known()?;
        let mut run = self.run.clone();
        if let Some(theta) = theta {
            run.init = Some(Checkpoint::of(&theta)?);
        }
        Ok((job, run))
    }

    /// Its family.
    pub fn family(&self) -> Family {
        self.parts.family()
    }

    /// What was odd in the data that its job read, a sentence each.
    pub fn notes(&self) -> &[String] {
        match &self.parts {
            Parts::Paths(_) | Parts::Control(_) | Parts::Lab(_) | Parts::Program(_) => &[],
            Parts::Atoms(parts) => parts.notes(),
        }
    }

    /// The rate of the descent of a training on data, and over how many iterations.
    pub fn rate(&self) -> Option<(Schedule, u64)> {
        match &self.parts {
            Parts::Paths(_) | Parts::Control(_) | Parts::Lab(_) | Parts::Program(_) => None,
            Parts::Atoms(parts) => Some(parts.rate.clone()),
        }
    }

    /// What the case knows beforehand: for pictures and tests, never for a solver.
    pub fn known(&self) -> Result<Known> {
        let Some(expect) = &self.expect else { return Ok(Known::default()) };
        self.parts.known(expect).map_err(|error| self.case.locate(error))
    }

    /// The problem and the form of an equation.
    pub fn pose(&self) -> Result<(DeepBsde, Form)> {
        match &self.parts {
            Parts::Paths(parts) => parts.pose().map_err(|error| self.case.locate(error)),
            Parts::Atoms(_) | Parts::Control(_) | Parts::Lab(_) | Parts::Program(_) => {
                let found = "this is not a case of an equation";
                Err(self.case.locate(Error::input("model.kind", found)))
            }
        }
    }

    /// Memory that any run of this case needs at least, bytes. Asked before the job is made, which may be
    /// what does not fit.
    pub fn least_bytes(&self) -> f64 {
        match &self.parts {
            Parts::Paths(parts) => parts.least_bytes(),
            Parts::Atoms(_) | Parts::Control(_) | Parts::Lab(_) | Parts::Program(_) => 0.0,
        }
    }

    /// The key whose value is furthest beyond what is usual, the one to name where memory is short; and
    /// what to do then.
    pub fn largest_key(&self) -> (&'static str, &'static str) {
        match &self.parts {
            Parts::Paths(parts) => (
                parts.largest_key(&self.run),
                "Reduce model.dim, problem.steps, run.batch or run.fresh-paths, or choose precision = \
                 \"f32\"",
            ),
            Parts::Control(_) => (
                "run.batch",
                "Reduce model.horizon, run.batch or the widths of [representation], or choose precision = \
                 \"f32\"",
            ),
            Parts::Lab(_) => (
                "problem",
                "Reduce the width, the samples, the test points, the cells or the dimension",
            ),
            Parts::Program(_) => ("model.command", "Give it less"),
            Parts::Atoms(_) => (
                "problem.data",
                "Give fewer frames, reduce problem.batch or the widths of [representation], or choose \
                 precision = \"f32\"",
            ),
        }
    }

    /// The complete sections, with the digest of the data.
    fn whole(&self) -> Result<Table> {
        let mut whole = self.complete.clone();
        let (section, digest) = match &self.parts {
            Parts::Atoms(parts) => ("problem", parts.digest(&self.case)?.map(str::to_owned)),
            Parts::Lab(parts) => ("model", parts.digest()),
            Parts::Program(parts) => ("model", parts.digest()),
            Parts::Paths(_) | Parts::Control(_) => return Ok(whole),
        };
        if let (Some(Value::Table(table)), Some(digest)) = (whole.get_mut(section), digest) {
            table.insert("digest".to_owned(), Value::String(digest));
        }
        Ok(whole)
    }

    /// The complete case as a file.
    pub fn text(&self) -> Result<String> {
        toml::to_string(&self.whole()?)
            .map_err(|e| Error::bug(format!("a case cannot be written: {e}")))
    }

    /// The part of the case on which the answer depends, as text: what a digest is taken of.
    pub fn identity(&self) -> Result<String> {
        let mut table = self.whole()?;
        for name in ["case", "expect"] {
            table.remove(name);
        }
        for (section, keys) in &mut table {
            let Value::Table(keys) = keys else { continue };
            keys.retain(|key, _| !is_indifferent(&format!("{section}.{key}")));
        }
        toml::to_string(&table).map_err(|e| Error::bug(format!("a case cannot be written: {e}")))
    }

    /// The keys on which this case and the text of another complete case differ, among those the
    /// answer depends on.
    pub fn differences(&self, other: &str) -> Result<Vec<String>> {
        let mut differ = Vec::new();
        let Ok(other) = toml::from_str::<Table>(other) else { return Ok(differ) };
        let own = self.whole()?;
        for name in ["model", "problem", "representation", "descent", "run", "sweep"] {
            let empty = Value::Table(Table::new());
            let (here, there) = (own.get(name), other.get(name));
            compare(name, here.unwrap_or(&empty), there.unwrap_or(&empty), &mut differ);
        }
        differ.retain(|key| !is_indifferent(key));
        Ok(differ)
    }
}

/// Whether no number of the answer depends on a key.
fn is_indifferent(key: &str) -> bool {
    let below = |known: &str| {
        key.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    INDIFFERENT.iter().any(|known| below(known))
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
