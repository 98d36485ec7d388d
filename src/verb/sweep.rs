//! A case with `[sweep]`: solved at every value of one key; one table, one picture.

use std::time::Instant;

use frame::{Axis, Figure, Mark, Series};
use ground::Result;
use serde_json::{Map, Value, json};

mod policies;

use super::rows::{NONE, digits, estimate, number, word, worst_word};
use super::solve::{Ended, Runs, begin, in_turn};
use crate::cases::{Family, Resolved, Sweep, resolve};
use crate::failure::Failure;
use crate::ready::{self, Ready};
use crate::report::{draw, png};
use crate::run_folder::{self as folder, RunFolder};
use crate::terminal::Terminal;
use crate::{output, print};

/// Solves at every value, each in a folder of its own; what is finished there is not done again.
pub(super) fn solve(
    ready: &Ready,
    sweep: &Sweep,
    place: &RunFolder,
    began: Instant,
) -> std::result::Result<Ended, Failure> {
    let resolved = &ready.resolved;
    let all = each(ready, sweep)?;
    let _mine = begin(place, resolved)?;
    let names = sweep.points().into_iter().map(|point| policies::folder_of(sweep, &point));
    let runs = in_turn(names.zip(all).map(Ok), place)?;
    let object = together(resolved, sweep, &runs, began);
    place.write(folder::ANSWER, (output::text(&object)? + "\n").as_bytes())?;
    let figures = match resolved.family() {
        Family::Control => policies::figures((&resolved.title, sweep), &runs.objects, place)?,
        Family::Paths | Family::Atoms => vec![figure(resolved, sweep, &runs.objects)],
    };
    figures.iter().try_for_each(|figure| draw(figure, place))?;
    let table = match resolved.family() {
        Family::Paths => table(sweep, &runs.objects),
        Family::Atoms => errors(sweep, &runs.objects),
        Family::Control => policies::table(sweep, &runs.objects),
    };
    let text = format!("{table}\n\n{}", place.path.display());
    Ok(Ended { object, text, code: runs.worst })
}

/// The case at every value, checked before the first is solved.
fn each(ready: &Ready, sweep: &Sweep) -> std::result::Result<Vec<Ready>, Failure> {
    let mut all = Vec::new();
    for case in sweep.cases(&ready.resolved.case)? {
        let mut one = ready::ready(resolve(case)?, &mut Terminal::new())?;
        one.export.clone_from(&ready.export);
        all.push(one);
    }
    Ok(all)
}

/// The picture, for a page and for a slide.
fn draw(figure: &Figure, place: &RunFolder) -> Result<()> {
    let svg = draw::standalone(figure);
    place.write(&format!("{}.png", figure.name), &png::png(&svg)?)?;
    place.write(&format!("{}.svg", figure.name), svg.as_bytes())
}

fn together(resolved: &Resolved, sweep: &Sweep, runs: &Runs, began: Instant) -> Map<String, Value> {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("case", json!(resolved.case.name));
    put("version", json!(crate::VERSION));
    put("key", json!(sweep.key));
    let points = sweep.points();
    put("values", json!(points.iter().map(|point| point.value).collect::<Vec<_>>()));
    put("beside", json!(points.iter().map(|point| &point.beside).collect::<Vec<_>>()));
    put("expect", json!(sweep.expect));
    put("verdict", json!(worst_word(&runs.objects, runs.worst)));
    put("sweep", json!(runs.objects));
    put("seconds", json!(began.elapsed().as_secs_f64()));
    put("peak_rss_mb", json!(crate::machine::peak_mb()));
    object
}

/// The known answer of the k-th value.
fn known(sweep: &Sweep, k: usize) -> Option<f64> {
    sweep.expect.as_ref().and_then(|known| known.get(k)).copied()
}

