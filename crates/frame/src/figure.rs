//! A picture as data: what is drawn, on which axes, in which units.
//!
//! Not here: colours, sizes, files.

use ground::formula::Expr;
use serde::{Deserialize, Serialize};

/// A picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What its files are called: `levels`.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// What to see in it, for somebody who never saw one.
    pub caption: String,
    /// Across.
    pub x: Axis,
    /// Upward.
    pub y: Axis,
    /// What is drawn, in order.
    pub series: Vec<Series>,
}

/// What a case knows before anything is solved. Pictures and tables compare with it; no solver ever
/// sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// The answer.
    pub answer: Option<f64>,
    /// How the answer is known.
    pub reference: String,
    /// The exact answer as a formula in the family's variables.
    pub solution: Option<Expr>,
}

impl Figure {
    /// The same with finite numbers only, in which form it can be kept as text: points that are not
    /// finite are left out with their errors, an error that is not finite is none, and a series
    /// without points is gone.
    pub fn finite(mut self) -> Self {
        for series in &mut self.series {
            let errors = std::mem::take(&mut series.errors);
            let points = std::mem::take(&mut series.points);
            let counts = std::mem::take(&mut series.counts);
            let values = std::mem::take(&mut series.values);
            let edges = std::mem::take(&mut series.edges);
            for (k, point) in points.into_iter().enumerate() {
                if point.iter().chain(values.get(k)).all(|v| v.is_finite()) {
                    series.points.push(point);
                    series.values.extend(values.get(k));
                    series.edges.extend(edges.get(k));
                    series
                        .errors
                        .extend(errors.get(k).map(|e| if e.is_finite() { *e } else { 0.0 }));
                    series.counts.extend(counts.get(k));
                }
            }
        }
        self.series.retain(|series| !series.points.is_empty());
        self
    }
}

/// An axis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// The quantity, with its unit where it has one: `time (ps)`.
    pub label: String,
    /// Whether it is logarithmic; then what is not above zero is left out.
    pub logarithmic: bool,
}

impl Axis {
    /// A linear axis.
    pub fn linear(label: impl Into<String>) -> Self {
        Self { label: label.into(), logarithmic: false }
    }

    /// A logarithmic axis.
    pub fn logarithmic(label: impl Into<String>) -> Self {
        Self { label: label.into(), logarithmic: true }
    }
}

/// One thing drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Its name in the legend, where series of one name have one entry; empty for none.
    pub name: String,
    /// How it is drawn.
    pub mark: Mark,
    /// Whether it has a colour of its own.
    pub hue: Hue,
    /// Where; for [`Mark::Level`] only the second number counts, for [`Mark::Bars`] the first is the
    /// left edge and bars touch.
    pub points: Vec<[f64; 2]>,
    /// One standard error of each point, or none.
    pub errors: Vec<f64>,
    /// Whether errors are those of logarithms, as shares: bars then reach by factors.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_factors: bool,
    /// How much stands in each cell, for [`Mark::Cells`]; the points are then the cells' middles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<usize>,
    /// The sides of a cell, for [`Mark::Cells`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sides: Option<[f64; 2]>,
    /// The value of each point, for [`Mark::Heat`]; the points are then inside their cells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<f64>,
    /// The edges of each cell, left, lower, right and upper, for [`Mark::Heat`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<[f64; 4]>,
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// A line from point to point.
    Line,
    /// A broken line from point to point: what is compared with.
    Broken,
    /// Dots, with error bars of two standard errors where there are errors.
    Dots,
    /// Bars from zero; the last point closes the last bar.
    Bars,
    /// A broken horizontal line across the picture.
    Level,
    /// Cells of a grid, the darker the more stands in them: many points in little room.
    Cells,
    /// The area inside a line from point to point: where a law lies.
    Band,
    /// Cells whose colour is a value.
    Heat,
}

impl Mark {
    /// Its word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Broken => "broken",
            Self::Dots => "dots",
            Self::Bars => "bars",
            Self::Level => "level",
            Self::Cells => "cells",
            Self::Band => "band",
            Self::Heat => "heat",
        }
    }
}

/// The colour of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hue {
    /// Its own.
    Own,
    /// That of the series before it: both belong together.
    Before,
}

impl Series {
    /// A series without errors.
    pub fn new(name: impl Into<String>, mark: Mark, points: Vec<[f64; 2]>) -> Self {
        Self {
            name: name.into(),
            mark,
            hue: Hue::Own,
            points,
            errors: Vec::new(),
            by_factors: false,
            counts: Vec::new(),
            sides: None,
            values: Vec::new(),
            edges: Vec::new(),
        }
    }

