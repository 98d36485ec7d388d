//! The value along a few paths, beside the exact solution where it is known.

use frame::{Axis, Figure, Mark, Series};
use ground::formula::Expr;

use super::super::Value;
use super::{POINTS, some};

/// Paths drawn.
const PATHS: usize = 5;

/// Y against time on a few plain paths, u(t, X) as broken lines, and g(X) at the end.
pub(super) fn paths(value: &Value, solution: Option<Expr>) -> Figure {
    let sample = &value.sample.paths;
    let shown = PATHS.min(sample.paths);
    let steps = some(sample.t.len(), POINTS);
    let end = sample.t.last().copied().unwrap_or(0.0);
    let mut series = Vec::new();
    for path in 0..shown {
        let line = steps.iter().map(|&n| [sample.t[n], sample.value(path, n)]).collect();
        series.push(Series::new("Y, as the method follows it", Mark::Line, line));
        if let Some(u) = solution {
            let exact = |&n: &usize| [sample.t[n], at(value, u, path, n)[0]];
            let line = steps.iter().map(exact).collect();
            series.push(Series::new("u(t, X), exact", Mark::Broken, line).beside());
        }
        let last = vec![[end, sample.terminal[path]]];
        series.push(Series::new("g(X) at T", Mark::Dots, last).beside());
    }
    let compared = if solution.is_some() {
        " The broken line of the same colour is the exact solution at the same points: both should \
         lie on each other."
    } else {
        ""
    };
    Figure {
        name: "paths".to_owned(),
        title: "Value along paths".to_owned(),
        caption: format!("{}{compared}", begun(value)),
        x: Axis::linear("time t"),
        y: Axis::linear("Y ≈ u(t, X)"),
        series,
    }
}

/// Where Y begins.
fn begun(value: &Value) -> &'static str {
    if value.at.is_law() {
        "Each line is the value Y along one random path X from an x₀ of its own, read backward with \
         the learned Z from the dot of its colour, the terminal value g(X): u(0, x₀) is another number \
         on every path, so that no start is known beforehand."
    } else {
        "Each line is the value Y along one random path X from x₀, driven by the learned Z. All \
         start at the value of the first level and should end at the dot of their colour, the \
         terminal value g(X)."
    }
}

/// A formula at step n of a path.
pub(super) fn at(value: &Value, formula: Expr, path: usize, n: usize) -> Vec<f64> {
    let sample = &value.sample.paths;
    let variables = value.equation.variables();
    formula.evaluate(&[(variables.t, &[sample.t[n]]), (variables.x, sample.point(path, n))])
}
