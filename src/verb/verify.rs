//! `verify`: the answer of a finished run again, on fresh draws.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use frame::Term;
use ground::estimate::Estimate;
use ground::{Error, Result};
use serde_json::Value;

use crate::failure::{Outcome, code};
use crate::print;
use crate::ready::finished;
use crate::run_folder::{self as folder, RunFolder, digest};
use crate::session::{Limits, Session};
use crate::study::verify::{self as study, is_study};
use crate::terminal::{Terminal, listen};
use crate::verb::merge;

/// Combined standard errors by which two answers of one function may differ.
const FAR: f64 = 4.0;

/// The arguments of `verify`.
#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// The folder of a finished run, or of a study, of which at least three cells are run again
    run: PathBuf,
}

impl Verify {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        let place = RunFolder::existing(&self.run)?;
        if is_study(&place) {
            return study::verify(&place, &merge::plan(std::slice::from_ref(&place))?);
        }
        let answer = place.text(folder::ANSWER)?;
        let changed = changed(&place)?;
        if !changed.is_empty() {
            let names = changed.join(", ");
            print::answer(&format!("changed since the run: {names} (digest differs)"))?;
            return Ok(code::DOUBTFUL);
        }
        let (ready, trained) = finished(&place, &mut Terminal::new())?;
        listen()?;
        let every = Duration::MAX;
        let mut terminal = Terminal::new();
        let limits = Limits { time: None, every };
        let mut session = Session::new(None, limits, &mut terminal);
        let again = ready.job.answer(&ready.resolved.run, &trained, "verify", &mut session);
        session.onlooker.end();
        let again = again?;
        let mut fresh = again.answer.headline();
        if let Term::Measured { size, .. } = again.error.estimation {
            fresh.stderr = size;
        }
        compare(&told(&place, &answer)?, &fresh)
    }
}

/// Prints both answers and how far they are from each other.
fn compare(told: &Estimate, again: &Estimate) -> Outcome {
    let error = told.stderr.hypot(again.stderr);
    let far = (told.mean - again.mean).abs();
    let agree = far <= FAR * error || far == 0.0;
    let lines = [
        format!("told   {told}"),
        format!("again  {again}"),
        format!(
            "{}: {:.1} combined standard errors apart, {FAR:.0} are allowed",
            if agree { "they agree" } else { "they disagree" },
            if far == 0.0 { 0.0 } else { far / error }
        ),
    ];
    print::answer(&lines.join("\n"))?;
    Ok(if agree { code::CONVERGED } else { code::DOUBTFUL })
}

/// The answer the folder tells.
fn told(place: &RunFolder, text: &str) -> Result<Estimate> {
    let name = place.name_of(folder::ANSWER);
    let wrong = |what: String| Error::input("", what).in_file(&name);
    let object: Value = serde_json::from_str(text)
        .map_err(|e| wrong(format!("this is not the answer of a run: {e}")))?;
    let number = |path: &str| object.pointer(path).and_then(Value::as_f64);
    // The same function is asked again: its learning error is in both.
    let stderr = number("/error/estimation/size").or_else(|| number("/answer/stderr"));
    match (number("/answer/value"), stderr) {
        (Some(mean), Some(stderr)) => Ok(Estimate { mean, stderr, n: 0 }),
        _ => Err(wrong("this run has no answer".to_owned())),
    }
}

/// The files whose digests differ from what the provenance says.
fn changed(place: &RunFolder) -> Result<Vec<String>> {
    let text = place.text(folder::PROVENANCE)?;
    let name = place.name_of(folder::PROVENANCE);
    let provenance: Value = serde_json::from_str(&text)
        .map_err(|_| Error::input("", "this is not a provenance").in_file(&name))?;
    let mut changed = Vec::new();
    for file in [folder::CASE, folder::PARAMS, folder::ANSWER] {
        let told = provenance.get("digests").and_then(|d| d.get(file)).and_then(Value::as_str);
        if told != Some(digest(&place.read(file)?).as_str()) {
            changed.push(file.to_owned());
        }
    }
    Ok(changed)
}
