//! The value on every level of the time grid, and the limit they are extrapolated to.

use frame::{Axis, Figure, Known, Mark, Series};

use super::super::{Limit, Value};
use crate::bounds::{Bounds, Side};
use frame::budget::Target;

/// Points of the curve to the limit.
const CURVE: usize = 40;

/// Values against 1/N, the limit at 0, and everything else that is known of u(0, x₀) as horizontal
/// lines.
pub(super) fn levels(value: &Value, known: &Known) -> Figure {
    let fine = |steps: usize| 1.0 / steps as f64;
    let points = value.levels.iter().map(|l| [fine(l.steps), l.value.mean]).collect();
    let errors = value.levels.iter().map(|l| l.value.stderr).collect();
    let mut series = vec![Series::dots("value on N steps", points, errors)];
    if let Some(limit) = &value.limit {
        series.extend(curve(value, limit));
        let name = format!("limit {}", limit.value);
        series.push(Series::dots(name, vec![[0.0, limit.value.mean]], vec![limit.value.stderr]));
    }
    if let Some(log) = value.logarithmic.as_ref().filter(|log| log.trusted) {
        series.push(Series::level(format!("logarithmic mean {}", log.value), log.value.mean));
    }
    if let Some(answer) = known.answer {
        series.push(Series::level(format!("expected {answer}"), answer));
    }
    series.extend(value.bounds.iter().flat_map(sides));
    series.push(Series::level(format!("untrained {}", value.untrained), value.untrained.mean));
    series.push(Series::level(format!("Z = 0 {}", value.zero), value.zero.mean));
    Figure {
        name: "levels".to_owned(),
        title: "Value against time step".to_owned(),
        caption: caption(value),
        x: Axis::linear("1/N, N the number of time steps"),
        y: Axis::linear(value.symbol()),
        series,
    }
}

/// The curve limit + c N^(−order) through the first level.
fn curve(value: &Value, limit: &Limit) -> Option<Series> {
    let order = limit.order?;
    let first = value.levels.first()?;
    let reach = 1.0 / first.steps as f64;
    let rise = first.value.mean - limit.value.mean;
    let at = |k: usize| {
        let share = k as f64 / CURVE as f64;
        [share * reach, limit.value.mean + rise * share.powf(order)]
    };
    let name = format!("extrapolation, order {order:.2}");
    Some(Series::new(name, Mark::Broken, (0..=CURVE).map(at).collect()).beside())
}

/// A line for every side that is known.
fn sides(bounds: &Bounds) -> Vec<Series> {
    let of = if bounds.of == Target::Exact {
        String::new()
    } else {
        format!(" of the scheme with {} steps", bounds.steps)
    };
    let both = [("lower bound", &bounds.lower), ("upper bound", &bounds.upper)];
    let line = |(name, side): (&str, &Side)| match side {
        Side::Known(bound) => Some(Series::level(format!("{name}{of} {bound}"), bound.mean)),
        Side::Unknown(_) => None,
    };
    both.into_iter().filter_map(line).collect()
}

fn caption(value: &Value) -> String {
    let mut text = "Each dot is the answer with time cut into N steps, with a bar of two standard \
                    errors up and down; finer steps are further left."
        .to_owned();
    if value.limit.is_some() {
        text.push_str(
            " The broken curve goes to the limit of infinitely many steps, at 1/N = 0. The dots \
             should lie on the curve within their bars.",
        );
    } else {
        text.push_str(" There is one level only, so what the time step costs is not seen.");
    }
    text.push_str(
        " Horizontal lines are other values for the same number; an arrow in the legend says that \
         one lies outside the picture. The distance to Z = 0 and untrained is what the method gains \
         over not learning.",
    );
    text
}
