//! What to try next after the search for a policy.

use serde_json::{Map, Value};

use super::{Advice, Run, advice, change, more_paths, more_training};
use crate::print::quoted;

/// The learned share above which little is left.
const ENOUGH: f64 = 0.99;

/// What to try after an answer.
pub(super) fn of(run: &Run<'_>, object: &Map<String, Value>) -> Vec<Advice> {
    let share = object.get("share").and_then(|share| share.get("value")?.as_f64());
    let mut all = Vec::new();
    all.push(match share {
        Some(share) if share >= ENOUGH => advice(
            "Little is left to be learned. For half the standard error, draw four times as many fresh paths.",
            more_paths(run),
        ),
        _ => advice("Train longer: the rate falls more slowly then.", more_training(run)),
    });
    if share.is_none_or(|share| share < ENOUGH) {
        all.push(advice(
            "Give the policy wider layers.",
            change(run, "representation.hidden=[64,64]"),
        ));
    }
    let place = quoted(&run.folder());
    all.push(advice(
        "Ask the policy what it does in states of your own, a CSV file with columns t and the state.",
        format!("esperance eval {place} --at states.csv"),
    ));
    all.push(advice(
        "Compute the answer again on draws of its own, with the policy as it is: both must agree.",
        format!("esperance verify {place}"),
    ));
    all
}
