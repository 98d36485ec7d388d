//! A sweep over control problems: the learned share against the key, and against iterations.

use frame::{Axis, Figure, Mark, Series};
use ground::Result;
use ground::estimate::Estimate;
use serde_json::{Map, Value};

use crate::cases::{Point, Sweep};
use crate::print;
use crate::run_folder::{self as folder, RunFolder};
use crate::verb::rows::{NONE, digits, estimate, number, word};

/// A line a value.
pub(super) fn table(sweep: &Sweep, runs: &[Map<String, Value>]) -> String {
    let several = !sweep.beside.is_empty();
    let head = ["optimum", "answer", "regret", "learned share", "violation", "seconds", "verdict"];
    let way = several.then_some("way");
    let head = std::iter::once(sweep.name()).chain(way).chain(head).map(str::to_owned);
    let mut rows = vec![head.collect::<Vec<String>>()];
    for (run, point) in runs.iter().zip(sweep.points()) {
        let read = |key: &str| estimate(run, &[key]).unwrap_or_else(|| NONE.to_owned());
        let of = |path: &[&str]| number(run, path).map_or_else(|| NONE.to_owned(), digits_of);
        let way = several.then(|| point.beside.unwrap_or_else(|| NONE.to_owned()));
        let rest = [
            of(&["reference", "value"]),
            read("answer"),
            read("regret"),
            read("share"),
            number(run, &["violation"]).map_or_else(|| NONE.to_owned(), |v| format!("{v:.0e}")),
            digits(run, &["seconds"], 1),
            word(run, "verdict"),
        ];
        rows.push(std::iter::once(point.value.to_string()).chain(way).chain(rest).collect());
    }
    print::table(&rows)
}

/// A number that has no error.
fn digits_of(mean: f64) -> String {
    Estimate { mean, stderr: 0.0, n: 1 }.to_string()
}

/// The pictures. `place` holds the folders of the runs.
pub(super) fn figures(
    (title, sweep): (&str, &Sweep),
    runs: &[Map<String, Value>],
    place: &RunFolder,
) -> Result<Vec<Figure>> {
    Ok(vec![shares(title, sweep, runs), learning((title, sweep), runs, place)?])
}

/// The learned share against the key.
fn shares(title: &str, sweep: &Sweep, runs: &[Map<String, Value>]) -> Figure {
    let points = sweep.points();
    let of = |beside: Option<&String>| {
        let own = runs.iter().zip(&points).filter(|(_, p)| p.beside.as_ref() == beside);
        let each = own.filter_map(|(run, point)| {
            let share = number(run, &["share", "value"])?;
            Some(([point.value, share], number(run, &["share", "stderr"])?))
        });
        let (points, errors): (Vec<_>, Vec<_>) = each.unzip();
        Series::dots(beside.map_or("policy", |name| name), points, errors)
    };
    let ways = std::iter::once(None).chain(sweep.beside.keys().map(Some));
    let mut series: Vec<Series> = ways.map(of).collect();
    series.push(Series::level("optimum", 1.0));
    Figure {
        name: "sweep".to_owned(),
        title: title.to_owned(),
        caption: format!(
            "The learned share for every value of {}: 0 for the best rule that does not look at what is \
             random, 1 for the exact optimum.",
            sweep.name()
        ),
        x: Axis::linear(sweep.name()),
        y: Axis::linear("learned share"),
        series,
    }
}

/// The share against iterations, from the regrets that the runs have written.
fn learning(
    (title, sweep): (&str, &Sweep),
    runs: &[Map<String, Value>],
    place: &RunFolder,
) -> Result<Figure> {
    let mut series = Vec::new();
    for (run, point) in runs.iter().zip(sweep.points()) {
        let way = point.beside.as_ref().map_or_else(String::new, |name| format!(", {name}"));
        let name = format!("{} = {}{way}", sweep.name(), point.value);
        let first = run.get("baselines").and_then(|all| all.get(0)?.get("value")?.as_f64());
        let left = first.zip(number(run, &["reference", "value"])).map(|(a, b)| (a - b).abs());
        let Some(left) = left.filter(|left| *left > 0.0) else { continue };
        let text = place.inside(&folder_of(sweep, &point))?.text(folder::TRACE)?;
        let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let head = lines.next().unwrap_or_default();
        let Some(at) = head.iter().position(|column| *column == "regret") else { continue };
        let point = |line: Vec<&str>| {
            let regret: f64 = line.get(at)?.parse().ok()?;
            // What is above zero of the share: before anything is learned it is far below.
            let share = 1.0 - regret / left;
            (share > 0.0).then_some([line[0].parse().ok()?, share])
        };
        series.push(Series::new(name, Mark::Line, lines.filter_map(point).collect()));
    }
    series.push(Series::level("optimum", 1.0));
    Ok(Figure {
        name: "sweep-learning".to_owned(),
        title: format!("{title}: while learning"),
        caption: "The learned share on held-out paths while learning: 0 for the best rule that does not look at \
                  what is random, 1 for the exact optimum. Below 0 nothing is drawn."
            .to_owned(),
        x: Axis::linear("iterations"),
        y: Axis::linear("learned share"),
        series,
    })
}

/// The folder of a value.
pub(super) fn folder_of(sweep: &Sweep, point: &Point) -> String {
    let way = point.beside.as_ref().map_or_else(String::new, |name| format!("-{name}"));
    format!("{}-{}{way}", sweep.name(), point.value)
}
