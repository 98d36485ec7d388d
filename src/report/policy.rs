//! Pictures of the search for a policy: the value and the regret against iterations, beside the optimum and
//! what needs no learning.

use frame::{Axis, Figure, Mark, Series, Trace};
use serde_json::{Map, Value};

/// The pictures; none where nothing was looked at. `object` is the published object of the run.
pub(super) fn figures(trace: &Trace, object: &Map<String, Value>) -> Vec<Figure> {
    if trace.looks.len() < 2 {
        return Vec::new();
    }
    let number = |keys: [&str; 2]| object.get(keys[0])?.get(keys[1])?.as_f64();
    let of = object.get("answer").and_then(|answer| answer.get("of")?.as_str()).unwrap_or("cost");
    let sign = if of == "reward" { -1.0 } else { 1.0 };
    let rules = object.get("baselines").and_then(Value::as_array).cloned().unwrap_or_default();
    let rules: Vec<(&str, f64)> = rules
        .iter()
        .filter_map(|rule| Some((rule.get("name")?.as_str()?, rule.get("value")?.as_f64()?)))
        .collect();
    let optimum = number(["reference", "value"]);
    let mut all = vec![value(trace, (of, sign), optimum, &rules)];
    all.extend(regret(trace, optimum, &rules));
    all
}

fn value(
    trace: &Trace,
    (of, sign): (&str, f64),
    optimum: Option<f64>,
    rules: &[(&str, f64)],
) -> Figure {
    let points = |f: &dyn Fn(&frame::Look) -> f64| -> Vec<[f64; 2]> {
        trace.looks.iter().map(|look| [look.iteration as f64, f(look)]).collect()
    };
    let held = points(&|look| sign * look.validation.mean);
    let errors = trace.looks.iter().map(|look| look.validation.stderr).collect();
    let mut series = vec![
        Series::new("training batch", Mark::Line, points(&|look| sign * look.training)),
        Series::new("held-out paths", Mark::Line, held.clone()),
        Series::dots("held-out paths", held, errors).beside(),
    ];
    series.extend(optimum.map(|at| Series::level("optimum", at)));
    series.extend(rules.iter().take(2).map(|(name, at)| Series::level(*name, *at)));
    Figure {
        name: "learning".to_owned(),
        title: format!("Mean {of} while learning"),
        caption: format!(
            "The mean {of} of paths held out of the training, with two standard errors, and of the batch that \
             was learned from; broken lines are the exact optimum and rules that learn nothing. The same \
             paths are drawn at every look."
        ),
        x: Axis::linear("iterations"),
        y: Axis::linear(format!("mean {of}")),
        series,
    }
}

/// The regret, without the noise of the paths, where the optimum is known.
fn regret(trace: &Trace, optimum: Option<f64>, rules: &[(&str, f64)]) -> Option<Figure> {
    let (column, optimum) = (trace.column("regret")?, optimum?);
    let points = trace.looks.iter().zip(column).map(|(look, r)| [look.iteration as f64, r]);
    let points: Vec<[f64; 2]> = points.filter(|p| p[1] > 0.0).collect();
    if points.is_empty() {
        return None;
    }
    let mut series = vec![Series::new("the policy", Mark::Line, points)];
    let level = |(name, at): &(&str, f64)| Series::level(*name, (at - optimum).abs());
    series.extend(rules.iter().take(3).map(level));
    Some(Figure {
        name: "regret".to_owned(),
        title: "Regret while learning".to_owned(),
        caption: "What is lost against the exact optimum, summed over the steps of held-out paths; it has \
                  none of the noise of the paths. Broken lines are rules that learn nothing."
            .to_owned(),
        x: Axis::linear("iterations"),
        y: Axis::logarithmic("regret"),
        series,
    })
}
