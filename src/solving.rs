//! One case solved, for the command and for other programs: with a run folder or without.
//!
//! A run has its own pool of threads, and everything of it happens there.

use std::fmt;
use std::path::Path;
use std::time::Instant;

use frame::{Answer, Checkpoint, Figure, Report, Trace, Trained, Verdict};
use ground::{Error, Result, par};
use serde_json::{Map, Value, json};

use crate::cases::{Case, Resolved, resolve};
use crate::failure::{Failure, code};
use crate::onlooker::Onlooker;
use crate::output::{self, Around};
use crate::ready::{Export, Ready, finished, ready, refuse_too_large};
use crate::report::{self, Page};
use crate::run_folder::{self as folder, Owner, RunFolder};
use crate::session::{Limits, Session};
use crate::{export, print, record};

/// Where a run is kept.
#[derive(Clone, Debug)]
pub enum Place<'a> {
    /// In memory alone; it goes on from a state of the same case, where one is given.
    Memory(Option<Checkpoint>),
    /// In a new folder.
    New(&'a Path),
    /// In the folder where it was begun.
    Again(&'a Path),
}

/// A run that came to its end, with an answer or without.
pub struct Solved {
    /// The published object: what `solve --json` prints.
    pub object: Map<String, Value>,
    /// What people read.
    pub text: String,
    /// The complete case.
    pub resolved: Resolved,
    /// How it ended; none where it was finished before.
    pub verdict: Option<Verdict>,
    /// The looks on the way; empty where it was finished before.
    pub trace: Trace,
    /// The page, where there is an answer that was found now.
    pub(crate) page: Option<Page>,
    /// The answer itself, where it was found now.
    pub answer: Option<Box<dyn Answer>>,
    /// The trained parameters; of a run without an answer those it had reached.
    pub trained: Option<Checkpoint>,
}

impl fmt::Debug for Solved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Solved of {}: {:?}", self.resolved.case.name, self.verdict)
    }
}

impl Solved {
    /// The word of the published schema.
    pub fn word(&self) -> &str {
        self.object.get("verdict").and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether the parameters are a state that the run can go on from.
    pub fn goes_on(&self) -> bool {
        self.word() == "interrupted" && self.trained.is_some()
    }

    /// The top of its page as HTML, where there is an answer.
    pub fn top(&self) -> Option<String> {
        self.page.as_ref().map(Page::top)
    }

    /// The pictures of its page.
    pub fn figures(&self) -> &[Figure] {
        self.page.as_ref().map_or(&[], |page| &page.figures)
    }

    /// The exit code that says how it ended.
    pub(crate) fn code(&self) -> u8 {
        match self.word() {
            "converged" => code::CONVERGED,
            "interrupted" => code::INTERRUPTED,
            "non-finite" => code::FAILURE,
            _ => code::DOUBTFUL,
        }
    }
}

/// Solves a case that has one answer. Nothing is written but in the place of the run.
///
/// Fails where the input is wrong, with the sentence of the command, or a disk is full. A run that was
/// asked to stop, or met a number that is not finite, has no answer and says so.
pub fn solve_case(
    case: Case,
    place: Place<'_>,
    onlooker: &mut dyn Onlooker,
) -> std::result::Result<Solved, Failure> {
    let began = Instant::now();
    let resolved = resolved(case)?;
    par::pool(resolved.run.threads)?.install(|| {
        let ready = ready(resolved, onlooker)?;
        refuse_too_large(&ready)?;
        if onlooker.asks_to_stop() {
            // Nothing was begun, and nothing is left.
            return Err(Error::Interrupted { at: 0 }.into());
        }
        let (folder, from) = match place {
            Place::Memory(from) => (None, from),
            Place::New(out) => (Some(RunFolder::new(Some(out), &ready.resolved.case.name)?), None),
            Place::Again(out) => (Some(RunFolder::existing(out)?), None),
        };
        solve(ready, &Kept { place: folder.as_ref(), from }, began, onlooker)
    })
}

/// A case with everything filled in, run once, whatever its study says.
fn resolved(mut case: Case) -> std::result::Result<Resolved, Failure> {
    case.alone();
    let known = case.clone();
    resolve(case).map_err(|error| Failure::of(error, &known))
}

/// The cases of a case with `[sweep]`, every combination of its values with every seed, in order; none where
/// it has none.
pub fn swept(case: &Case) -> std::result::Result<Option<Vec<Case>>, Failure> {
    let resolved = resolve(case.clone()).map_err(|error| Failure::of(error, case))?;
    let Some(sweep) = &resolved.sweep else { return Ok(None) };
    let grid = sweep.grid()?;
    let cells = grid.cells();
    let cases = cells.iter().map(|cell| sweep.case(case, &grid, cell));
    let cases =
        cases.collect::<Result<Vec<_>>>().map_err(|error| Failure::of(case.locate(error), case))?;
    Ok(Some(cases))
}

/// A trained function of a case, ready to be asked. It has threads of its own: ask it anywhere.
pub fn trained(
    resolved: &Resolved,
    parameters: &Checkpoint,
) -> std::result::Result<Box<dyn Trained>, Failure> {
    par::pool(resolved.run.threads)?.install(|| {
        let (job, run) = resolved.ready()?;
        Ok(job.trained(&run, parameters)?)
    })
}

/// A finished run of a folder: its case, and the parameters that were found.
pub fn trained_in(
    path: &Path,
    onlooker: &mut dyn Onlooker,
) -> std::result::Result<Solved, Failure> {
    let place = RunFolder::existing(path)?;
    let (ready, trained) = finished(&place, onlooker)?;
    let mut solved = said_before(&place, ready.resolved)?;
    solved.trained = Some(trained);
    Ok(solved)
}

/// Where a run is kept, and where it goes on from.
#[derive(Debug)]
pub(crate) struct Kept<'a> {
    /// Its folder; none where it is kept in memory alone.
    pub(crate) place: Option<&'a RunFolder>,
    /// The state to go on from, where no folder has one.
    pub(crate) from: Option<Checkpoint>,
}

