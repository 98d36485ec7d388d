//! The files of a run folder: what is in them.

mod lcurve;

use frame::{Checkpoint, Look, Report, Schedule, Trace};
use ground::{Error, Result};
use serde_json::{Map, Value, json};

use crate::cases::Resolved;
use crate::machine::machine;
use crate::output;
use crate::run_folder::{
    ANSWER, CASE, CURVE, Owner, PARAMS, PROVENANCE, RunFolder, TRACE, digest, sealed,
};

/// The first line of `case.toml`, after the name of the case.
const COMPLETE: &str = ", every default filled in by esperance ";

/// The text of `case.toml`.
pub(crate) fn case_text(resolved: &Resolved) -> Result<String> {
    Ok(format!("# {}{COMPLETE}{}\n\n{}", resolved.case.name, crate::VERSION, resolved.text()?))
}

/// The name of the case in the text of a `case.toml`.
pub(crate) fn name_in(text: &str) -> Option<&str> {
    let first = text.lines().next()?.strip_prefix("# ")?;
    first.split_once(COMPLETE).map(|(name, _)| name)
}

/// The text of `trace.csv`.
pub(crate) fn trace(trace: &Trace) -> String {
    let line = |look: &Look| {
        let training =
            if look.training.is_finite() { look.training.to_string() } else { String::new() };
        let (mean, stderr) = (look.validation.mean, look.validation.stderr);
        let first = [look.iteration.to_string(), training, mean.to_string(), stderr.to_string()];
        let told = look.told.iter().map(f64::to_string);
        first.into_iter().chain(told).collect::<Vec<_>>().join(",")
    };
    let names = ["iteration", "training", "validation", "stderr"].into_iter();
    let head = names.chain(trace.told.iter().map(String::as_str)).collect::<Vec<_>>().join(",");
    let mut lines: Vec<String> =
        std::iter::once(head).chain(trace.looks.iter().map(line)).collect();
    lines.push(String::new());
    lines.join("\n")
}

/// Writes the looks so far; of a training on data with its rate, as DeePMD-kit does, too.
pub(crate) fn looks(
    place: &RunFolder,
    looks: &Trace,
    rate: Option<&(Schedule, u64)>,
) -> Result<()> {
    rate.map_or(Ok(()), |rate| curve(place, looks, rate))?;
    place.write(TRACE, trace(looks).as_bytes())
}

/// Writes the errors while learning, where the looks tell them.
pub(crate) fn curve(place: &RunFolder, looks: &Trace, rate: &(Schedule, u64)) -> Result<()> {
    match lcurve::text(looks, rate) {
        Some(text) => place.write(CURVE, text.as_bytes()),
        None => Ok(()),
    }
}

/// Writes what a run that answered leaves; the answer last, so that where it is everything is.
pub(crate) fn write(
    place: &RunFolder,
    resolved: &Resolved,
    report: &Report,
    object: &Map<String, Value>,
) -> Result<()> {
    let owner = Owner::of(resolved)?;
    let params = sealed(owner.sign(Checkpoint::of(&report.params)?))?;
    let answer = output::text(object)? + "\n";
    looks(place, &report.trace, resolved.rate().as_ref())?;
    for (name, bytes) in report.answer.files()? {
        place.write(name, &bytes)?;
    }
    place.write(PARAMS, &params)?;
    let provenance = json!({
        "version": crate::VERSION,
        "commit": crate::COMMIT,
        "machine": machine(),
        "threads": resolved.run.threads,
        "seed": resolved.run.seed,
        "work": report.work,
        "seconds": object.get("seconds"),
        "digests": {
            "identity": owner.digest,
            CASE: digest(&place.read(CASE)?),
            PARAMS: digest(&params),
            ANSWER: digest(answer.as_bytes()),
        },
    });
    let provenance = serde_json::to_string_pretty(&provenance)
        .map_err(|e| Error::bug(format!("the provenance cannot be written: {e}")))?;
    place.write(PROVENANCE, (provenance + "\n").as_bytes())?;
    place.write(ANSWER, answer.as_bytes())
}
