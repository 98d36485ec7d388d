//! `solve --repeats n`: the same case with n seeds; mean and spread.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::prepare;
use super::rows::{digits, estimate, number, word, worst_word};
use super::solve::{Ended, once, one_folder_one_case};
use crate::cases::{Resolved, resolve};
use crate::failure::{Failure, code};
use crate::run_folder::{self as folder, RunFolder};
use crate::{output, print, record};

/// Solves with n seeds, each in a folder of its own; what is finished there is not done again.
pub(crate) fn solve(
    resolved: &Resolved,
    place: &RunFolder,
    n: u64,
    began: Instant,
) -> std::result::Result<Ended, Failure> {
    let _mine = place.lock()?;
    place.tidy()?;
    one_folder_one_case(place, resolved)?;
    place.write(folder::CASE, record::case_text(resolved)?.as_bytes())?;
    let first = resolved.run.seed;
    let mut runs = Vec::new();
    let mut worst = code::CONVERGED;
    for seed in first..first + n {
        let mut case = resolved.case.clone();
        case.set("--repeats", "run.seed", &seed.to_string())?;
        let inside = place.inside(&format!("seed-{seed}"))?;
        let mut ready = prepare(resolve(case)?)?;
        ready.resolved.run.init.clone_from(&resolved.run.init);
        let ended = once(ready, &inside, Instant::now())?;
        worst = worst.max(ended.code);
        runs.push(ended.object);
        if ended.code == code::INTERRUPTED {
            break;
        }
    }
    let object = together(resolved, &runs, worst, began);
    place.write(folder::ANSWER, output::text(&object)?.as_bytes())?;
    let text = format!("{}\n\n{}", rows(&runs, &object), place.path.display());
    Ok(Ended { object, text, code: worst })
}

fn together(
    resolved: &Resolved,
    runs: &[Map<String, Value>],
    worst: u8,
    began: Instant,
) -> Map<String, Value> {
    let values: Vec<f64> =
        runs.iter().filter_map(|run| number(run, &["answer", "value"])).collect();
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("case", json!(resolved.case.name));
    put("version", json!(crate::VERSION));
    put("seed", json!(resolved.run.seed));
    if values.is_empty() {
        put("mean", json!({ "value": null, "why": "no run has an answer" }));
        put("spread", json!(null));
    } else {
        let (mean, sd) = print::spread(&values);
        put("mean", json!({ "value": mean.mean, "stderr": mean.stderr, "n": mean.n }));
        put("spread", json!(sd));
    }
    put("verdict", json!(worst_word(runs, worst)));
    put("repeats", json!(runs));
    put("seconds", json!(began.elapsed().as_secs_f64()));
    put("peak_rss_mb", json!(crate::machine::peak_mb()));
    object
}

/// A line a run, then mean and spread.
fn rows(runs: &[Map<String, Value>], object: &Map<String, Value>) -> String {
    let mut rows = vec![["seed", "answer", "R²", "seconds", "verdict"].map(str::to_owned).to_vec()];
    for run in runs {
        rows.push(vec![
            digits(run, &["seed"], 0),
            estimate(run, &["answer"]).unwrap_or_else(|| "none".to_owned()),
            digits(run, &["r2"], 4),
            digits(run, &["seconds"], 2),
            word(run, "verdict"),
        ]);
    }
    let read = |key: &str| number(object, &["mean", key]);
    let end = match (read("value"), read("stderr"), number(object, &["spread"])) {
        (Some(mean), Some(stderr), Some(sd)) => {
            let mean = ground::estimate::Estimate { mean, stderr, n: runs.len() };
            format!("mean {mean}, spread {sd:.2e} (standard deviation over {} seeds)", runs.len())
        }
        (Some(mean), ..) => format!("one seed, {mean}: no spread"),
        _ => "no run has an answer".to_owned(),
    };
    format!("{}\n\n{end}", print::table(&rows))
}
