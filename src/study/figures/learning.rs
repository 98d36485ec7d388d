//! The learned share of control problems against iterations, from the folders that cells keep.

use frame::{Axis, Figure, Mark, Series};
use ground::Result;
use serde_json::{Map, Value};

use crate::cases::Family;
use crate::run_folder::{self as folder, RunFolder};
use crate::study::finish::Come;
use crate::study::run::folder_of;
use crate::verb::rows::number;

/// The share against iterations, from the regrets that the runs have written; nothing where cells keep no
/// folders, or are of another family.
pub(crate) fn learning(come: &Come<'_>, place: &RunFolder) -> Result<Vec<Figure>> {
    let plan = come.plan;
    if !plan.sweep.folders || plan.resolved.family() != Family::Control {
        return Ok(Vec::new());
    }
    let mut series = Vec::new();
    for planned in &plan.cells {
        let row = plan.grid.row(&planned.cell.place);
        let Some(record) = &come.table.rows[row].records[planned.cell.repeat] else { continue };
        let inside = place.inside(&folder_of(plan, planned))?;
        if !inside.has(folder::TRACE) {
            continue;
        }
        let points = shares(&record.object, &inside.text(folder::TRACE)?);
        if !points.is_empty() {
            series.push(Series::new(plan.words(&planned.cell), Mark::Line, points));
        }
    }
    if series.is_empty() {
        return Ok(Vec::new());
    }
    series.push(Series::level("optimum", 1.0));
    Ok(vec![Figure {
        name: "learning".to_owned(),
        title: format!("{}: while learning", plan.resolved.title),
        caption: "The learned share on held-out paths while learning: 0 for the best rule that does not look at what is \
                  random, 1 for the exact optimum. Below 0 nothing is drawn."
            .to_owned(),
        x: Axis::linear("iterations"),
        y: Axis::linear("learned share"),
        series,
    }])
}

/// What is above zero of the share: before anything is learned it is far below.
fn shares(run: &Map<String, Value>, trace: &str) -> Vec<[f64; 2]> {
    let first = run.get("baselines").and_then(|all| all.get(0)?.get("value")?.as_f64());
    let left = first.zip(number(run, &["reference", "value"])).map(|(a, b)| (a - b).abs());
    let Some(left) = left.filter(|left| *left > 0.0) else { return Vec::new() };
    let mut lines = trace.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next().unwrap_or_default();
    let Some(at) = head.iter().position(|column| *column == "regret") else { return Vec::new() };
    let point = |line: Vec<&str>| {
        let regret: f64 = line.get(at)?.parse().ok()?;
        let share = 1.0 - regret / left;
        (share > 0.0).then_some([line[0].parse().ok()?, share])
    };
    lines.filter_map(point).collect()
}
