//! Pictures of a policy: fans of what happens, and how amounts are spread.

use frame::{Axis, Figure, Hue, Mark, Series};

use super::{Fan, Reached, slices};

/// The pictures.
pub(super) fn figures(reached: &Reached) -> Vec<Figure> {
    let mut all: Vec<Figure> =
        reached.fans.iter().enumerate().map(|(k, one)| fan(k, one)).collect();
    all.extend(reached.slices.iter().enumerate().map(|(k, one)| slices::figure(k, one)));
    all.extend(spread(reached));
    all
}

fn fan(k: usize, fan: &Fan) -> Figure {
    let line = |q: usize| -> Vec<[f64; 2]> {
        fan.steps.iter().enumerate().map(|(t, at)| [t as f64, at[q]]).collect()
    };
    let pair = |name: &str, [low, high]: [usize; 2], mark: Mark| {
        [
            Series::new(name, mark, line(low)),
            Series { hue: Hue::Before, ..Series::new(name, mark, line(high)) },
        ]
    };
    let mut series = vec![Series::new("half of all paths below", Mark::Line, line(2))];
    series.extend(pair("half of all paths between", [1, 3], Mark::Line));
    series.extend(pair("nine in ten between", [0, 4], Mark::Broken));
    Figure {
        name: format!("fan-{}", k + 1),
        title: format!("Under the policy: {}", fan.name),
        caption: "Quantiles over fresh paths, step by step.".to_owned(),
        x: Axis::linear("step"),
        y: Axis::linear(fan.name.clone()),
        series,
    }
}

/// A histogram of what paths cost or earn.
fn spread(reached: &Reached) -> Option<Figure> {
    const BARS: usize = 40;
    let low = reached.amounts.iter().copied().fold(f64::INFINITY, f64::min);
    let high = reached.amounts.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let side = (high - low) / BARS as f64;
    if !(side > 0.0 && side.is_finite()) {
        return None;
    }
    let mut counts = vec![0.0; BARS];
    for amount in &reached.amounts {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within the bars"
        )]
        let at = (((amount - low) / side) as usize).min(BARS - 1);
        counts[at] += 1.0;
    }
    let all = reached.amounts.len() as f64;
    let mut points: Vec<[f64; 2]> =
        counts.iter().enumerate().map(|(k, n)| [low + k as f64 * side, n / all / side]).collect();
    points.push([high, 0.0]);
    let what = reached.sense.name();
    Some(Figure {
        name: "spread".to_owned(),
        title: format!("The {what} of single paths"),
        caption: format!(
            "How the {what} is spread over fresh paths. The policy was made for the mean alone; what is \
             far from it is chance that no policy can foresee, or risk that it was not asked to avoid."
        ),
        x: Axis::linear(what),
        y: Axis::linear("density"),
        series: vec![Series::new("paths", Mark::Bars, points)],
    })
}