/// One run: goes on where a checkpoint is, returns what is there where it is finished. It has a pool of
/// its own.
pub(crate) fn once(
    ready: Ready,
    kept: &Kept<'_>,
    began: Instant,
    onlooker: &mut dyn Onlooker,
) -> std::result::Result<Solved, Failure> {
    par::pool(ready.resolved.run.threads)?.install(|| solve(ready, kept, began, onlooker))
}

/// The same, in the pool we are in.
fn solve(
    ready: Ready,
    kept: &Kept<'_>,
    began: Instant,
    onlooker: &mut dyn Onlooker,
) -> std::result::Result<Solved, Failure> {
    let Ready { resolved, job, forecast, export } = ready;
    let owner = Owner::of(&resolved)?;
    let mut mine = None;
    let mut resume = kept.from.clone();
    if let Some(place) = kept.place {
        mine = place.lock()?;
        match begin((place, &owner), &resolved, &export, onlooker)? {
            Begun::Finished => return said_before(place, resolved),
            Begun::At(checkpoint) => resume = checkpoint,
        }
    }
    let limits = Limits { time: resolved.time_limit, every: resolved.checkpoint_every };
    let mut session = Session::new(kept.place.map(|place| (place, &owner)), limits, onlooker);
    session.rate = resolved.rate();
    let run = frame::Run { resume, ..resolved.run.clone() };
    let outcome = job.run(&run, &mut session);
    session.onlooker.end();
    let around = Around {
        case: &resolved.case.name,
        family: resolved.family(),
        seed: run.seed,
        iterations: session.iteration,
        seconds: began.elapsed().as_secs_f64(),
        ms_per_iteration: session.ms_per_iteration(),
    };
    let of = report::Run {
        resolved: &resolved,
        forecast: &forecast,
        place: kept.place,
        seconds: around.seconds,
    };
    let solved = match outcome {
        Ok(report) => {
            let found = answered(&of, &around, report, &export)?;
            if let Some(place) = kept.place.filter(|_| session.iteration >= run.iterations) {
                place.remove(folder::CHECKPOINT)?;
            }
            found
        }
        Err(error) => {
            let Some(verdict) = Verdict::of(&error) else {
                return Err(Failure::of(resolved.case.locate(error), &resolved.case));
            };
            session.save_kept()?;
            let reached = match kept.place {
                Some(place) => place.checkpoint(&owner)?,
                None => session.take_kept(),
            };
            Found { trained: reached, ..unanswered(&of, &around, &mut session, (&error, verdict))? }
        }
    };
    drop(mine);
    Ok(solved.of(resolved))
}

/// A run that came to its end, its case apart.
struct Found {
    object: Map<String, Value>,
    text: String,
    verdict: Verdict,
    trace: Trace,
    page: Option<Page>,
    answer: Option<Box<dyn Answer>>,
    trained: Option<Checkpoint>,
}

impl Found {
    fn of(self, resolved: Resolved) -> Solved {
        let Self { object, text, verdict, trace, page, answer, trained } = self;
        let verdict = Some(verdict);
        Solved { object, text, resolved, verdict, trace, page, answer, trained }
    }
}

/// How a run begins in a folder.
enum Begun {
    /// It is finished.
    Finished,
    /// From a state, or from the beginning.
    At(Option<Checkpoint>),
}

/// Makes a folder ready for a run, or finds where one stopped.
fn begin(
    (place, owner): (&RunFolder, &Owner),
    resolved: &Resolved,
    export: &[Export],
    onlooker: &mut dyn Onlooker,
) -> Result<Begun> {
    place.tidy()?;
    one_folder_one_case(place, resolved)?;
    let resume = place.checkpoint(owner)?;
    if resume.is_none() && place.has(folder::ANSWER) {
        if !export.is_empty() && !place.has(folder::PATHS) {
            return Err(too_late(place));
        }
        onlooker.say(&format!("{}: this run is finished; nothing was done", place.path.display()));
        return Ok(Begun::Finished);
    }
    if resume.is_none() && place.has(folder::CASE) {
        let path = place.path.display();
        onlooker.say(&format!("{path}: no checkpoint here; from the beginning"));
    }
    if !place.has(folder::CASE) {
        place.write(folder::CASE, record::case_text(resolved)?.as_bytes())?;
    }
    Ok(Begun::At(resume))
}

