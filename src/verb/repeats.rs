//! `solve --repeats n`: the same case with n seeds; mean and spread.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::rows::{digits, estimate, number, word, worst_word};
use super::solve::{Ended, Runs, begin, in_turn};
use crate::cases::{Family, Resolved, resolve};
use crate::failure::Failure;
use crate::ready::ready;
use crate::run_folder::{self as folder, RunFolder};
use crate::terminal::Terminal;
use crate::{output, print};

/// Solves with n seeds, each in a folder of its own; what is finished there is not done again.
pub(crate) fn solve(
    resolved: &Resolved,
    place: &RunFolder,
    n: u32,
    began: Instant,
) -> std::result::Result<Ended, Failure> {
    let _mine = begin(place, resolved)?;
    let seeded = |k: u32| {
        let (seed, mut case) = (resolved.run.seed + u64::from(k), resolved.case.clone());
        case.set("--repeats", "run.seed", &seed.to_string())?;
        Ok((format!("{}{seed}", folder::SEED), ready(resolve(case)?, &mut Terminal::new())?))
    };
    let runs = in_turn((0..n).map(seeded), place)?;
    let object = together(resolved, &runs, began);
    place.write(folder::ANSWER, (output::text(&object)? + "\n").as_bytes())?;
    let text =
        format!("{}\n\n{}", rows(resolved.family(), &runs.objects, &object), place.path.display());
    Ok(Ended { object, text, code: runs.worst })
}

fn together(resolved: &Resolved, runs: &Runs, began: Instant) -> Map<String, Value> {
    let values: Vec<f64> =
        runs.objects.iter().filter_map(|run| number(run, &["answer", "value"])).collect();
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
    put("verdict", json!(worst_word(&runs.objects, runs.worst)));
    put("repeats", json!(runs.objects));
    put("seconds", json!(began.elapsed().as_secs_f64()));
    put("peak_rss_mb", json!(crate::machine::peak_mb()));
    object
}

/// A line a run, then mean and spread.
fn rows(family: Family, runs: &[Map<String, Value>], object: &Map<String, Value>) -> String {
    let [answer, other] = match family {
        Family::Paths => ["answer", "R²"],
        Family::Atoms => ["force RMSE (eV/Å)", "on learned frames"],
        Family::Control => ["answer", "regret"],
        Family::Lab | Family::Program => ["answer", "iterations"],
    };
    let head = ["seed", answer, other, "seconds", "verdict"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for run in runs {
        rows.push(vec![
            digits(run, &["seed"], 0),
            estimate(run, &["answer"]).unwrap_or_else(|| "none".to_owned()),
            match family {
                Family::Paths => digits(run, &["r2"], 4),
                Family::Atoms => digits(run, &["accuracy", "train", "force_rmse"], 4),
                Family::Control => digits(run, &["regret", "value"], 4),
                Family::Lab | Family::Program => digits(run, &["iterations"], 0),
            },
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
