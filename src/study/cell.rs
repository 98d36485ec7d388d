//! One cell of a study, from its case to its record.

use std::time::Instant;

use frame::study::axes::Grid;
use frame::study::identity::Stamp;
use frame::study::record::{Outcome, Record};
use ground::Error;
use serde_json::{Map, Value, json};
use toml::Value as Toml;

use super::plan::Planned;
use crate::failure::Failure;
use crate::onlooker::Onlooker;
use crate::run_folder::RunFolder;
use crate::solving::{Place, solve_case};
use crate::{machine, terminal};

/// By what cells are computed here.
pub(crate) fn stamp(vector: frame::run::Vector) -> Stamp {
    let commit = crate::COMMIT.map_or_else(String::new, |commit| format!(" ({commit})"));
    Stamp { version: format!("{}{commit}", crate::VERSION), vector: machine::vector(vector) }
}

/// Where a cell is run.
#[derive(Debug)]
pub(crate) struct Here<'a> {
    /// The grid it is of.
    pub(crate) grid: &'a Grid,
    /// Its folder, where it keeps one.
    pub(crate) folder: Option<RunFolder>,
    /// Threads it may use.
    pub(crate) threads: usize,
    /// By what it is computed.
    pub(crate) stamp: Stamp,
}

/// Runs a cell. None where somebody asked to stop before it ended.
pub(crate) fn compute(
    planned: &Planned,
    here: Here<'_>,
    onlooker: &mut dyn Onlooker,
) -> std::result::Result<Option<Record>, Failure> {
    let mut case = planned.case.clone();
    let threads = i64::try_from(here.threads).unwrap_or(1);
    case.put("--threads", "run.threads", Toml::Integer(threads))?;
    let began = Instant::now();
    let place = match &here.folder {
        None => Place::Memory(None),
        Some(folder) if folder.is_empty()? => Place::New(&folder.path),
        Some(folder) => Place::Again(&folder.path),
    };
    let (object, outcome, why) = match solve_case(case, place, onlooker) {
        Ok(solved) if solved.word() == "interrupted" => return Ok(None),
        Ok(solved) => {
            let (outcome, why) = ended(&solved.object, &solved.text);
            (solved.object, outcome, why)
        }
        Err(failure) => match failure.error {
            Error::Interrupted { .. } => return Ok(None),
            // A disk that is full, or a bug, ends the study.
            Error::Io { .. } | Error::Bug { .. } => return Err(failure),
            Error::Input(input) if input.key == "run.time-limit" => {
                (Map::new(), Outcome::TimedOut, Some(Error::Input(input).to_string()))
            }
            error @ (Error::Input(_) | Error::Numeric { .. }) => {
                (Map::new(), Outcome::Failed, Some(error.to_string()))
            }
        },
    };
    let settings = here.grid.settings(&planned.cell.place);
    let settings = settings.into_iter().map(|(name, s)| (name.to_owned(), json!(s))).collect();
    Ok(Some(Record {
        cell: planned.name.clone(),
        settings,
        seed: planned.seed,
        outcome,
        why,
        seconds: began.elapsed().as_secs_f64(),
        stamp: here.stamp,
        object: lasting(object),
    }))
}

/// How a run ended, and why not well.
fn ended(object: &Map<String, Value>, text: &str) -> (Outcome, Option<String>) {
    let word = |key: &str| object.get(key).and_then(Value::as_str);
    let why = || word("why").or_else(|| text.lines().next()).map(str::to_owned);
    match word("verdict") {
        Some("converged") => (Outcome::Done, None),
        Some("not-settled") if word("stopped_by") == Some("time") => (Outcome::TimedOut, why()),
        Some("not-settled") => (Outcome::Capped, why()),
        _ => (Outcome::Failed, why()),
    }
}

/// An object without clocks, which say nothing of the cell: its seconds are the record's.
fn lasting(mut object: Map<String, Value>) -> Map<String, Value> {
    for clock in ["seconds", "ms_per_iteration", "peak_rss_mb", "version", "case"] {
        object.shift_remove(clock);
    }
    object
}

/// Somebody who looks on at many cells at once: hears of a request to stop, and keeps still.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quiet;

impl Onlooker for Quiet {
    fn moves(&mut self, _: u64, _: u64, _: Option<f64>) {}

    fn stage(&mut self, _: &str, _: usize, _: usize) {}

    fn say(&mut self, _: &str) {}

    fn asks_to_stop(&self) -> bool {
        terminal::asked_to_stop()
    }
}
