//! A case on its way from text to something that runs.

use std::path::Path;

use clap::ValueEnum;
use frame::{Checkpoint, Forecast, Job};
use ground::Error;

use crate::cases::{Case, Family, Resolved, resolve};
use crate::failure::Failure;
use crate::onlooker::Onlooker;
use crate::run_folder::{self as folder, RunFolder};
use crate::{machine, print, record};

/// A case ready to run.
pub(crate) struct Ready {
    /// The case with every default filled in.
    pub(crate) resolved: Resolved,
    /// Its job.
    pub(crate) job: Box<dyn Job>,
    /// What it will do and cost.
    pub(crate) forecast: Forecast,
    /// What the run folder holds for other programs.
    pub(crate) export: Vec<Export>,
}

/// What can be written for other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Export {
    /// Whole paths: arrays t, x, y, z in paths.npz
    Paths,
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ready").field("resolved", &self.resolved).finish_non_exhaustive()
    }
}

impl Ready {
    /// The same, from the trained function of the run folder that the case names. A potential is part of
    /// its job and is there already.
    fn begun(mut self, onlooker: &mut dyn Onlooker) -> Result<Self, Failure> {
        let run = match self.resolved.init.clone() {
            Some(run) if self.resolved.family() != Family::Atoms => run,
            _ => return Ok(self),
        };
        let place = RunFolder::existing(Path::new(&run))?;
        let trained = self.fitting(&place)?;
        let (own, of) = (&self.resolved.case.name, trained.0.words.get("case"));
        if let Some(of) = of.filter(|of| *of != own) {
            onlooker.say(&format!("{run}: trained for `{of}`; `{own}` starts from it"));
        }
        self.resolved.run.init = Some(trained);
        Ok(self)
    }

    /// The trained function of a run folder, which must fit the job.
    fn fitting(&self, place: &RunFolder) -> Result<Checkpoint, Failure> {
        let trained = place.trained()?;
        let name = place.name_of(folder::PARAMS);
        self.job.fits(&self.resolved.run, &trained).map_err(|error| error.in_file(&name))?;
        Ok(trained)
    }
}

/// The job of a finished run, and its trained function.
pub(crate) fn finished(
    place: &RunFolder,
    onlooker: &mut dyn Onlooker,
) -> Result<(Ready, Checkpoint), Failure> {
    let text = place.text(folder::CASE)?;
    let name = record::name_in(&text).unwrap_or("case");
    let mut case = Case::parse(name, &place.name_of(folder::CASE), &text)?;
    if place.has(folder::MODEL) {
        case.begins_at(&place.name_of(folder::MODEL))?;
    } else if Family::of(&case.sections) == Family::Atoms {
        return Err(Error::input("", "this training has left no model yet")
            .allowed("Let it end first: add --resume to the command that began it")
            .in_file(&place.name_of(""))
            .into());
    }
    let ready = prepare(resolve(case)?, onlooker)?;
    let trained = ready.fitting(place)?;
    Ok((ready, trained))
}

/// A case ready to run, from the trained function that it names, where it names one.
pub(crate) fn ready(resolved: Resolved, onlooker: &mut dyn Onlooker) -> Result<Ready, Failure> {
    prepare(resolved, onlooker)?.begun(onlooker)
}

/// The job of a case and its forecast.
fn prepare(mut resolved: Resolved, onlooker: &mut dyn Onlooker) -> Result<Ready, Failure> {
    refuse_beyond_memory(&resolved, resolved.least_bytes())?;
    let about = |error: Error| Failure::of(resolved.case.locate(error), &resolved.case);
    let (job, run) = resolved.ready().map_err(about)?;
    resolved.notes().iter().for_each(|text| onlooker.say(text));
    let forecast = job.forecast(&run).map_err(about)?;
    resolved.run = run;
    Ok(Ready { resolved, job, forecast, export: Vec::new() })
}

/// What a case will do and cost.
pub(crate) fn forecast(resolved: &Resolved) -> Result<Forecast, Failure> {
    refuse_beyond_memory(resolved, resolved.least_bytes())?;
    let about = |error: Error| Failure::of(resolved.case.locate(error), &resolved.case);
    let (job, run) = resolved.ready().map_err(about)?;
    let forecast = job.forecast(&run).map_err(about)?;
    refuse_beyond_memory(resolved, forecast.bytes)?;
    Ok(forecast)
}

/// Refuses what the machine has no memory for.
pub(crate) fn refuse_too_large(ready: &Ready) -> Result<(), Failure> {
    refuse_beyond_memory(&ready.resolved, ready.forecast.bytes)
}

fn refuse_beyond_memory(resolved: &Resolved, needed: f64) -> Result<(), Failure> {
    let Some(free) = machine::available().filter(|free| needed > *free) else { return Ok(()) };
    let found = format!(
        "this run needs about {}, {} more than the {} this machine can still give",
        print::bytes(needed),
        print::bytes(needed - free),
        print::bytes(free)
    );
    let (key, instead) = resolved.largest_key();
    Err(resolved.case.locate(Error::input(key, found).allowed(instead)).into())
}
