//! `solve`: the answer with its error, and a run folder.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use ground::{Error, Result};
use serde_json::{Map, Value};

use super::{Changes, repeats, several};
use crate::cases::{Family, Resolved};
use crate::failure::{Failure, Outcome, code};
use crate::progress::say;
use crate::ready::{Export, Ready, refuse_too_large};
use crate::run_folder::{self as folder, RunFolder};
use crate::solving::{self, Kept, Solved};
use crate::terminal::{Terminal, listen};
use crate::{output, print, record};

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

/// What a verb prints of one run or of several.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The published object.
    pub(crate) object: Map<String, Value>,
    /// What people read.
    pub(crate) text: String,
    /// The exit code.
    pub(crate) code: u8,
}

impl From<Solved> for Ended {
    fn from(solved: Solved) -> Self {
        let code = solved.code();
        Self { object: solved.object, text: solved.text, code }
    }
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
            let (mut ready, studied) = self.changes.alone(case)?;
            if studied {
                say(&format!("{case}: its [sweep] is left out; `esperance sweep` runs it"));
            }
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
        if self.repeats.is_some() && all.len() > 1 {
            return Err(Error::input("--repeats", "several cases and several seeds at once")
                .allowed("Give one case, or leave --repeats out")
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
    solving::one_folder_one_case(place, resolved)?;
    place.write(folder::CASE, record::case_text(resolved)?.as_bytes())?;
    Ok(mine)
}

/// One case in one folder.
fn one(ready: Ready, place: &RunFolder, began: Instant) -> std::result::Result<Ended, Failure> {
    let kept = Kept { place: Some(place), from: None };
    Ok(solving::once(ready, &kept, began, &mut Terminal::new())?.into())
}

/// The command line that goes on.
pub(super) fn go_on(said: &[String], place: &RunFolder) -> String {
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
