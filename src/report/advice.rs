//! What to try next: from the verdict and the largest error, a short list.

mod policy;
mod training;

use frame::{Report, Term, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Run;
use crate::cases::Family;
use crate::print::quoted;
use crate::run_folder::CHECKPOINT;

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
    let case = quoted(&run.case());
    let set = changes.iter().map(|pair| format!(" --set {}", quoted(pair)));
    format!("esperance solve {case}{}", set.collect::<Vec<_>>().concat())
}

/// What to try after a measurement.
fn measured(run: &Run<'_>, report: &Report) -> Vec<Advice> {
    let words = match &report.verdict {
        Verdict::Converged => "Other seeds say how much of this is chance.",
        _ => "More moves of the descent, or a larger loss at which it may end.",
    };
    let change = match &report.verdict {
        Verdict::Converged => format!("run.seed={}", run.resolved.run.seed + 1),
        _ => format!("run.iterations={}", 4 * run.resolved.run.iterations.max(1)),
    };
    vec![advice(words, command(run, &[change]))]
}

/// What to try after an answer.
pub(super) fn of(run: &Run<'_>, report: &Report, object: &Map<String, Value>) -> Vec<Advice> {
    let is_cut = matches!(&report.verdict, Verdict::NotSettled { why } if why.contains(CUT));
    if is_cut && run.place.is_some_and(|place| place.has(CHECKPOINT)) {
        return vec![going_on(run)];
    }
    match run.resolved.family() {
        Family::Atoms => return training::of(run, report, object),
        Family::Control => return policy::of(run, object),
        Family::Lab | Family::Program => return measured(run, report),
        Family::Paths => {}
    }
    let mut all = Vec::new();
    match &report.verdict {
        Verdict::Contradicted { .. } => all.push(advice(
            "The answer cannot be right. Compare the equation above with the one you meant; then try \
             a smaller descent.rate or finer steps.",
            change(run, "descent.rate=1e-3"),
        )),
        Verdict::NotSettled { why } => all.extend(unsettled(run, why, &levels(object))),
        _ => {}
    }
    let more = largest(run, report, object);
    all.extend(more.filter(|more| all.iter().all(|one| one.command != more.command)));
    if all.is_empty() {
        all.push(match report.verdict {
            Verdict::Converged => advice(
                "Nothing has to be done. For half the standard error, draw four times as many fresh \
                 paths.",
                more_paths(run),
            ),
            _ => advice(
                "Change what the reasons above name; until they are gone, do not rely on the digits.",
                None,
            ),
        });
    }
    let place = quoted(&run.folder());
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
        Verdict::NonFinite { iteration: 0 } if run.resolved.family() == Family::Paths => {
            vec![advice(
                "Look for a formula that is not a finite number somewhere: the logarithm or root of \
             something negative, a division by zero, an exponential that overflows.",
                None,
            )]
        }
        _ => vec![
            advice("Take smaller steps of the descent.", change(run, "descent.rate=1e-3")),
            advice("Compute in double precision.", change(run, "run.precision=f64")),
        ],
    }
}

/// How a run says that it was cut short.
const CUT: &str = "stopped after";

fn going_on(run: &Run<'_>) -> Advice {
    let place = quoted(&run.folder());
    advice(
        "Go on where it stopped; nothing is done twice.",
        format!("{} --out {place} --resume", command(run, &[])),
    )
}

/// What the reasons of a run that is not settled ask for, by the keys they name.
fn unsettled(run: &Run<'_>, why: &str, levels: &[u64]) -> Vec<Advice> {
    let asked = [
        (["run.iterations", "nothing was trained"], "Train longer", more_training(run)),
        (["run.fresh-paths"; 2], "Draw more fresh paths", more_paths(run)),
        (["problem.steps"; 2], "Take finer time steps", finer(run, levels)),
        (["descent.rate"; 2], "Learn more slowly", change(run, "descent.rate=1e-3")),
        (["problem.on-policy"; 2], "Train on paths of the function", change(run, FOLLOW)),
    ];
    let asked = asked.into_iter().filter(|(words, ..)| words.iter().any(|w| why.contains(w)));
    asked
        .map(|(_, what, command)| advice(format!("{what}: a reason above asks for it."), command))
        .collect()
}

/// Training paths that follow the function.
const FOLLOW: &str = "problem.on-policy=true";

fn change(run: &Run<'_>, pair: &str) -> String {
    command(run, &[pair.to_owned()])
}

fn more_training(run: &Run<'_>) -> String {
    change(run, &format!("run.iterations={}", (2 * run.resolved.run.iterations).max(300)))
}

/// Every level twice as fine; of one level, three.
fn finer(run: &Run<'_>, levels: &[u64]) -> String {
    let steps: Vec<String> = match levels {
        [one] => [1, 2, 4].map(|factor| (factor * one).to_string()).to_vec(),
        all => all.iter().map(|n| (2 * n).to_string()).collect(),
    };
    change(run, &format!("problem.steps=[{}]", steps.join(",")))
}

fn more_paths(run: &Run<'_>) -> String {
    command(run, &[format!("run.fresh-paths={}", 4 * run.resolved.run.fresh)])
}

/// What makes the largest error smaller, among those that are sizes of the answer's own.
fn largest(run: &Run<'_>, report: &Report, object: &Map<String, Value>) -> Option<Advice> {
    let error = &report.error;
    let noise = size(&error.estimation)?;
    let levels = levels(object);
    if let [_] = levels.as_slice() {
        return Some(advice(
            "One level of the time grid does not show what the steps cost: give several, each twice \
             as fine.",
            finer(run, &levels),
        ));
    }
    // What is indicated of the training is no more than noise.
    let measured = |term: &Term| match term {
        Term::Measured { size, .. } => *size,
        _ => 0.0,
    };
    let steps = size(&error.discretisation).unwrap_or(0.0);
    let training = measured(&error.optimisation);
    let form = size(&error.approximation).unwrap_or(0.0);
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
        return Some(advice(
            "The time steps are the largest item of the budget: take every level twice as fine.",
            finer(run, &levels),
        ));
    }
    if most == training {
        return Some(advice(
            "Minimiser and answer disagree by more than their noise: train longer.",
            more_training(run),
        ));
    }
    Some(advice(
        "The function is the largest item of the budget: give it more to learn with.",
        change(run, "representation.hidden=[64,64]"),
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
