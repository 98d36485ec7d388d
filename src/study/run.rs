//! The workers of a study: cells that are not known yet, the dearest first, a record as soon as each ends.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use frame::study::axes::shard;
use frame::study::pace::{Pace, longest_first};
use frame::study::record::{Outcome, Record};
use ground::{Error, Result};

use super::cell::{Here, Quiet, compute, stamp};
use super::log::Log;
use super::plan::{Plan, Planned};
use crate::failure::Failure;
use crate::onlooker::Onlooker;
use crate::progress::{human, say};
use crate::run_folder::RunFolder;
use crate::terminal::{Terminal, asked_to_stop, working};
use crate::{machine, print};

/// How a study is run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct How {
    /// Which share of the cells, of how many.
    pub(crate) shard: Option<(usize, usize)>,
    /// Whether cells that failed, or whose time was used up, are run again.
    pub(crate) retry: bool,
    /// Whether records of another version or vector level are taken.
    pub(crate) mixed: bool,
}

/// What is known after a run.
#[derive(Debug)]
pub(crate) struct Known {
    /// The last record of every cell, by name.
    pub(crate) records: HashMap<String, Record>,
    /// Cells that were known before.
    pub(crate) resumed: usize,
    /// Whether somebody asked to stop.
    pub(crate) stopped: bool,
    /// Whether all cells that were asked for have an answer.
    pub(crate) is_whole: bool,
}

/// Runs what is not known yet. `known` are the records of the folder.
pub(crate) fn run(
    plan: &Plan,
    place: &RunFolder,
    (mut log, known): (Log, Vec<Record>),
    how: How,
) -> std::result::Result<Known, Failure> {
    let mut records = super::log::by_name(known);
    allowed(plan, place, &records, how)?;
    let again = |record: &Record| {
        how.retry && matches!(record.outcome, Outcome::Failed | Outcome::TimedOut)
    };
    let mut todo: Vec<&Planned> = plan.cells.iter().collect();
    let all = todo.len();
    if let Some(share) = how.shard {
        todo = shard(todo, share);
    }
    let shared = todo.len();
    let asked: Vec<&str> = todo.iter().map(|planned| planned.name.as_str()).collect();
    todo.retain(|planned| records.get(&planned.name).is_none_or(&again));
    // Two ways to say the same are one cell.
    let mut seen = std::collections::HashSet::new();
    todo.retain(|planned| seen.insert(planned.name.as_str()));
    let resumed = shared - todo.len().min(shared);
    let costs: Vec<f64> = todo.iter().map(|planned| planned.cost).collect();
    let todo: Vec<&Planned> = longest_first(&costs).into_iter().map(|k| todo[k]).collect();
    begin(plan, &todo, (all, resumed));
    let stopped = if todo.is_empty() {
        false
    } else {
        let mut keep = |record: Record| {
            log.add(&record)?;
            records.insert(record.cell.clone(), record);
            Ok(())
        };
        work(plan, place, &todo, &mut keep)?
    };
    let answered = |name: &&str| {
        let record = records.get(*name);
        record.is_some_and(|r| matches!(r.outcome, Outcome::Done | Outcome::Capped))
    };
    let is_whole = asked.iter().all(answered);
    Ok(Known { records, resumed, stopped, is_whole })
}

fn begin(plan: &Plan, todo: &[&Planned], (all, resumed): (usize, usize)) {
    let known = if resumed > 0 { format!(", {resumed} known") } else { String::new() };
    let (left, rows) = (todo.len(), plan.grid.rows());
    let seeds = plan.grid.repeats;
    let grid = if seeds > 1 { format!(" ({rows} × {seeds} seeds)") } else { String::new() };
    say(&format!("{}: {all} cells{grid}{known}, {left} to run", plan.resolved.case.name));
}

/// An error where records are of another program or instructions, unless that is allowed.
fn allowed(
    plan: &Plan,
    place: &RunFolder,
    records: &HashMap<String, Record>,
    how: How,
) -> Result<()> {
    let here = stamp(plan.resolved.run.vector);
    let mine = plan.cells.iter().filter_map(|planned| records.get(&planned.name));
    let Some(differs) = mine.into_iter().find_map(|record| here.differs(&record.stamp)) else {
        return Ok(());
    };
    if how.mixed {
        say(&format!("{}: {differs}; taken as it is", place.path.display()));
        return Ok(());
    }
    Err(Error::input("", format!("a cell of this study is of another make: {differs}"))
        .allowed("Choose another --out, or take it as it is with --allow-mixed")
        .in_file(&place.name_of(super::log::LOG)))
}

/// How many cells are run at once: as many as there are threads and memory; one where they keep folders.
fn workers(plan: &Plan, todo: &[&Planned]) -> usize {
    if plan.sweep.folders {
        return 1;
    }
    let threads = plan.resolved.run.threads.min(machine::cores()).max(1);
    let bytes = todo.iter().map(|planned| planned.bytes).fold(0.0, f64::max);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "cut off at both ends"
    )]
    let fit = machine::available()
        .filter(|_| bytes > 0.0)
        .map_or(threads, |free| (free / bytes) as usize);
    threads.min(todo.len()).min(fit).max(1)
}

