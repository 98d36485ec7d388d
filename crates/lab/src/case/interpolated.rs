//! Interpolation: of one number by polynomials, splines or features, of many by multilinear grids.

use frame::{Axis, ErrorBudget, Figure, Forecast, Mark, Series, Watch};
use ground::stream::Stream;
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::TargetModel;
use crate::Sample;
use crate::answer::Measured;
use crate::experiment::{self, Experiment};
use crate::features::{Features, Filter, Law, Spectrum};
use crate::grid::{self, Grid};
use crate::interpolate::{self, Method};
use crate::target::Target;

/// Points of the picture.
const SHOWN: usize = 401;
/// Points at which the largest error is looked for.
const LOOKED: usize = 20_001;
/// Gauss nodes a side and cell; exact to degree 15 of a square.
const GAUSS: usize = 8;
/// Points that tell whether a function is a sum of functions of one coordinate each, and how well.
const PROBES: u64 = 32;
const A_SUM: f64 = 1e-12;
/// Points of a sampled error.
const SAMPLED: usize = 200_000;

/// `[problem] kind = "interpolation"`: a function of one number on [-1, 1] from its values at nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Interpolation {
    /// n; there are n + 1 nodes.
    #[schemars(range(min = 1, max = 10_000))]
    pub degree: usize,
}

/// `[problem] kind = "grid"`: multilinear interpolation on [0, 1]^d.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GridProblem {
    /// N, the cells a side; there are (N + 1)^d nodes.
    #[schemars(range(min = 1))]
    pub cells: usize,
}

/// `[representation] kind = "interpolant"`: what goes through the nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Interpolant {
    /// "equispaced" or "chebyshev" for the polynomial at such nodes; "linear-spline", "cubic-spline" or
    /// "natural-spline" at equispaced ones; "random-features" for the least norm of ReLU features at
    /// equispaced ones. Default: "equispaced".
    #[serde(default = "equispaced")]
    pub method: MethodWord,
    /// Features of "random-features", uniform on the unit circle of (x, 1). Default: 2000.
    #[serde(default = "two_thousand")]
    #[schemars(range(min = 1))]
    pub width: usize,
    /// Of "random-features": singular values of at most this share of the largest count as zero.
    /// Default: 1e-12.
    #[serde(default = "cut")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub cut: f64,
}

/// A way through nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MethodWord {
    /// A polynomial at equispaced nodes.
    Equispaced,
    /// A polynomial at Chebyshev nodes.
    Chebyshev,
    /// Straight lines.
    LinearSpline,
    /// Cubics, not a knot.
    CubicSpline,
    /// Cubics, no curvature at the ends.
    NaturalSpline,
    /// ReLU features of least norm.
    RandomFeatures,
}

fn equispaced() -> MethodWord {
    MethodWord::Equispaced
}

fn two_thousand() -> usize {
    2000
}

fn cut() -> f64 {
    1e-12
}

/// A curve through nodes.
#[derive(Debug)]
pub(super) struct Curve {
    model: TargetModel,
    degree: usize,
    form: Interpolant,
}

/// The measurement of a curve.
pub(super) fn curve(
    model: &TargetModel,
    problem: &Interpolation,
    form: &Interpolant,
) -> Result<Curve> {
    if model.dim != 1 {
        return Err(Error::input(
            "model.dim",
            format!("these are functions of {} numbers", model.dim),
        )
        .allowed("Interpolation is of one: write 1"));
    }
    model.function(&Stream::new(0))?;
    Ok(Curve { model: model.clone(), degree: problem.degree, form: form.clone() })
}

/// Equispaced points.
fn points(n: usize) -> Vec<f64> {
    (0..n).map(|k| -1.0 + 2.0 * k as f64 / (n - 1) as f64).collect()
}

impl Curve {
    fn method(&self) -> Option<Method> {
        Some(match self.form.method {
            MethodWord::Equispaced => Method::Equispaced,
            MethodWord::Chebyshev => Method::Chebyshev,
            MethodWord::LinearSpline => Method::LinearSpline,
            MethodWord::CubicSpline => Method::CubicSpline,
            MethodWord::NaturalSpline => Method::NaturalSpline,
            MethodWord::RandomFeatures => return None,
        })
    }

