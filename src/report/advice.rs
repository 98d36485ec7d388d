//! What to try next: from the verdict and the largest error, a short list.

use frame::{Report, Term, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Run;
use crate::print::quoted;
use crate::run_folder::{CASE, CHECKPOINT};

/// One thing to try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Advice {
    /// What and why.
    pub(crate) words: String,
    /// The command that does it, where one does.
    pub(crate) command: Option<String>,
}

fn advice(words: impl Into<String>, command: impl Into<Option<String>>) -> Advice {
    Advice { words: words.into(), command: command.into() }
}

/// The command that solves the case of a run again, with changes `key=value`.
pub(crate) fn command(run: &Run<'_>, changes: &[String]) -> String {
    let case = quoted(&run.place.name_of(CASE));
    let set = changes.iter().map(|pair| format!(" --set {}", quoted(pair)));
    format!("esperance solve {case}{}", set.collect::<Vec<_>>().concat())
}

/// What to try after an answer.
pub(super) fn of(run: &Run<'_>, report: &Report, object: &Map<String, Value>) -> Vec<Advice> {
    let mut all = Vec::new();
    match &report.verdict {
        Verdict::Contradicted { .. } => all.push(advice(
            "The answer cannot be right. Compare the equation above with the one you meant; then try \
             a smaller descent.rate or finer steps.",
            command(run, &["descent.rate=1e-3".to_owned()]),
        )),
        Verdict::NotSettled { why } => all.extend(unsettled(run, why)),
        _ => {}
    }
    all.extend(largest(run, report, object));
    if all.is_empty() {
        all.push(advice(
            "Nothing has to be done. For half the standard error, draw four times as many fresh \
             paths.",
            more_paths(run),
        ));
    }
    let place = quoted(&run.place.path.display().to_string());
    all.push(advice(
        "Compute the answer again on draws of its own, with the function as it is: both must agree.",
        format!("esperance verify {place}"),
    ));
    all
}

/// What to try where there is no answer.
pub(super) fn without_answer(run: &Run<'_>, verdict: &Verdict) -> Vec<Advice> {
    match verdict {
        Verdict::Interrupted { .. } => vec![going_on(run)],
        Verdict::NonFinite { iteration: 0 } => vec![advice(
            "Look for a formula that is not a finite number somewhere: the logarithm or root of \
             something negative, a division by zero, an exponential that overflows.",
            None,
        )],
        _ => vec![
            advice(
                "Take smaller steps of the descent.",
                command(run, &["descent.rate=1e-3".to_owned()]),
            ),
            advice("Compute in double precision.", command(run, &["run.precision=f64".to_owned()])),
        ],
    }
}

fn going_on(run: &Run<'_>) -> Advice {
    let (case, place) = (&run.resolved.case.file, run.place.path.display().to_string());
    advice(
        "Go on where it stopped, with the words it was started with and --resume.",
        format!("esperance solve {} --out {} --resume", quoted(case), quoted(&place)),
    )
}

/// Whether the run can go on, and whether its reasons ask for more training.
fn unsettled(run: &Run<'_>, why: &str) -> Vec<Advice> {
    if run.place.has(CHECKPOINT) && why.contains("time limit") {
        return vec![going_on(run)];
    }
    let asks = ["run.iterations", "nothing was trained"].iter().any(|word| why.contains(word));
    let more = (2 * run.resolved.run.iterations).max(300);
    let words = "Train longer: the reasons above ask for it.";
    asks.then(|| advice(words, command(run, &[format!("run.iterations={more}")])))
        .into_iter()
        .collect()
}

fn more_paths(run: &Run<'_>) -> String {
    command(run, &[format!("run.fresh-paths={}", 4 * run.resolved.run.fresh)])
}

/// What makes the largest error smaller, among those that are sizes of the answer's own.
fn largest(run: &Run<'_>, report: &Report, object: &Map<String, Value>) -> Option<Advice> {
    let error = &report.error;
    let noise = size(&error.estimation)?;
    let levels = levels(object);
    if let (Term::Unknown { .. }, [n]) = (&error.discretisation, levels.as_slice()) {
        return Some(advice(
            "What the time step costs is unknown with one level: give several, each twice as fine.",
            command(run, &[format!("problem.steps=[{n},{},{}]", 2 * n, 4 * n)]),
        ));
    }
    // What is indicated of the other two is no more than noise, or no size of the answer's.
    let measured = |term: &Term| match term {
        Term::Measured { size, .. } => *size,
        _ => 0.0,
    };
    let steps = size(&error.discretisation).unwrap_or(0.0);
    let training = measured(&error.optimisation);
    let form = measured(&error.approximation);
    let most = steps.max(training).max(form);
    if most <= 2.0 * noise {
        let goal = 1e-3 * report.answer.headline().mean.abs();
        return (noise > goal).then(|| {
            advice(
                "The noise of the paths is the largest error. Four times as many fresh paths halve \
                 it.",
                more_paths(run),
            )
        });
    }
    if most == steps {
        let finer: Vec<String> = levels.iter().map(|n| (2 * n).to_string()).collect();
        return Some(advice(
            "The time steps are the largest item of the budget: take every level twice as fine.",
            command(run, &[format!("problem.steps=[{}]", finer.join(","))]),
        ));
    }
    if most == training {
        let more = (2 * run.resolved.run.iterations).max(300);
        return Some(advice(
            "Minimiser and answer disagree by more than their noise: train longer.",
            command(run, &[format!("run.iterations={more}")]),
        ));
    }
    Some(advice(
        "The function is the largest item of the budget: give it more to learn with.",
        command(run, &["representation.hidden=[64,64]".to_owned()]),
    ))
}

fn size(term: &Term) -> Option<f64> {
    match term {
        Term::Measured { size, .. } | Term::Indicated { size, .. } => Some(*size),
        Term::Bounded { below, above, .. } => Some(0.5 * (above - below)),
        Term::Absent { .. } => Some(0.0),
        Term::Unknown { .. } => None,
    }
}

/// The steps of the levels, as the published object says them.
fn levels(object: &Map<String, Value>) -> Vec<u64> {
    let all = object.get("levels").and_then(Value::as_array);
    all.into_iter().flatten().filter_map(|level| level.get("steps")?.as_u64()).collect()
}
