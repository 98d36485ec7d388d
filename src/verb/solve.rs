//! `solve`: the answer with its error, and a run folder.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use frame::{Report, Verdict};
use ground::{Error, Result};
use serde_json::{Map, Value, json};

use super::{Changes, Export, Ready, refuse_too_large, repeats, several, sweep};
use crate::cases::{Family, Resolved};
use crate::failure::{Failure, Outcome, code};
use crate::output::{self, Around};
use crate::progress::say;
use crate::report::{self, Page};
use crate::run_folder::{self as folder, Owner, RunFolder};
use crate::session::{Limits, Session, listen};
use crate::{export, print, record};

/// The arguments of `solve`.
#[derive(Args, Debug)]
pub(crate) struct Solve {
    /// A case file, or the name of a shipped case; several are solved one after another
    #[arg(required = true, value_name = "CASE")]
    cases: Vec<String>,
    #[command(flatten)]
    changes: Changes,
    /// Solve with N seeds, one after the other; mean and spread
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    repeats: Option<u32>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    /// The run folder; without it runs/<case>-<number>. Of several cases each has a folder with its
    /// name inside; without it in runs/cases-<number>
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Go on in the folder given by --out
    #[arg(long, requires = "out", visible_alias = "restart")]
    resume: bool,
    /// Write whole paths into the run folder: t, x, y, z in paths.npz; where x₀ has a law, y is read
    /// backward from the terminal value
    #[arg(long, value_name = "WHAT", conflicts_with = "repeats")]
    export: Vec<Export>,
}

/// A run that came to its end, with an answer or without.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The published object.
    pub(crate) object: Map<String, Value>,
    /// What people read.
    pub(crate) text: String,
    /// The exit code.
    pub(crate) code: u8,
}

impl Solve {
    /// Does it. `said` are the words of the command line.
    pub(crate) fn act(self, said: &[String]) -> Outcome {
        let began = Instant::now();
        let mut all = self.ready()?;
        let place = if self.resume {
            RunFolder::existing(self.out.as_deref().unwrap_or(Path::new("")))?
        } else {
            let name = if all.len() == 1 { &all[0].resolved.case.name } else { several::FOLDER };
            RunFolder::new(self.out.as_deref(), name)?
        };
        listen()?;
        let ended = match (self.repeats, all.pop()) {
            (Some(n), Some(ready)) => repeats::solve(&ready.resolved, &place, n, began)?,
            (None, Some(ready)) if all.is_empty() => one(ready, &place, began)?,
            (_, last) => several::solve(all.into_iter().chain(last).collect(), &place)?,
        };
        if ended.code == code::INTERRUPTED {
            say(&format!("saved; go on with:\n  {}", go_on(said, &place)));
        }
        print::answer(&if self.json { output::text(&ended.object)? } else { ended.text })?;
        Ok(ended.code)
    }
}

impl Solve {
    /// All cases, checked before the first is solved.
    fn ready(&self) -> std::result::Result<Vec<Ready>, Failure> {
        let one = |case: &String| {
            let mut ready = self.changes.ready(case)?;
            if !self.export.is_empty() && ready.resolved.family() != Family::Paths {
                return Err(Error::input("--export", "only an equation has paths to write")
                    .allowed(
                        "Leave it out: a potential is written as model.dp, a policy as policy.json",
                    )
                    .into());
            }
            ready.export.clone_from(&self.export);
            refuse_too_large(&ready)?;
            Ok(ready)
        };
        let all = self.cases.iter().map(one).collect::<std::result::Result<Vec<_>, Failure>>()?;
        several::distinct(&all)?;
        if self.repeats.is_some() {
            let what = match all.as_slice() {
                [one] if one.resolved.sweep.is_some() => "a sweep and several seeds at once",
                [_] => return Ok(all),
                _ => "several cases and several seeds at once",
            };
            return Err(Error::input("--repeats", what)
                .allowed("Give one case without [sweep], or leave --repeats out")
                .into());
        }
        Ok(all)
    }
}