    /// By a polynomial or a spline.
    fn through(&self, target: &Target, method: Method) -> Result<Measured> {
        let f = |x: f64| target.values(&[x])[0];
        let nodes = method.nodes(self.degree, (-1.0, 1.0))?;
        let values = target.values(&nodes);
        let curve = interpolate::Interpolant::through(values, method, (-1.0, 1.0))?;
        let places = points(LOOKED);
        let found: Vec<f64> = places.iter().map(|x| curve.at(*x)).collect();
        let measured = Measured::of("largest error")
            .exact("max-error", largest(&found, &target.values(&places)))
            .exact("training-error", curve.training_error(&f))
            .exact("lebesgue-constant", curve.lebesgue_constant())
            .exact("rounding", curve.rounding());
        let nodes = nodes.iter().zip(curve.values()).map(|(x, y)| [*x, *y]).collect();
        Ok(self.drawn(measured, target, (&|x| curve.at(x), nodes)))
    }

    /// By random features.
    fn by_features(&self, target: &Target, stream: &Stream) -> Result<Measured> {
        let nodes = points(self.degree + 1);
        let values = target.values(&nodes);
        let sample = Sample { d: 1, outputs: 1, x: nodes.clone(), y: values.clone() };
        let drawn = Features::draw(Law::BiasedSphere, (self.form.width, 1), 1.0, stream)?;
        let y = ground::array::rows(nodes.len(), 1, &values);
        let spectrum = Spectrum::of(&drawn.matrix(&sample), &y)?;
        let filter = Filter::MinimumNorm { cut: self.form.cut };
        let a = spectrum.weights(filter);
        let at = |x: &[f64]| -> Vec<f64> {
            let sample = Sample { d: 1, outputs: 0, x: x.to_vec(), y: Vec::new() };
            drawn.predict(&sample, &a).iter().copied().collect()
        };
        let places = points(LOOKED);
        let fitted = at(&nodes);
        let measured = Measured::of("largest error")
            .exact("max-error", largest(&at(&places), &target.values(&places)))
            .exact("training-error", largest(&fitted, &values))
            .exact("path-norm", drawn.path_norm(&a).iter().sum())
            .exact("rank", spectrum.rank(self.form.cut) as f64);
        let nodes = nodes.iter().zip(&values).map(|(x, y)| [*x, *y]).collect();
        Ok(self.drawn(measured, target, (&|x| at(&[x])[0], nodes)))
    }

    fn drawn(
        &self,
        mut measured: Measured,
        target: &Target,
        (curve, nodes): (&dyn Fn(f64) -> f64, Vec<[f64; 2]>),
    ) -> Measured {
        let places = points(SHOWN);
        let exact = target.values(&places);
        let (low, high) = exact
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
        // Where a curve explodes it leaves the picture; the target is to be seen.
        let room = 1.5 * (high - low).max(f64::MIN_POSITIVE);
        let found = places.iter().map(|x| [*x, curve(*x)]);
        let seen = found.filter(|[_, y]| (low - room..=high + room).contains(y)).collect();
        let exact = places.iter().zip(&exact).map(|(x, y)| [*x, *y]).collect();
        let series = vec![
            Series::new("target", Mark::Broken, exact),
            Series::new("through the nodes", Mark::Line, seen),
            Series::dots("nodes", nodes, Vec::new()),
        ];
        measured.figures = vec![Figure {
            name: "curve".to_owned(),
            title: format!("{} at {} nodes", self.model.target, self.degree + 1),
            caption: "The curve agrees with the target at the nodes; what it does between them is another matter."
                .to_owned(),
            x: Axis::linear("x"),
            y: Axis::linear("f(x)"),
            series,
        }];
        measured
    }
}

fn largest(found: &[f64], exact: &[f64]) -> f64 {
    found.iter().zip(exact).map(|(f, y)| (f - y).abs()).fold(0.0, f64::max)
}

