//! The answer as tables for a page: what was solved, what was found, what is had without learning.

use frame::budget::Target;
use frame::{Known, Sheet};
use ground::estimate::Estimate;
use ground::formula::Expr;

use super::Value;
use super::print::{NO_GRADIENT, digits, gain, share};
use crate::bounds::{Bounds, Side};
use crate::model::{Diffusion, Equation};
use crate::origin::place;

/// Characters of a formula that are shown; the case holds all of it.
const SHOWN: usize = 400;
/// Components of the gradient that are shown.
const COMPONENTS: usize = 3;

/// All tables, in the order of a page.
pub(super) fn sheets(value: &Value, known: &Known) -> Vec<Sheet> {
    let mut all = vec![solved(value, known), found(value, known), without(value)];
    all.extend(value.bounds.as_ref().map(enclosed));
    all.push(levels(value));
    all
}

fn solved(value: &Value, known: &Known) -> Sheet {
    let Equation { dim, horizon, drift, diffusion, source, terminal } = &value.equation;
    let equation = "u_t + μ·∇u + ½ tr(σσᵀ∇²u) + f = 0 before time T, and u(T, x) = g(x)";
    let sigma = match diffusion {
        Diffusion::Scalar(sigma) => clipped(*sigma),
        Diffusion::Diagonal(sigma) => format!("diagonal, {}", clipped(*sigma)),
        Diffusion::Matrix(_) => format!("a constant {dim} × {dim} matrix, in the case below"),
        Diffusion::Correlated { volatility, .. } => {
            format!("{}, correlated as the case below says", clipped(*volatility))
        }
    };
    let mut rows = vec![
        ("unknown", "u(t, x): a number for every time t and point x".to_owned()),
        ("equation", equation.to_owned()),
        ("wanted", wanted(value)),
        ("dimension of x", dim.to_string()),
        ("final time T", horizon.to_string()),
        ("terminal value g", clipped(*terminal)),
        ("source f", clipped(*source)),
        ("drift μ", clipped(*drift)),
        ("diffusion σ", sigma),
    ];
    rows.extend(known.solution.map(|u| ("known solution u", clipped(u))));
    let caption = "A parabolic equation, solved backward from the terminal value. Z stands for \
                   σᵀ∇u, the slope of u seen by the noise: it is what is learned.";
    Sheet::facts("equation", "What was solved", caption, rows)
}

fn wanted(value: &Value) -> String {
    if value.at.is_law() {
        return format!("the function u(0, ·), and its mean over x₀: {}", value.at.words());
    }
    format!("u(0, x₀) at x₀ = {}", place(&value.at.mean(value.equation.dim)))
}

/// A formula, cut where it is long.
fn clipped(formula: Expr) -> String {
    let text = formula.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}… (all of it in the case below)", &text[..at]),
        None => text,
    }
}

fn found(value: &Value, known: &Known) -> Sheet {
    let (low, high) = value.answer.interval95();
    let places = digits(value.answer.stderr);
    let mut rows = vec![
        ("value", format!("{} = {}", value.name(), value.answer)),
        ("95 % interval", format!("[{low:.places$}, {high:.places$}]")),
        ("how it was read off", value.how.clone()),
        ("fresh paths", format!("{}, none of them seen in training", value.fresh)),
    ];
    if let Some(expected) = known.answer {
        let off = value.answer.mean - expected;
        let far = value.answer.deviation(expected);
        let from = if known.reference.is_empty() {
            String::new()
        } else {
            format!(" ({})", known.reference)
        };
        let off = format!("off by {off:.1e}, {far:.1} standard errors");
        rows.push(("expected", format!("{expected}{from}; {off}")));
    }
    let some: Vec<String> =
        value.gradient.iter().take(COMPONENTS).map(ToString::to_string).collect();
    let more = if value.gradient.len() > COMPONENTS { ", …" } else { "" };
    let gradient = if value.at.is_law() {
        NO_GRADIENT.to_owned()
    } else {
        format!("({}{more})", some.join(", "))
    };
    rows.push(("gradient ∇u(0, x₀)", gradient));
    let caption = "Digits in brackets are the standard error of the last digits before them: \
                   4.590(12) means 4.590 ± 0.012. The interval holds noise, learning error and limit as \
                   the budget says them.";
    Sheet::facts("answer", "The answer", caption, rows)
}

fn without(value: &Value) -> Sheet {
    let row =
        |name: &str, value: Estimate, r2: String| vec![name.to_owned(), value.to_string(), r2];
    let zero = if value.untrained_r2.is_finite() { "0" } else { "–" };
    Sheet {
        name: "without".to_owned(),
        title: "What is had without learning".to_owned(),
        caption: format!(
            "R² is the share of the variance of g(X) that Z explains on {} plain paths at the first \
             level: 1 is all. Learning adds {} to the untrained directions.{}",
            value.plain,
            gain(value.gain),
            value.conditional().map_or_else(String::new, |how| format!(" It is {how}."))
        ),
        head: vec!["function".to_owned(), format!("value of {}", value.symbol()), "R²".to_owned()],
        rows: vec![
            row("Z = 0: nothing at all", value.zero, zero.to_owned()),
            row(
                "untrained: the gradient of the smoothed g",
                value.untrained,
                share(value.untrained_r2),
            ),
            row("learned: the minimiser of the loss", value.minimiser, share(value.r2)),
        ],
    }
}

fn enclosed(bounds: &Bounds) -> Sheet {
    let side = |side: &Side| match side {
        Side::Known(bound) => bound.to_string(),
        Side::Unknown(why) => format!("unknown: {why}"),
    };
    let of = match bounds.of {
        Target::Exact => "the exact u(0, x₀)".to_owned(),
        Target::Discrete => format!("the value of the scheme with {} steps", bounds.steps),
    };
    let mut rows = vec![
        ("not below", side(&bounds.lower)),
        ("not above", side(&bounds.upper)),
        ("bounds of", of),
    ];
    if let Some([low, high]) = bounds.enclosure() {
        let places = digits(0.2 * (high - low));
        rows.push(("with 2.5 standard errors", format!("[{low:.places$}, {high:.places$}]")));
    }
    let caption = "Sides that hold whatever the function has learned, up to the noise of their \
                   paths: a learned control has a value the truth cannot pass.";
    Sheet::facts("bounds", "Bounds", caption, rows)
}

fn levels(value: &Value) -> Sheet {
    let logarithmic = value.levels.iter().any(|level| level.logarithmic.is_some());
    let mut head = vec!["time steps N", "value", "R²"];
    if logarithmic {
        head.push("logarithmic mean");
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    for level in &value.levels {
        let mut row = vec![level.steps.to_string(), level.value.to_string(), share(level.r2)];
        row.extend(level.logarithmic.map(|mean| mean.to_string()));
        rows.push(row);
    }
    if let Some(limit) = &value.limit {
        rows.push(vec!["limit".to_owned(), limit.value.to_string(), limit.words()]);
    }
    Sheet {
        name: "levels".to_owned(),
        title: "Levels of the time grid".to_owned(),
        caption: "The same equation with time cut into more and more steps, on common paths: the \
                  change from row to row is what the steps cost."
            .to_owned(),
        head: head.into_iter().map(str::to_owned).collect(),
        rows,
    }
}