/// A line a value.
fn table(sweep: &Sweep, runs: &[Map<String, Value>]) -> String {
    let head = ["known", "answer", "off", "lower bound", "upper bound", "Z = 0", "R²", "verdict"];
    let head = std::iter::once(sweep.name()).chain(head).map(str::to_owned);
    let mut rows = vec![head.collect::<Vec<String>>()];
    for (k, (run, value)) in runs.iter().zip(&sweep.values).enumerate() {
        let none = || NONE.to_owned();
        let exact = known(sweep, k);
        let off = exact.zip(number(run, &["answer", "value"]));
        let side =
            |side: &str| estimate(run, &["bounds", side]).unwrap_or_else(|| "unknown".to_owned());
        rows.push(vec![
            value.to_string(),
            exact.map_or_else(none, |exact| exact.to_string()),
            estimate(run, &["answer"]).unwrap_or_else(|| "none".to_owned()),
            off.map_or_else(none, |(exact, found)| {
                format!("{:+.3} %", 100.0 * (found / exact - 1.0))
            }),
            side("lower"),
            side("upper"),
            estimate(run, &["baselines", "zero"]).unwrap_or_else(none),
            digits(run, &["r2"], 4),
            word(run, "verdict"),
        ]);
    }
    print::table(&rows)
}

/// A line a value, of trainings of potentials.
fn errors(sweep: &Sweep, runs: &[Map<String, Value>]) -> String {
    let head = [sweep.name(), "force RMSE (eV/Å)", "on learned frames", "verdict"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for (run, value) in runs.iter().zip(&sweep.values) {
        rows.push(vec![
            value.to_string(),
            estimate(run, &["answer"]).unwrap_or_else(|| "none".to_owned()),
            digits(run, &["accuracy", "train", "force_rmse"], 4),
            word(run, "verdict"),
        ]);
    }
    print::table(&rows)
}

/// Whether x₀ has a law, of two numbers or lists.
fn has_a_law(run: &Map<String, Value>) -> bool {
    run.get("at").and_then(Value::as_object).is_some_and(|at| !at.contains_key("why"))
}

/// The answers against the value of the key, with what is known and what is had without learning.
fn figure(resolved: &Resolved, sweep: &Sweep, runs: &[Map<String, Value>]) -> Figure {
    let points = |path: &[&str]| -> (Vec<[f64; 2]>, Vec<f64>) {
        let of = |(run, value): (&Map<String, Value>, &f64)| {
            let mean = number(run, &[path, &["value"]].concat())?;
            let stderr = number(run, &[path, &["stderr"]].concat())?;
            Some(([*value, mean], stderr))
        };
        runs.iter().zip(&sweep.values).filter_map(of).unzip()
    };
    let mut series = Vec::new();
    let exact: Vec<[f64; 2]> =
        (0..runs.len()).filter_map(|k| Some([sweep.values[k], known(sweep, k)?])).collect();
    if !exact.is_empty() {
        series.push(Series::new("known", Mark::Line, exact));
    }
    for (name, mark, path) in [
        ("upper bound", Mark::Broken, &["bounds", "upper"][..]),
        ("lower bound", Mark::Broken, &["bounds", "lower"]),
        ("Z = 0, without learning", Mark::Broken, &["baselines", "zero"]),
        ("answer", Mark::Dots, &["answer"]),
    ] {
        let (points, errors) = points(path);
        if !points.is_empty() {
            series.push(Series { errors, ..Series::new(name, mark, points) });
        }
    }
    Figure {
        name: "sweep".to_owned(),
        title: resolved.title.clone(),
        caption: format!(
            "The answer for every value of {}, with two standard errors, beside what is known and \
             what is had without learning.",
            sweep.name()
        ),
        x: Axis::linear(sweep.name()),
        y: Axis::linear(match resolved.family() {
            Family::Atoms | Family::Control => "force RMSE (eV/Å)",
            Family::Paths if runs.iter().any(has_a_law) => "E u(0, x₀)",
            Family::Paths => "u(0, x₀)",
        }),
        series,
    }
}