impl Experiment for Curve {
    fn forecast(&self) -> Result<Forecast> {
        let n = self.degree as f64;
        let m = if self.method().is_some() { n } else { self.form.width as f64 };
        let operations = 20.0 * n * n * m + 10.0 * LOOKED as f64 * m;
        let facts = [("nodes", format!("{} on [-1, 1]", self.degree + 1))];
        Ok(experiment::forecast(&facts, [operations, 8.0 * LOOKED as f64 * m], &["BT04", "MWE20"]))
    }

    fn measure(&self, stream: &Stream, _: &mut dyn Watch) -> Result<(Measured, ErrorBudget)> {
        let target = self.model.function(stream)?;
        let measured = match self.method() {
            Some(method) => self.through(&target, method)?,
            None => self.by_features(&target, stream)?,
        };
        Ok((measured, experiment::exact("the largest of 20 001 equispaced points")))
    }
}

/// A grid in many dimensions.
#[derive(Debug)]
pub(super) struct Multilinear {
    model: TargetModel,
    cells: usize,
}

/// The measurement of a grid.
pub(super) fn grid(model: &TargetModel, problem: &GridProblem) -> Result<Multilinear> {
    model.function(&Stream::new(0))?;
    grid::nodes(model.dim, problem.cells)
        .map_err(|error| frame::text::at_key(error, "problem.cells"))?;
    Ok(Multilinear { model: model.clone(), cells: problem.cells })
}

impl Multilinear {
    /// f(t e_k) − f(0), where f is a sum of such; told by points that are drawn.
    fn is_a_sum(&self, target: &Target) -> bool {
        let d = self.model.dim;
        let zero = target.values(&vec![0.0; d])[0];
        let stream = Stream::new(0).child("sum");
        (0..PROBES).all(|i| {
            let x: Vec<f64> = (0..d).map(|k| stream.uniform(i, 0, k)).collect();
            let whole = target.values(&x)[0];
            let parts: f64 = (0..d).map(|k| along(target, d, (k, x[k])) - zero).sum();
            (whole - zero - parts).abs() <= A_SUM * (1.0 + whole.abs())
        })
    }
}

/// f(t e_k).
fn along(target: &Target, d: usize, (k, t): (usize, f64)) -> f64 {
    let mut x = vec![0.0; d];
    x[k] = t;
    target.values(&x)[0]
}

impl Experiment for Multilinear {
    fn forecast(&self) -> Result<Forecast> {
        let m = grid::nodes(self.model.dim, self.cells)? as f64;
        let facts = [("grid", format!("{} cells a side, {m} nodes", self.cells))];
        Ok(experiment::forecast(&facts, [100.0 * m + 1e7, 8.0 * m], &["EMW19a"]))
    }

    fn measure(&self, stream: &Stream, _: &mut dyn Watch) -> Result<(Measured, ErrorBudget)> {
        let (d, cells) = (self.model.dim, self.cells);
        let target = self.model.function(stream)?;
        let nodes = grid::nodes(d, cells)?;
        let (error, stderr, budget) = if self.is_a_sum(&target) {
            let zero = target.values(&vec![0.0; d])[0];
            let part = |k: usize| {
                let target = &target;
                move |t: f64| along(target, d, (k, t)) - zero
            };
            let parts: Vec<_> = (0..d).map(part).collect();
            let parts: Vec<&dyn Fn(f64) -> f64> =
                parts.iter().map(|p| p as &dyn Fn(f64) -> f64).collect();
            let error = grid::error_of_sum(&parts, cells, GAUSS);
            let how = "Gauss quadrature in every cell: the function is a sum over coordinates, as 32 points tell";
            (error, 0.0, experiment::exact(how))
        } else {
            let f = |x: &[f64]| target.values(x)[0];
            let found = Grid::of(&f, d, cells)?.sampled_error(&f, SAMPLED, &stream.child("test"));
            let how = "standard error over 200 000 points of the cube";
            (found.mean, found.stderr, experiment::sampled(found.stderr, how))
        };
        let measured = Measured::of("L² error")
            .number("error", error, stderr)
            .exact("nodes", nodes as f64)
            .exact("step", 1.0 / cells as f64);
        Ok((measured, budget))
    }
}
