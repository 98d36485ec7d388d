//! `[model] kind = "function-class"`: how well a class of functions fits signs that mean nothing.

use frame::{ErrorBudget, Forecast, Term, Watch};
use ground::formula::{Expr, Scope, Shape, parse};
use ground::stream::Stream;
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::unit;
use crate::Sample;
use crate::answer::Measured;
use crate::experiment::{self, Experiment};
use crate::inputs::{Inputs, Role};
use crate::kernel_limit::Kernel;
use crate::norms;
use crate::rademacher::{Class, Draws, ENUMERABLE, Worth, complexity as rademacher};

/// `[model] kind = "function-class"`: a class of functions, and points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FunctionClass {
    /// "linear-l1" and "linear-l2": w·x with such a norm of w of at most 1; "kernel": the ball of the
    /// arc-cosine kernel; "path-norm": two-layer ReLU networks.
    pub class: ClassWord,
    /// Q, the radius of "kernel" and "path-norm". Default: 1.
    #[serde(default = "unit")]
    #[schemars(range(min = 0.0))]
    pub radius: f64,
    /// d.
    #[schemars(range(min = 1, max = 100_000))]
    pub dim: usize,
    /// The law of the points. Default: "cube".
    #[serde(default = "cube")]
    pub inputs: Inputs,
    /// The points themselves: a formula of the number i of the point and the number j of the coordinate,
    /// both from 1, such as "cos(i * j)". Default: they are drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<String>,
}

/// A class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClassWord {
    /// w·x, ‖w‖₁ ≤ 1.
    #[serde(rename = "linear-l1")]
    LinearL1,
    /// w·x, ‖w‖₂ ≤ 1.
    #[serde(rename = "linear-l2")]
    LinearL2,
    /// The ball of a kernel.
    Kernel,
    /// Two-layer networks.
    PathNorm,
}

/// `[problem] kind = "rademacher"`: (1/n) E sup Σ ξ f(x) over signs ξ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rademacher {
    /// n.
    #[schemars(range(min = 1))]
    pub samples: usize,
    /// "all" for each of the 2^n signs, with at most 20 points, or how many are drawn. Default: "all" where
    /// there are so few, else 1000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signs: Option<Signs>,
    /// Directions that the search for the largest neuron begins with. Default: 200.
    #[serde(default = "two_hundred")]
    #[schemars(range(min = 1))]
    pub directions: usize,
    /// The probability that the bound on the gap of a loss in [0, 1] may fail. Default: 0.05.
    #[serde(default = "twentieth")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub delta: f64,
}

/// Which signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Signs {
    /// So many.
    Drawn(usize),
    /// By a word.
    Word(AllSigns),
}

/// All signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AllSigns {
    /// Each of them.
    All,
}

fn cube() -> Inputs {
    Inputs::Cube
}

fn two_hundred() -> usize {
    200
}

fn twentieth() -> f64 {
    0.05
}

/// Signs that are drawn where the case does not say.
const SIGNS: usize = 1000;

/// A complexity.
#[derive(Debug)]
pub(super) struct Complexity {
    model: FunctionClass,
    problem: Rademacher,
    points: Option<Expr>,
}

/// The measurement of a complexity.
pub(super) fn complexity(model: &FunctionClass, problem: &Rademacher) -> Result<Complexity> {
    let (n, all) = (problem.samples, matches!(problem.signs, Some(Signs::Word(_))));
    if all && n > ENUMERABLE {
        let found = format!("2^{n} signs are too many to try them all");
        return Err(Error::input("problem.signs", found)
            .allowed(format!("Allowed: all signs of {ENUMERABLE} points, or a number of draws")));
    }
    let points = model.points.as_ref().map(|text| {
        let scope = Scope::new().variable("i", Shape::Scalar).variable("j", Shape::Scalar);
        let key = "model.points";
        let formula = parse(text, &scope).map_err(|e| frame::text::at_key(e, key))?;
        match formula.shape() {
            Shape::Scalar => Ok(formula),
            shape @ Shape::Vector(_) => {
                Err(Error::input(key, format!("`{text}` is {shape}")).allowed("A number"))
            }
        }
    });
    Ok(Complexity { model: model.clone(), problem: problem.clone(), points: points.transpose()? })
}