/// What several runs of one call came to: their objects, and the worst exit code.
pub(super) struct Runs {
    /// The published objects; after an interruption the last is the one it stopped.
    pub(super) objects: Vec<Map<String, Value>>,
    /// The worst exit code.
    pub(super) worst: u8,
}

/// Runs one after another, each in a folder of its name inside `place`; what is finished there is not
/// done again.
pub(super) fn in_turn(
    all: impl ExactSizeIterator<Item = std::result::Result<(String, Ready), Failure>>,
    place: &RunFolder,
) -> std::result::Result<Runs, Failure> {
    let (n, mut objects, mut worst) = (all.len(), Vec::new(), code::CONVERGED);
    for next in all {
        let (name, ready) = next?;
        say(&format!("{name} ({} of {n})", objects.len() + 1));
        let ended = one(ready, &place.inside(&name)?, Instant::now())?;
        worst = worst.max(ended.code);
        objects.push(ended.object);
        if ended.code == code::INTERRUPTED {
            break;
        }
    }
    Ok(Runs { objects, worst })
}

/// A folder for several runs of one case: locked for as long as what is returned lives, and of no
/// other case.
pub(super) fn begin(place: &RunFolder, resolved: &Resolved) -> Result<Option<std::fs::File>> {
    let mine = place.lock()?;
    place.tidy()?;
    one_folder_one_case(place, resolved)?;
    place.write(folder::CASE, record::case_text(resolved)?.as_bytes())?;
    Ok(mine)
}

/// One case in one folder, at every value of its sweep if it has one.
fn one(ready: Ready, place: &RunFolder, began: Instant) -> std::result::Result<Ended, Failure> {
    match ready.resolved.sweep.clone() {
        Some(sweep) => sweep::solve(&ready, &sweep, place, began),
        None => once(ready, place, began),
    }
}

/// One run in one folder: goes on where a checkpoint is, returns what is there where it is finished.
fn once(ready: Ready, place: &RunFolder, began: Instant) -> std::result::Result<Ended, Failure> {
    let Ready { resolved, job, forecast, export } = ready;
    let owner = Owner::of(&resolved)?;
    let _mine = place.lock()?;
    place.tidy()?;
    one_folder_one_case(place, &resolved)?;
    let resume = place.checkpoint(&owner)?;
    if resume.is_none() && place.has(folder::ANSWER) {
        if !export.is_empty() && !place.has(folder::PATHS) {
            return Err(too_late(place).into());
        }
        return finished(place);
    }
    if resume.is_none() && place.has(folder::CASE) {
        say(&format!("{}: no checkpoint here; from the beginning", place.path.display()));
    }
    if !place.has(folder::CASE) {
        place.write(folder::CASE, record::case_text(&resolved)?.as_bytes())?;
    }
    let limits = Limits { time: resolved.time_limit, every: resolved.checkpoint_every };
    let mut session = Session::new(Some((place, &owner)), limits);
    session.rate = resolved.rate();
    let run = frame::Run { resume, ..resolved.run.clone() };
    let outcome = job.run(&run, &mut session);
    session.display.end();
    let around = Around {
        case: &resolved.case.name,
        family: resolved.family(),
        seed: run.seed,
        iterations: session.iteration,
        seconds: began.elapsed().as_secs_f64(),
        ms_per_iteration: session.ms_per_iteration(),
    };
    let (resolved, forecast) = (&resolved, &forecast);
    let run_of = |seconds| report::Run { resolved, forecast, place, seconds };
    match outcome {
        Ok(report) => {
            let ended = answered(&around, &report, place)?;
            if export.contains(&Export::Paths) {
                place.write(folder::PATHS, &export::npz(&report.answer.paths())?)?;
            }
            Page::answered(&run_of(around.seconds), &report, &ended.object)?.write(place)?;
            record::write(place, resolved, &report, &ended.object)?;
            if session.iteration >= run.iterations {
                place.remove(folder::CHECKPOINT)?;
            }
            Ok(ended)
        }
        Err(error) => {
            let Some(verdict) = Verdict::of(&error) else {
                return Err(Failure::of(resolved.case.locate(error), &resolved.case));
            };
            session.save_kept()?;
            record::looks(place, &session.trace, session.rate.as_ref())?;
            Page::unanswered(&run_of(around.seconds), &verdict, &session.trace).write(place)?;
            Ok(unanswered(&around, &error, &verdict, place))
        }
    }
}