    /// The same in the colour of the series before it.
    pub fn beside(self) -> Self {
        Self { hue: Hue::Before, ..self }
    }

    /// Dots with their standard errors.
    pub fn dots(name: impl Into<String>, points: Vec<[f64; 2]>, errors: Vec<f64>) -> Self {
        Self { errors, ..Self::new(name, Mark::Dots, points) }
    }

    /// Where the bar of the k-th point ends: two standard errors either side, as a number or as a factor.
    pub fn bar(&self, k: usize) -> [f64; 2] {
        let value = self.points[k][1];
        let error = 2.0 * self.errors.get(k).copied().unwrap_or(0.0);
        if self.by_factors && value > 0.0 {
            let factor = (error / value).exp();
            [value / factor, value * factor]
        } else {
            [value - error, value + error]
        }
    }

    /// How many points stand in each cell of a grid of `n` by `n` cells over a square of values; cells
    /// without points are left out, points outside the square are counted at its edge.
    pub fn cells(
        name: impl Into<String>,
        points: &[[f64; 2]],
        [low, high]: [f64; 2],
        n: usize,
    ) -> Self {
        let side = (high - low).max(f64::MIN_POSITIVE) / n as f64;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast is cut off at both ends"
        )]
        let place = |v: f64| (((v - low) / side) as usize).min(n - 1);
        let mut grid = vec![0_usize; n * n];
        for [x, y] in points {
            grid[place(*y) * n + place(*x)] += 1;
        }
        let middle = |k: usize| low + (k as f64 + 0.5) * side;
        let full = grid.iter().enumerate().filter(|(_, count)| **count > 0);
        let (points, counts) =
            full.map(|(k, count)| ([middle(k % n), middle(k / n)], *count)).unzip();
        Self { counts, sides: Some([side; 2]), ..Self::new(name, Mark::Cells, points) }
    }

    /// The area between two lines over the same x.
    pub fn band(name: impl Into<String>, ends: &[(f64, [f64; 2])]) -> Self {
        let below = ends.iter().map(|(x, [low, _])| [*x, *low]);
        let above = ends.iter().rev().map(|(x, [_, high])| [*x, *high]);
        Self::new(name, Mark::Band, below.chain(above).collect())
    }

    /// A horizontal line.
    pub fn level(name: impl Into<String>, at: f64) -> Self {
        Self::new(name, Mark::Level, vec![[0.0, at]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_stands_in_one_cell() {
        let points = [[0.0, 0.0], [0.1, 0.2], [1.0, 1.0], [0.9, 0.1], [-3.0, 7.0]];
        let series = Series::cells("a", &points, [0.0, 1.0], 2);
        assert_eq!(series.points, [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]]);
        assert_eq!((series.counts, series.sides), (vec![2, 1, 1, 1], Some([0.5; 2])));
        let same = Series::cells("b", &[[2.0, 2.0]; 3], [2.0, 2.0], 2);
        assert_eq!(same.counts, [3]);
    }

    #[test]
    fn bars_reach_by_numbers_or_by_factors() {
        let plain = Series::dots("a", vec![[1.0, 4.0]], vec![1.0]);
        assert_eq!(plain.bar(0), [2.0, 6.0]);
        let factors = Series { by_factors: true, ..plain };
        assert_eq!(factors.bar(0), [4.0 / 0.5_f64.exp(), 4.0 * 0.5_f64.exp()]);
    }

    #[test]
    fn only_finite_numbers_are_kept() {
        let points = vec![[0.0, 1.0], [1.0, f64::NAN], [2.0, 3.0]];
        let figure = Figure {
            name: "one".to_owned(),
            title: String::new(),
            caption: String::new(),
            x: Axis::linear("x"),
            y: Axis::logarithmic("y"),
            series: vec![
                Series::dots("a", points, vec![0.1, 0.2, f64::NAN]),
                Series::level("b", f64::INFINITY),
            ],
        };
        let kept = figure.finite();
        assert_eq!(kept.series.len(), 1);
        assert_eq!(kept.series[0].points, [[0.0, 1.0], [2.0, 3.0]]);
        assert_eq!(kept.series[0].errors, [0.1, 0.0]);
        let text = serde_json::to_string(&kept).unwrap();
        assert_eq!(serde_json::from_str::<Figure>(&text).unwrap(), kept);
    }
}
