//! Functions that are integrals: by averages of points, and by the spectral flow on the circle.

use frame::{ErrorBudget, Forecast, Watch};
use ground::formula::{Expr, Scope, Shape, parse};
use ground::stream::Stream;
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::regressed::Word;
use super::unit;
use crate::answer::Measured;
use crate::circle::{self, MODES};
use crate::experiment::{self, Experiment};
use crate::form;
use crate::points::Points;
use crate::points::average::{At, Draw, Stein, mean_square_error};

/// `[model] kind = "integral"`: f*(x) = E a(w) σ(w·x) over normal w, |x| = 1, known by Stein's identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Integral {
    /// "linear": a(w) = w₁, so that f* = x₁/2; "product": a(w) = w₁w₂, so that f* = x₁x₂/√(2π).
    /// Default: "linear".
    #[serde(default = "linear")]
    pub target: Stein,
    /// d.
    #[schemars(range(min = 1, max = 100_000))]
    pub dim: usize,
}

/// `[problem] kind = "monte-carlo"`: the average of m points instead of the integral.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MonteCarlo {
    /// m.
    #[schemars(range(min = 1))]
    pub m: usize,
    /// "monte-carlo" for independent points, "sobol" with Owen's scrambling, "halton" with random digits.
    /// Default: "monte-carlo".
    #[serde(default = "independent")]
    pub points: PointsWord,
    /// Independent averages. Default: 100.
    #[serde(default = "hundred")]
    #[schemars(range(min = 2))]
    pub repeats: usize,
    /// Points x of the sphere at which they are compared, new ones in every average. Default: 100.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1))]
    pub test_points: usize,
}

/// `[model] kind = "circle"`: f(u) = E a(w) σ(cos(w − u)) over w uniform on the circle. [EMW20]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Circle {
    /// f*, a formula of the angle u, such as "cos(2*u) + 0.25*cos(3*u)".
    pub target: String,
    /// σ. Default: "relu".
    #[serde(default = "relu")]
    pub activation: Word,
}

/// `[problem] kind = "spectral-flow"`: the gradient flow for a from a = 0, mode by mode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SpectralFlow {
    /// The time at which the risk is asked.
    #[schemars(range(min = 0.0))]
    pub time: f64,
    /// Fourier modes. Default: 64.
    #[serde(default = "modes")]
    #[schemars(range(min = 1, max = 2047))]
    pub modes: usize,
    /// "exact" for the exponential of every mode, "runge-kutta" for steps of length `step`. Default: "exact".
    #[serde(default = "exactly")]
    pub method: Stepping,
    /// The length of a step. Default: 1.
    #[serde(default = "unit")]
    pub step: f64,
}

/// A family of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PointsWord {
    /// Independent.
    MonteCarlo,
    /// Sobol's, scrambled.
    Sobol,
    /// Halton's, scrambled.
    Halton,
}

/// How a flow is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stepping {
    /// By exponentials.
    Exact,
    /// By the classical method of order four.
    RungeKutta,
}

fn linear() -> Stein {
    Stein::Linear
}

fn independent() -> PointsWord {
    PointsWord::MonteCarlo
}

fn hundred() -> usize {
    100
}

fn relu() -> Word {
    Word::Relu
}

fn modes() -> usize {
    MODES
}

fn exactly() -> Stepping {
    Stepping::Exact
}

/// Averages instead of an integral.
#[derive(Debug)]
pub(super) struct Averages {
    model: Integral,
    problem: MonteCarlo,
}

/// The measurement of averages.
pub(super) fn average(model: &Integral, problem: &MonteCarlo) -> Result<Averages> {
    model.target.target(model.dim)?;
    family(problem.points).in_dimension(model.dim)?;
    Ok(Averages { model: model.clone(), problem: problem.clone() })
}

fn family(word: PointsWord) -> Points {
    match word {
        PointsWord::MonteCarlo => Points::MonteCarlo,
        PointsWord::Sobol => Points::Sobol,
        PointsWord::Halton => Points::Halton,
    }
}

