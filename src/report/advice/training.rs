//! What to try next after a training of a potential.

use frame::{Report, Verdict};
use serde_json::{Map, Value};

use super::{Advice, Run, advice, change, command};
use crate::print::quoted;
use crate::run_folder::MODEL;

/// A validation error so many times that of training says that frames are few.
const APART: f64 = 1.3;

/// What to try after an answer.
pub(super) fn of(run: &Run<'_>, report: &Report, object: &Map<String, Value>) -> Vec<Advice> {
    let mut all = Vec::new();
    if let Verdict::Contradicted { .. } = report.verdict {
        all.push(advice(
            "Look at the frames: `esperance data check` says what is doubtful in them.",
            None,
        ));
    }
    let at = |path: [&str; 3]| {
        let [first, rest @ ..] = path;
        rest.iter().try_fold(object.get(first)?, |value, key| value.get(key))?.as_f64()
    };
    let train = at(["accuracy", "train", "force_rmse"]);
    let validation = at(["accuracy", "validation", "force_rmse"]);
    all.push(match (train, validation) {
        (_, None) => advice(
            "No frame was left to judge by: the error is that on what was learned. Set some aside.",
            change(run, "problem.held-out=0.1"),
        ),
        (Some(train), Some(validation)) if validation > APART * train => advice(
            "The error on other frames is well above that on those that were learned: more labelled \
             frames help most.",
            None,
        ),
        _ => advice(
            "The errors on learned and on other frames are alike: train longer, then try wider networks.",
            change(run, &format!("run.iterations={}", (2 * run.resolved.run.iterations).max(300))),
        ),
    });
    all.push(advice(
        "Train several with other seeds: how far they are apart on a frame says how sure they are there.",
        format!("{} --repeats 4", command(run, &[])),
    ));
    let model = quoted(&run.file(MODEL));
    all.push(advice(
        "Test it on frames of another simulation, at other temperatures and pressures.",
        format!("esperance test {model} --data FRAMES"),
    ));
    all
}