/// Runs cells on workers, and keeps what each found. Returns whether somebody asked to stop.
fn work(
    plan: &Plan,
    place: &RunFolder,
    todo: &[&Planned],
    keep: &mut dyn FnMut(Record) -> Result<()>,
) -> std::result::Result<bool, Failure> {
    let workers = workers(plan, todo);
    let threads = (plan.resolved.run.threads / workers).max(1);
    let (next, ended) = (AtomicUsize::new(0), AtomicBool::new(false));
    let stamp = stamp(plan.resolved.run.vector);
    let (found, all) = mpsc::channel();
    working();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (found, next, ended, stamp) = (found.clone(), &next, &ended, &stamp);
            scope.spawn(move || {
                while !ended.load(Ordering::SeqCst) && !asked_to_stop() {
                    let at = next.fetch_add(1, Ordering::SeqCst);
                    let Some(planned) = todo.get(at) else { break };
                    let one = one(plan, place, planned, (threads, stamp.clone()));
                    if found.send((at, one)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(found);
        let mut counter = Counter::new(todo, workers);
        for (at, one) in all {
            match one {
                Ok(Some(record)) => {
                    counter.one_more(plan, todo[at], &record);
                    keep(record).map_err(|error| {
                        ended.store(true, Ordering::SeqCst);
                        Failure::from(error)
                    })?;
                }
                Ok(None) => {}
                Err(failure) => {
                    ended.store(true, Ordering::SeqCst);
                    return Err(failure);
                }
            }
        }
        counter.display.end();
        Ok(asked_to_stop())
    })
}

/// One cell, in its folder where cells keep them.
fn one(
    plan: &Plan,
    place: &RunFolder,
    planned: &Planned,
    (threads, stamp): (usize, frame::study::identity::Stamp),
) -> std::result::Result<Option<Record>, Failure> {
    let (grid, words) = (&plan.grid, plan.words(&planned.cell));
    if plan.sweep.folders {
        let folder = Some(place.inside(&folder_of(plan, planned))?);
        say(&words);
        return compute(planned, Here { grid, folder, threads, stamp }, &mut Terminal::new());
    }
    compute(planned, Here { grid, folder: None, threads, stamp }, &mut Quiet)
}

/// The folder of a cell: `lambda-10`, `devices-3-penalty`, `steps-20-seed-2`.
pub(crate) fn folder_of(plan: &Plan, planned: &Planned) -> String {
    use frame::study::axes::Setting;
    // Of axes that go together the first says it.
    let word = |(axis, at): (&frame::study::axes::Axis, &usize)| match &axis.levels[*at].settings[0]
    {
        Setting::Word(word) => word.clone(),
        other => format!("{}-{other}", axis.names[0]),
    };
    let mut words: Vec<String> = plan.grid.axes.iter().zip(&planned.cell.place).map(word).collect();
    if plan.grid.repeats > 1 {
        words.push(format!("seed-{}", planned.seed));
    }
    let fits = |c: char| if c.is_ascii_alphanumeric() || "-_.,".contains(c) { c } else { '_' };
    words.join("-").chars().map(fits).collect()
}

/// How far a study is.
struct Counter {
    display: Terminal,
    began: Instant,
    pace: Pace,
    left: Vec<f64>,
    workers: usize,
    done: usize,
    told: bool,
}

impl Counter {
    fn new(todo: &[&Planned], workers: usize) -> Self {
        let left = todo.iter().map(|planned| planned.cost).collect();
        let (display, began) = (Terminal::new(), Instant::now());
        Self { display, began, pace: Pace::default(), left, workers, done: 0, told: false }
    }

    fn one_more(&mut self, plan: &Plan, planned: &Planned, record: &Record) {
        self.done += 1;
        self.pace.add(planned.cost, record.seconds);
        if let Some(at) = self.left.iter().position(|cost| *cost == planned.cost) {
            self.left.swap_remove(at);
        }
        if matches!(record.outcome, Outcome::Failed | Outcome::TimedOut) {
            let why = record.why.as_deref().unwrap_or_default();
            say(&format!("{}: {}: {why}", plan.words(&planned.cell), record.outcome.word()));
        }
        let (left, of) = (self.left.len(), self.done + self.left.len());
        self.display.stage("cells", self.done, of);
        let long = self.began.elapsed() > Duration::from_secs(2);
        if !self.told && long && left > 0 && self.done >= self.workers {
            self.told = true;
            if let Some(seconds) = self.pace.left(&self.left, self.workers) {
                let words = print::plural(left, "cell");
                say(&format!("about {} for the other {words} (a prediction)", human(seconds)));
            }
        }
    }
}
