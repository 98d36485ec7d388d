//! Pictures of the training: loss and R² against iterations, with what is had without learning.
//!
//! The validation value is the share of the variance that is left, 1 − R² up to the scale of a
//! pilot; it belongs to no family.

use frame::{Axis, Figure, Look, Mark, Series, Trace};
use serde_json::{Map, Value};

/// Both pictures; none where nothing was looked at. `object` is the published object of the run,
/// where baselines are read.
pub(super) fn figures(trace: &Trace, object: &Map<String, Value>) -> Vec<Figure> {
    if trace.looks.len() < 2 {
        return Vec::new();
    }
    let number = |pointer: &[&str]| {
        let (first, rest) = pointer.split_first()?;
        rest.iter().try_fold(object.get(*first)?, |node, key| node.get(*key))?.as_f64()
    };
    let untrained = number(&["baselines", "untrained", "r2"]);
    let fresh = number(&["r2"]);
    vec![loss(trace, untrained), r2(trace, untrained, fresh)]
}

fn points(trace: &Trace, of: impl Fn(&Look) -> f64) -> Vec<[f64; 2]> {
    trace.looks.iter().map(|look| [look.iteration as f64, of(look)]).collect()
}

fn loss(trace: &Trace, untrained: Option<f64>) -> Figure {
    let errors = trace.looks.iter().map(|look| look.validation.stderr).collect();
    let mut series = vec![
        Series::new("training batch", Mark::Line, points(trace, |look| look.training)),
        Series::new("held-out paths", Mark::Line, points(trace, |look| look.validation.mean)),
        Series::dots("held-out paths", points(trace, |look| look.validation.mean), errors).beside(),
        Series::level("Z = 0, nothing learned", 1.0),
    ];
    series.extend(untrained.map(|r2| Series::level("untrained directions", 1.0 - r2)));
    Figure {
        name: "loss".to_owned(),
        title: "Loss while learning".to_owned(),
        caption: "The share of the variance of the terminal value that the function leaves \
                  unexplained, on paths held out of the training and on the batch it was trained on. \
                  It has settled where the line of the held-out paths is flat at the right end; a \
                  line that still falls asks for more iterations, one that rises for a smaller rate."
            .to_owned(),
        x: Axis::linear("iterations"),
        y: Axis::logarithmic("validation loss, 1 − R²"),
        series,
    }
}

fn r2(trace: &Trace, untrained: Option<f64>, fresh: Option<f64>) -> Figure {
    let mut series = vec![
        Series::new("held-out paths", Mark::Line, points(trace, |look| 1.0 - look.validation.mean)),
        Series::level("Z = 0, nothing learned", 0.0),
    ];
    let name = |what: &str, r2: f64| format!("{what} {r2:.4}");
    series.extend(untrained.map(|r2| Series::level(name("untrained directions", r2), r2)));
    series.extend(fresh.map(|r2| Series::level(name("trained, on fresh paths", r2), r2)));
    Figure {
        name: "r2".to_owned(),
        title: "R² while learning".to_owned(),
        caption: "R² is one less the loss: the share of the variance that the function explains; 1 \
                  is all of it. Time steps leave some that no function can explain. What lies above \
                  the line of the untrained directions was learned; where nothing does, the \
                  directions alone were enough."
            .to_owned(),
        x: Axis::linear("iterations"),
        y: Axis::linear("R² on held-out paths"),
        series,
    }
}