fn answered(around: &Around<'_>, report: &Report, place: &RunFolder) -> Result<Ended> {
    let code = match report.verdict {
        Verdict::Converged => code::CONVERGED,
        Verdict::NotSettled { .. } | Verdict::Contradicted { .. } => code::DOUBTFUL,
        Verdict::NonFinite { .. } => code::FAILURE,
        Verdict::Interrupted { .. } => code::INTERRUPTED,
    };
    let folder = place.path.display().to_string();
    Ok(Ended {
        object: output::answered(around, report)?,
        text: print::report(report, around.seconds, &folder),
        code,
    })
}

fn unanswered(around: &Around<'_>, error: &Error, verdict: &Verdict, place: &RunFolder) -> Ended {
    let folder = place.path.display();
    let object = output::unanswered(around, verdict);
    if matches!(verdict, Verdict::Interrupted { .. }) {
        let text = format!("no answer: {verdict}\n\n{folder}");
        return Ended { object, text, code: code::INTERRUPTED };
    }
    say(&error.to_string());
    let kept = if place.has(folder::CHECKPOINT) {
        format!("\nthe last good state is in {}", place.name_of(folder::CHECKPOINT))
    } else {
        String::new()
    };
    Ended { object, text: format!("no answer: {verdict}{kept}\n\n{folder}"), code: code::FAILURE }
}

/// A finished folder answers again.
fn finished(place: &RunFolder) -> std::result::Result<Ended, Failure> {
    let name = place.name_of(folder::ANSWER);
    let broken = || {
        Error::input("", "this is not the answer of a run")
            .allowed("Remove it to compute it again")
            .in_file(&name)
    };
    let object: Map<String, Value> =
        serde_json::from_str(&place.text(folder::ANSWER)?).map_err(|_| broken())?;
    let word = object.get("verdict").and_then(Value::as_str).ok_or_else(broken)?;
    let code = if word == "converged" { code::CONVERGED } else { code::DOUBTFUL };
    let answer = object.get("answer").cloned().unwrap_or(json!(null));
    let number = |key: &str| answer.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let value =
        ground::estimate::Estimate { mean: number("value"), stderr: number("stderr"), n: 0 };
    say(&format!("{}: this run is finished; nothing was done", place.path.display()));
    let text = format!("{value}  {word}\n\n{}", place.path.display());
    Ok(Ended { object, text, code })
}

/// The key that says which data a case is about.
const DIGEST: &str = "problem.digest";

/// A folder that holds the complete case of another case is not ours.
fn one_folder_one_case(place: &RunFolder, resolved: &Resolved) -> Result<()> {
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

/// A folder with something else in it.
pub(super) fn not_a_run(place: &RunFolder) -> Error {
    Error::input("", "this folder holds no run")
        .allowed("Choose another --out")
        .in_file(&place.path.display().to_string())
}

fn too_late(place: &RunFolder) -> Error {
    Error::input("--export", "this run is finished, and whole paths are written by the run itself")
        .allowed("Choose another --out")
        .in_file(&place.path.display().to_string())
}

/// The command line that goes on.
fn go_on(said: &[String], place: &RunFolder) -> String {
    let mut words: Vec<String> = said.to_vec();
    let is = |word: &String, flag: &str| word == flag || word.starts_with(&format!("{flag}="));
    if !words.iter().any(|word| is(word, "--out")) {
        words.extend(["--out".to_owned(), place.path.display().to_string()]);
    }
    if !words.iter().any(|word| is(word, "--resume")) {
        words.push("--resume".to_owned());
    }
    let quoted: Vec<String> = words.iter().map(|word| print::quoted(word)).collect();
    format!("esperance {}", quoted.join(" "))
}