impl Experiment for Averages {
    fn forecast(&self) -> Result<Forecast> {
        let MonteCarlo { m, repeats, test_points, .. } = self.problem;
        let (m, repeats, tests, d) =
            (m as f64, repeats as f64, test_points as f64, self.model.dim as f64);
        let facts =
            [("averages", format!("{repeats} of {m} points, at {tests} points of the sphere"))];
        let cost = [2.0 * m * repeats * (tests + 20.0) * d, 8.0 * d * (m + tests)];
        Ok(experiment::forecast(&facts, cost, &["EMW19a"]))
    }

    fn measure(&self, stream: &Stream, _: &mut dyn Watch) -> Result<(Measured, ErrorBudget)> {
        let (target, d) = (self.model.target, self.model.dim);
        let MonteCarlo { m, repeats, test_points, points } = self.problem;
        let draw = Draw { points: family(points), m, repeats };
        let errors = mean_square_error(&target.target(d)?, At::Sphere(test_points), &draw, stream)?;
        let (constant, root, square) = (errors.constant(), errors.root(), errors.mean_square());
        let theory = target.sphere_variance(d);
        let measured = Measured::of("m times the mean square error")
            .number("constant", constant.mean, constant.stderr)
            .number("error", root.mean, root.stderr)
            .number("mean-square-error", square.mean, square.stderr)
            .exact("exact-constant", theory)
            .theory(
                "of independent points",
                theory,
                "the variance of the integrand, over the sphere",
            );
        let how = "standard error over independent averages";
        Ok((measured, experiment::sampled(constant.stderr, how)))
    }
}

/// A flow on the circle.
#[derive(Debug)]
pub(super) struct Flow {
    model: Circle,
    problem: SpectralFlow,
    target: Expr,
}

/// The measurement of a flow.
pub(super) fn flow(model: &Circle, problem: &SpectralFlow) -> Result<Flow> {
    let scope = Scope::new()
        .variable("u", Shape::Scalar)
        .constant("pi", ground::formula::Constant::Number(std::f64::consts::PI));
    let key = "model.target";
    let target = parse(&model.target, &scope).map_err(|e| frame::text::at_key(e, key))?;
    if target.shape() != Shape::Scalar {
        return Err(Error::input(key, format!("`{}` is {}", model.target, target.shape()))
            .allowed("A number at an angle u"));
    }
    Ok(Flow { model: model.clone(), problem: problem.clone(), target })
}

impl Experiment for Flow {
    fn forecast(&self) -> Result<Forecast> {
        let SpectralFlow { time, modes, method, step } = self.problem;
        let steps = if method == Stepping::RungeKutta { time / step } else { 1.0 };
        let facts = [("modes", format!("0 to {modes}"))];
        let operations = modes as f64 * (8.0 * 4096.0 + 20.0 * steps);
        Ok(experiment::forecast(&facts, [operations, 1e6], &["EMW20"]))
    }

    fn measure(&self, _: &Stream, _: &mut dyn Watch) -> Result<(Measured, ErrorBudget)> {
        let u = Expr::variable("u", Shape::Scalar);
        let activation = self.model.activation.activation();
        let target = |angle: f64| self.target.evaluate(&[(u, &[angle])])[0];
        let SpectralFlow { time, modes, method, step } = self.problem;
        let circle = circle::Circle::new(modes, |z| form::value(activation, z), target)?;
        let exact = circle.risk(time);
        let risk = match method {
            Stepping::Exact => exact,
            Stepping::RungeKutta => circle.integrate(&[time], step)?[0],
        };
        let measured = Measured::of("risk")
            .exact("risk", risk)
            .exact("off", (risk - exact).abs())
            .exact("floor", circle.floor())
            .exact("beyond-modes", circle.beyond)
            .exact("mean-square-weight", circle.weight(time))
            .theory("risk", exact, "Σ |r_k(0)|² exp(−4 c_k² t)")
            .theory("floor", circle.floor(), "modes that the activation does not see");
        Ok((measured, experiment::exact("Fourier modes to rounding")))
    }
}