impl Complexity {
    fn sample(&self, stream: &Stream) -> Sample {
        let (n, d) = (self.problem.samples, self.model.dim);
        let x = match self.points {
            None => self.model.inputs.draw((n, d), Role::Train, stream),
            Some(formula) => {
                let [i, j] = ["i", "j"].map(|name| Expr::variable(name, Shape::Scalar));
                let at = |k: usize| {
                    let place = [(k / d + 1) as f64, (k % d + 1) as f64];
                    formula.evaluate(&[(i, &place[..1]), (j, &place[1..])])[0]
                };
                (0..n * d).map(at).collect()
            }
        };
        Sample { d, outputs: 0, x, y: Vec::new() }
    }

    fn signs(&self) -> Option<usize> {
        match self.problem.signs {
            Some(Signs::Drawn(n)) => Some(n),
            Some(Signs::Word(AllSigns::All)) => None,
            None => (self.problem.samples > ENUMERABLE).then_some(SIGNS),
        }
    }
}

impl Experiment for Complexity {
    fn forecast(&self) -> Result<Forecast> {
        let n = self.problem.samples as f64;
        let signs = self.signs().map_or_else(|| n.min(30.0).exp2(), |signs| signs as f64);
        let each = match self.model.class {
            ClassWord::PathNorm => n * n * self.model.dim as f64,
            ClassWord::Kernel => n * n,
            ClassWord::LinearL1 | ClassWord::LinearL2 => n * self.model.dim as f64,
        };
        let facts = [("class", format!("on {n} points, {signs} signs"))];
        Ok(experiment::forecast(&facts, [signs * each, 8.0 * n * n], &["EMW19a"]))
    }

    fn measure(&self, stream: &Stream, _: &mut dyn Watch) -> Result<(Measured, ErrorBudget)> {
        let sample = self.sample(&stream.child("data"));
        let class = match self.model.class {
            ClassWord::LinearL1 => Class::LinearL1,
            ClassWord::LinearL2 => Class::LinearL2,
            ClassWord::PathNorm => Class::PathNorm { most: self.model.radius },
            ClassWord::Kernel => Class::Kernel {
                matrix: Kernel::ArcCosine1.matrix(&sample, &sample),
                radius: self.model.radius,
            },
        };
        let draws =
            Draws { signs: self.signs(), directions: self.problem.directions, stream: *stream };
        let found = rademacher(&class, &sample, &draws)
            .map_err(|error| frame::text::at_key(error, "problem.signs"))?;
        let gap = norms::gap(found.value.mean, 1.0, self.problem.delta, self.problem.samples)?;
        let (worth, how) = match found.worth {
            Worth::Exact => ("exact", "all signs, exact maxima"),
            Worth::Sampled => ("sampled", "standard error over the signs that were drawn"),
            Worth::Lower => {
                ("lower", "maxima by search: not more than the complexity, but for this error")
            }
        };
        let measured = Measured::of("Rademacher complexity")
            .number("complexity", found.value.mean, found.value.stderr)
            .exact("bound", found.bound.value)
            .exact("gap-bound", gap.value)
            .word("worth", worth)
            .theory("bound", found.bound.value, found.bound.formula)
            .theory("bound on the generalisation gap", gap.value, gap.formula);
        let mut budget = experiment::sampled(found.value.stderr, how);
        if found.worth == Worth::Lower {
            let why = "the largest neuron is searched for, and may be larger".to_owned();
            budget.optimisation = Term::Unknown { why };
        }
        Ok((measured, budget))
    }
}
