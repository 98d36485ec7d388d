//! A picture as data: what is drawn, on which axes, in which units.
//!
//! Not here: colours, sizes, files.

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What its files are called: `levels`.
    pub name: &'static str,
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

/// An axis.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name in the legend; empty for none.
    pub name: String,
    /// How it is drawn.
    pub mark: Mark,
    /// Where; for [`Mark::Level`] only the second number counts, for [`Mark::Bars`] the first is the
    /// left edge and bars touch.
    pub points: Vec<[f64; 2]>,
    /// One standard error of each point, or none.
    pub errors: Vec<f64>,
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

impl Series {
    /// A series without errors.
    pub fn new(name: impl Into<String>, mark: Mark, points: Vec<[f64; 2]>) -> Self {
        Self { name: name.into(), mark, points, errors: Vec::new() }
    }

    /// A horizontal line.
    pub fn level(name: impl Into<String>, at: f64) -> Self {
        Self::new(name, Mark::Level, vec![[0.0, at]])
    }
}
