//! `sweep`: a case at many values of its keys: a table with errors, fitted laws, figures.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use ground::{Error, Result};

use super::Changes;
use super::solve::go_on;
use crate::failure::{Outcome, code};
use crate::progress::say;
use crate::run_folder::RunFolder;
use crate::study::finish::Come;
use crate::study::log::Log;
use crate::study::plan::Plan;
use crate::study::run::{self, How};
use crate::terminal::listen;
use crate::{output, print};

/// The arguments of `sweep`.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct Sweep {
    /// A case file with [sweep], or the name of a shipped one
    #[arg(value_name = "CASE")]
    case: String,
    #[command(flatten)]
    changes: Changes,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    /// The folder of the study; without it runs/<case>-<number>
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Go on in the folder given by --out: cells that are known are not run again
    #[arg(long, requires = "out")]
    resume: bool,
    /// Run one share of the cells: 1/3 is the first of three; `esperance merge` puts shares together
    #[arg(long, value_name = "I/K", value_parser = share)]
    shard: Option<(usize, usize)>,
    /// Run again the cells that failed, or whose time was used up
    #[arg(long, requires = "resume")]
    retry: bool,
    /// Take cells that were computed by another version, or with other vector instructions
    #[arg(long, requires = "resume")]
    allow_mixed: bool,
}

/// `1/3`.
fn share(text: &str) -> std::result::Result<(usize, usize), String> {
    let wrong = || "write which share of how many, such as 1/3".to_owned();
    let (i, k) = text.split_once('/').ok_or_else(wrong)?;
    let (i, k): (usize, usize) =
        (i.trim().parse().map_err(|_| wrong())?, k.trim().parse().map_err(|_| wrong())?);
    if i == 0 || k == 0 || i > k {
        return Err(format!("there is no share {i} of {k}: shares are 1/{0} to {0}/{0}", k.max(1)));
    }
    Ok((i, k))
}

impl Sweep {
    /// Does it. `said` are the words of the command line.
    pub(crate) fn act(self, said: &[String]) -> Outcome {
        let began = Instant::now();
        let plan = Plan::of(self.changes.resolved(&self.case)?)?;
        let place = if self.resume {
            RunFolder::existing(self.out.as_deref().unwrap_or(Path::new("")))?
        } else {
            RunFolder::new(self.out.as_deref(), &plan.resolved.case.name)?
        };
        let how = How { shard: self.shard, retry: self.retry, mixed: self.allow_mixed };
        listen()?;
        let _mine = begin(&place, &plan)?;
        let known = run::run(&plan, &place, Log::open(&place)?, how)?;
        let come = Come::of(&plan, &known.records, known.resumed)?;
        let mut ended = come.end(&place, began, known.stopped)?;
        if how.shard.is_some() && ended.code == code::DOUBTFUL && known.is_whole {
            // A share that is done is all that was asked for.
            ended.code = code::CONVERGED;
        }
        if ended.code == code::INTERRUPTED {
            say(&format!("saved; go on with:\n  {}", go_on(said, &place)));
        }
        print::answer(&if self.json { output::text(&ended.object)? } else { ended.text })?;
        Ok(ended.code)
    }
}

/// Makes the folder this study's own: locked for as long as what is returned lives.
pub(super) fn begin(place: &RunFolder, plan: &Plan) -> Result<Option<std::fs::File>> {
    refuse_a_run(place)?;
    super::solve::begin(place, &plan.resolved)
}

/// A folder that holds one run of the case holds no study.
fn refuse_a_run(place: &RunFolder) -> Result<()> {
    if place.has(crate::run_folder::PARAMS) || place.has(crate::run_folder::CHECKPOINT) {
        return Err(Error::input("", "this folder holds a run, not a study")
            .allowed("Choose another --out")
            .in_file(&place.path.display().to_string()));
    }
    Ok(())
}
