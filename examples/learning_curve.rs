//! The picture of the README, from two real runs: R² against iterations on held-out paths.
//!
//! `cargo run --release --example learning_curve [iterations] > docs/learning.svg`
#![allow(clippy::print_stdout, reason = "an example prints its picture")]

use esperance::prelude::*;
use svg::Document;
use svg::node::element::{Line, Polyline, Rectangle, Text};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 48.0;

fn main() -> esperance::Result<()> {
    let asked = std::env::args().nth(1).and_then(|n| n.parse().ok());
    let iterations: u64 = asked.unwrap_or(300);
    let zero = curve(Start::Zero, iterations)?;
    let smoothed = curve(Start::Smoothed, iterations)?;
    println!("{}", picture(iterations, &zero, &smoothed));
    Ok(())
}

/// R² at every look of a run.
fn curve(start: Start, iterations: u64) -> esperance::Result<Vec<(f64, f64)>> {
    let pde = Equation::new(100, 1.0)
        .diffusion(2f64.sqrt())
        .source(|At { z, .. }| -0.5 * z.dot(z))
        .terminal(|x| (0.5 * (1.0 + x.dot(x))).ln());
    let problem = DeepBsde::new(pde).steps(20);
    let form = Directions { start, ..problem.default_form() };
    let run = Run { look_every: (iterations / 60).max(1), ..Run::new(iterations).fresh(1024) };
    let solution = solve(problem, form, Adam::cosine(iterations), &run, &mut ())?;
    let looks = solution.trace.looks.iter();
    Ok(looks.map(|look| (look.iteration as f64, 1.0 - look.validation.mean)).collect())
}

fn picture(iterations: u64, zero: &[(f64, f64)], smoothed: &[(f64, f64)]) -> Document {
    let x = |i: f64| LEFT + i / iterations as f64 * (WIDTH - LEFT - RIGHT);
    let y = |r2: f64| TOP + (1.0 - r2.clamp(-0.05, 1.0)) / 1.05 * (HEIGHT - TOP - BOTTOM);
    let mut page = Document::new()
        .set("viewBox", (0, 0, WIDTH, HEIGHT))
        .set("font-family", "Helvetica, Arial, sans-serif")
        .set("font-size", 13)
        .add(Rectangle::new().set("width", "100%").set("height", "100%").set("fill", "white"));
    for r2 in [0.0, 0.25, 0.5, 0.75, 1.0] {
        page = page.add(rule(x(0.0), x(iterations as f64), y(r2), "#dddddd", "none"));
        page = page.add(label(LEFT - 8.0, y(r2) + 4.0, &format!("{r2:.2}"), "end", "#444444"));
    }
    for part in 0..=3 {
        let i = iterations as f64 * f64::from(part) / 3.0;
        let text = format!("{i:.0}");
        page = page.add(label(x(i), HEIGHT - BOTTOM + 20.0, &text, "middle", "#444444"));
    }
    let line = |points: &[(f64, f64)], colour: &str| {
        let path: Vec<String> =
            points.iter().map(|&(i, r2)| format!("{:.1},{:.1}", x(i), y(r2))).collect();
        Polyline::new()
            .set("points", path.join(" "))
            .set("fill", "none")
            .set("stroke", colour)
            .set("stroke-width", 2)
    };
    let middle = x(iterations as f64 / 2.0);
    page.add(line(zero, "#b5402c"))
        .add(line(smoothed, "#22577a"))
        .add(label(
            LEFT,
            22.0,
            "R² of Z on held-out paths, HJB in 100 dimensions, 20 steps",
            "start",
            "#111111",
        ))
        .add(label(middle, HEIGHT - 10.0, "iterations of 64 paths", "middle", "#444444"))
        .add(label(
            x(0.04 * iterations as f64),
            y(0.86),
            "untrained directions, then trained",
            "start",
            "#22577a",
        ))
        .add(label(x(0.30 * iterations as f64), y(0.60), "trained from Z = 0", "start", "#b5402c"))
        .add(rule(x(0.0), x(iterations as f64), y(0.0), "#444444", "4 4"))
        .add(label(
            x(iterations as f64),
            y(0.0) - 6.0,
            "Z = 0, and the published networks",
            "end",
            "#444444",
        ))
}

fn rule(from: f64, to: f64, y: f64, colour: &str, dashes: &str) -> Line {
    Line::new()
        .set("x1", from)
        .set("x2", to)
        .set("y1", y)
        .set("y2", y)
        .set("stroke", colour)
        .set("stroke-dasharray", dashes)
}

fn label(x: f64, y: f64, text: &str, anchor: &str, colour: &str) -> Text {
    Text::new(text).set("x", x).set("y", y).set("text-anchor", anchor).set("fill", colour)
}
