//! What an answer looks like.

use frame::{Axis, Figure, Mark, Series};
use ground::formula::Expr;

use super::Value;

/// Bars of a histogram.
const BARS: usize = 60;

/// All pictures of an answer; `solution` is u(t, x), where it is known.
pub(super) fn figures(value: &Value, _solution: Option<Expr>) -> Vec<Figure> {
    vec![mismatch(value)]
}

/// How far paths end from g, with the function and without.
fn mismatch(value: &Value) -> Figure {
    let sample = &value.sample;
    let reach = sample.without.iter().chain(&sample.mismatch).fold(0.0_f64, |a, v| a.max(v.abs()));
    let bars = |values: &[f64]| {
        let width = 2.0 * reach / BARS as f64;
        let mut count = vec![0.0; BARS];
        for v in values {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
            let at = ((v + reach) / width).clamp(0.0, BARS as f64 - 1.0) as usize;
            count[at] += 1.0 / (width * values.len() as f64);
        }
        let edge = |k: usize| -reach + k as f64 * width;
        let mut points: Vec<[f64; 2]> =
            count.iter().enumerate().map(|(k, height)| [edge(k), *height]).collect();
        points.push([edge(BARS), 0.0]);
        points
    };
    Figure {
        name: "mismatch",
        title: "Terminal mismatch".to_owned(),
        caption: "How far Y ends from g(X) on fresh plain paths: the narrower, the more of g the \
                  learned Z explains."
            .to_owned(),
        x: Axis::linear("g(X) − Y at T"),
        y: Axis::linear("density"),
        series: vec![
            Series::new("Z = 0", Mark::Bars, bars(&sample.without)),
            Series::new("learned Z", Mark::Bars, bars(&sample.mismatch)),
        ],
    }
}
