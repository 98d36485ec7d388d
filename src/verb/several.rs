//! `solve A B C …`: several cases, one after another; one table.

use ground::{Error, Result};
use serde_json::{Map, Value, json};

use super::rows::{NONE, digits, estimate, number, word};
use super::solve::{Ended, in_turn};
use crate::failure::Failure;
use crate::ready::Ready;
use crate::run_folder::{self as folder, RunFolder};
use crate::solving::not_a_run;
use crate::{output, print};

/// What a new folder of several cases is called: `runs/cases-1`.
pub(super) const FOLDER: &str = "cases";

/// An error where two cases would share a folder.
pub(super) fn distinct(all: &[Ready]) -> Result<()> {
    let name = |k: usize| all[k].resolved.case.name.as_str();
    match (0..all.len()).find(|&k| (0..k).any(|before| name(before) == name(k))) {
        None => Ok(()),
        Some(k) => Err(Error::input("", format!("two cases are called `{}`", name(k)))
            .allowed("Each case has a folder with its name: solve them one at a time")),
    }
}

/// Solves cases, each in a folder of its own inside `place`; what is finished there is not done
/// again.
pub(super) fn solve(all: Vec<Ready>, place: &RunFolder) -> std::result::Result<Ended, Failure> {
    let names: Vec<String> = all.iter().map(|ready| ready.resolved.case.name.clone()).collect();
    ours(place, &names)?;
    place.tidy()?;
    let runs = in_turn(names.into_iter().zip(all).map(Ok), place)?;
    let mut object = Map::new();
    object.insert("cases".to_owned(), json!(runs.objects));
    place.write(folder::ANSWER, (output::text(&object)? + "\n").as_bytes())?;
    let text = format!("{}\n\n{}", table(&runs.objects), place.path.display());
    Ok(Ended { object, text, code: runs.worst })
}

/// A folder that holds anything holds one of these cases.
fn ours(place: &RunFolder, names: &[String]) -> Result<()> {
    let known = names.iter().any(|name| place.file(name).is_dir());
    if place.has(folder::CASE) || !(known || place.is_empty()?) {
        return Err(not_a_run(place));
    }
    Ok(())
}

/// A line a case.
fn table(runs: &[Map<String, Value>]) -> String {
    let head = ["case", "answer", "error", "Z = 0", "R²", "seconds", "verdict"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for run in runs {
        let none = || NONE.to_owned();
        let error = number(run, &["answer", "stderr"]);
        rows.push(vec![
            word(run, "case"),
            estimate(run, &["answer"]).unwrap_or_else(|| "none".to_owned()),
            error.map_or_else(none, |error| format!("{error:.1e}")),
            estimate(run, &["baselines", "zero"]).unwrap_or_else(none),
            digits(run, &["r2"], 4),
            digits(run, &["seconds"], 2),
            word(run, "verdict"),
        ]);
    }
    print::table(&rows)
}
