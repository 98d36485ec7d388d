//! How far paths end from the terminal value, with the function and without.

use frame::{Axis, Figure, Mark, Series};

use super::super::Value;

/// Bars of a histogram.
const BARS: usize = 60;

/// Two histograms over one range.
pub(super) fn mismatch(value: &Value) -> Figure {
    let sample = &value.sample;
    let all = || sample.without.iter().chain(&sample.mismatch).filter(|v| v.is_finite());
    let reach = all().fold(0.0_f64, |a, v| a.max(v.abs())).max(f64::MIN_POSITIVE);
    let bars = |values: &[f64]| {
        let width = 2.0 * reach / BARS as f64;
        let mut count = vec![0.0; BARS];
        for v in values.iter().filter(|v| v.is_finite()) {
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
        name: "mismatch".to_owned(),
        title: "Terminal mismatch".to_owned(),
        caption: format!(
            "How far Y, which follows the equation along a path with the function Z, ends from the \
             terminal value g(X), on {} plain paths that training never saw. With the exact Z and \
             fine steps every path would end at 0. The narrower the second histogram beside the \
             first (Z = 0, nothing learned), the more of g the function explains: R² = {}.",
            sample.mismatch.len(),
            super::super::print::share(value.r2)
        ),
        x: Axis::linear(if value.at.is_law() {
            "g(X) − Y at time T, less its mean over the paths of one start"
        } else {
            "g(X) − Y at time T, less its mean"
        }),
        y: Axis::linear("share of paths per unit"),
        series: vec![
            Series::new("Z = 0", Mark::Bars, bars(&sample.without)),
            Series::new("learned Z", Mark::Bars, bars(&sample.mismatch)),
        ],
    }
}