/// A run with an answer; its folder, where it has one, is complete afterwards.
fn answered(
    run: &report::Run<'_>,
    around: &Around<'_>,
    report: Report,
    export: &[Export],
) -> Result<Found> {
    let object = output::answered(around, &report)?;
    let page = Page::answered(run, &report, &object)?;
    if let Some(place) = run.place {
        if export.contains(&Export::Paths) {
            place.write(folder::PATHS, &export::npz(&report.answer.paths())?)?;
        }
        page.write(place)?;
        record::write(place, run.resolved, &report, &object)?;
    }
    Ok(Found {
        text: print::report(&report, around.seconds, run.place),
        object,
        page: Some(page),
        trained: Some(Checkpoint::of(&report.params)?),
        verdict: report.verdict,
        trace: report.trace,
        answer: Some(report.answer),
    })
}

/// A run without an answer.
fn unanswered(
    run: &report::Run<'_>,
    around: &Around<'_>,
    session: &mut Session<'_>,
    (error, verdict): (&Error, Verdict),
) -> Result<Found> {
    let object = output::unanswered(around, &verdict);
    let trace = std::mem::take(&mut session.trace);
    let mut lines = vec![format!("no answer: {verdict}")];
    if let Some(place) = run.place {
        record::looks(place, &trace, session.rate.as_ref())?;
        Page::unanswered(run, &verdict, &trace).write(place)?;
    }
    let stopped = matches!(verdict, Verdict::Interrupted { .. });
    if !stopped {
        session.onlooker.say(&error.to_string());
        if let Some(place) = run.place.filter(|place| place.has(folder::CHECKPOINT)) {
            let kept = place.name_of(folder::CHECKPOINT);
            lines.push(format!("the last good state is in {kept}"));
        }
    }
    lines.extend(run.place.map(|place| format!("\n{}", place.path.display())));
    let text = lines.join("\n");
    Ok(Found { object, text, verdict, trace, page: None, answer: None, trained: None })
}

/// A finished folder answers again.
fn said_before(place: &RunFolder, resolved: Resolved) -> std::result::Result<Solved, Failure> {
    let name = place.name_of(folder::ANSWER);
    let broken = || {
        Error::input("", "this is not the answer of a run")
            .allowed("Remove it to compute it again")
            .in_file(&name)
    };
    let object: Map<String, Value> =
        serde_json::from_str(&place.text(folder::ANSWER)?).map_err(|_| broken())?;
    let word = object.get("verdict").and_then(Value::as_str).ok_or_else(broken)?;
    let answer = object.get("answer").cloned().unwrap_or(json!(null));
    let number = |key: &str| answer.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let value =
        ground::estimate::Estimate { mean: number("value"), stderr: number("stderr"), n: 0 };
    let text = format!("{value}  {word}\n\n{}", place.path.display());
    Ok(Solved {
        text,
        resolved,
        verdict: None,
        trace: Trace::default(),
        page: Page::read(place).ok(),
        answer: None,
        trained: place.trained().ok(),
        object,
    })
}

/// The key that says which data a case is about.
const DIGEST: &str = "problem.digest";

/// A folder with something else in it.
pub(crate) fn not_a_run(place: &RunFolder) -> Error {
    Error::input("", "this folder holds no run")
        .allowed("Choose another --out")
        .in_file(&place.path.display().to_string())
}

/// A folder that holds the complete case of another case is not ours.
pub(crate) fn one_folder_one_case(place: &RunFolder, resolved: &Resolved) -> Result<()> {
    if !place.has(folder::CASE) {
        return if place.is_empty()? { Ok(()) } else { Err(not_a_run(place)) };
    }
    let text = place.text(folder::CASE)?;
    let differ = resolved.differences(&text)?;
    if differ.is_empty() {
        return Ok(());
    }
    let here = &resolved.case.name;
    let there = record::name_in(&text).unwrap_or("another case");
    let whose = if there == here {
        format!("this folder belongs to another version of `{here}`")
    } else {
        format!("this folder belongs to `{there}`, not to `{here}`")
    };
    if differ == [DIGEST] {
        return Err(Error::input("", "the data have changed since this run began")
            .allowed("Choose another --out, or give the data it began with")
            .in_file(&place.name_of(folder::CASE)));
    }
    let keys = differ.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    let verb = if differ.len() == 1 { "differs" } else { "differ" };
    Err(Error::input("", format!("{whose}: {keys} {verb}"))
        .allowed("Choose another --out, or the case it belongs to")
        .in_file(&place.name_of(folder::CASE)))
}

fn too_late(place: &RunFolder) -> Error {
    Error::input("--export", "this run is finished, and whole paths are written by the run itself")
        .allowed("Choose another --out")
        .in_file(&place.path.display().to_string())
}
