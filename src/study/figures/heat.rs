//! Heat maps: one record over two axes, with curves of theory.

use frame::study::axes::Setting;
use frame::{Figure, Mark, Series};
use ground::Result;

use super::{Rows, axis, labelled, place_of, words};
use crate::cases::sweep::{Axes, FigureSection};
use crate::study::finish::Come;

/// Points of a curve.
const POINTS: usize = 120;

/// Maps over two axes, one for every combination of the others.
pub(super) fn maps(section: &FigureSection, come: &Come<'_>) -> Result<Vec<Figure>> {
    let upward = section.y.iter().next().map(String::as_str);
    let (Some(across), Some(up)) = (axis(come, section.x.as_deref()), axis(come, upward)) else {
        return Ok(Vec::new());
    };
    let record = section.colour.clone().unwrap_or_default();
    let centre = come.plan.sweep.centre(&record);
    let edges = [across, up].map(|axis| edges(come, axis));
    let at = [across, up].map(|axis| place_of(come, axis));
    let rows = Rows::of(section, come, &[across, up]);
    let mut figures = Vec::new();
    for (key, own) in &rows.groups {
        let mut series = Series::new(record.clone(), Mark::Heat, Vec::new());
        for row in own {
            let place = at.map(|at| row.settings[at].number().unwrap_or(f64::NAN));
            let Some(value) = row.summary(&record, centre).value() else { continue };
            let ends = [0, 1].map(|k| ends(&edges[k], place[k]));
            series.points.push(place);
            series.values.push(value);
            series.edges.push([ends[0][0], ends[1][0], ends[0][1], ends[1][1]]);
        }
        let group = words(key, &rows.groups);
        let mut all = vec![series];
        all.extend(curves(section, come, &edges, key)?);
        let names = [across, up].map(|axis| come.plan.grid.axes[axis].names[0].clone());
        let name = section.name.clone().unwrap_or_else(|| record.clone());
        let repeats = come.plan.grid.repeats;
        let over = if repeats > 1 {
            format!(" Colours are the {} of {repeats} seeds.", centre.name())
        } else {
            String::new()
        };
        let suffix = if group.is_empty() { String::new() } else { format!("-{}", file(&group)) };
        let title = if group.is_empty() { String::new() } else { format!(": {group}") };
        figures.push(Figure {
            name: format!("{name}{suffix}"),
            title: format!("{}{title}", come.plan.resolved.title),
            caption: format!(
                "{record} over {} and {}.{over} Broken lines are theory.",
                names[0], names[1]
            ),
            x: labelled(&names[0], edges[0].1),
            y: labelled(&names[1], edges[1].1),
            series: all,
        });
    }
    Ok(figures)
}

/// Words as the name of a file.
fn file(words: &str) -> String {
    words.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).collect()
}

/// The levels of an axis with the edges of their cells, and whether they are spaced by ratios.
type Edges = (Vec<(f64, [f64; 2])>, bool);

/// Between two levels an edge is their middle, geometric where the axis is logarithmic.
fn edges(come: &Come<'_>, axis: usize) -> Edges {
    let levels = &come.plan.grid.axes[axis].levels;
    let mut values: Vec<f64> =
        levels.iter().filter_map(|level| level.settings[0].number()).collect();
    values.sort_by(f64::total_cmp);
    let (first, last) =
        (values.first().copied().unwrap_or(1.0), values.last().copied().unwrap_or(1.0));
    let logarithmic = first > 0.0 && last / first >= 4.0;
    let on = |v: f64| if logarithmic { v.ln() } else { v };
    let back = |v: f64| if logarithmic { v.exp() } else { v };
    let placed: Vec<f64> = values.iter().map(|v| on(*v)).collect();
    let gap = |k: usize| placed.get(k + 1).zip(placed.get(k)).map(|(b, a)| b - a);
    let only = gap(0).unwrap_or(1.0);
    let cells = (0..placed.len()).map(|k| {
        let below = k.checked_sub(1).and_then(gap).unwrap_or_else(|| gap(k).unwrap_or(only));
        let above = gap(k).unwrap_or(below);
        (values[k], [back(placed[k] - 0.5 * below), back(placed[k] + 0.5 * above)])
    });
    (cells.collect(), logarithmic)
}

fn ends(edges: &Edges, value: f64) -> [f64; 2] {
    edges.0.iter().find(|(level, _)| *level == value).map_or([f64::NAN; 2], |(_, ends)| *ends)
}

/// Curves of theory inside the map.
fn curves(
    section: &FigureSection,
    come: &Come<'_>,
    edges: &[Edges; 2],
    key: &[(String, Setting)],
) -> Result<Vec<Series>> {
    let range = |edges: &Edges| {
        let low = edges.0.first().map_or(1.0, |(_, ends)| ends[0]);
        let high = edges.0.last().map_or(1.0, |(_, ends)| ends[1]);
        [low, high]
    };
    let ([left, right], [low, high]) = (range(&edges[0]), range(&edges[1]));
    let axes = Axes::of(&come.plan.grid);
    let across = axis(come, section.x.as_deref()).map_or(0, |axis| axis);
    let own = come.plan.grid.axes[across].names[0].clone();
    let mut all = Vec::new();
    for (name, text) in &section.curves {
        let mut points = Vec::new();
        for k in 0..POINTS {
            let t = k as f64 / (POINTS - 1) as f64;
            let x =
                if edges[0].1 { left * (right / left).powf(t) } else { left + (right - left) * t };
            let here = Setting::Number(x);
            let mut settings: Vec<(&str, &Setting)> = vec![(own.as_str(), &here)];
            settings.extend(key.iter().map(|(name, s)| (name.as_str(), s)));
            let y = axes.value(&format!("sweep.figure.curves.{name}"), text, &settings)?;
            if (low..=high).contains(&y) {
                points.push([x, y]);
            }
        }
        all.push(Series::new(name.clone(), Mark::Broken, points));
    }
    Ok(all)
}
