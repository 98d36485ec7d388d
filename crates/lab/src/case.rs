//! From the sections of a case to a job.
//!
//! The structs are the documentation of their keys. What a file holds is read by whoever reads the case: here
//! are bytes.

use frame::{Descent, Job, Posed, Run};
use ground::stream::Stream;
use ground::{Error, Result};

mod classes;
mod data;
mod fitted;
mod integrals;
mod interpolated;
mod regressed;
mod targets;

pub use classes::{FunctionClass, Rademacher, Signs};
pub use data::{DIGITS, Data, File, Held, LabelAt, Scale};
pub use fitted::{KernelForm, LeastSquares, RandomFeatures};
pub use integrals::{Circle, Integral, MonteCarlo, SpectralFlow, Stepping};
pub use interpolated::{GridProblem, Interpolant, Interpolation};
pub use regressed::{RegressionProblem, TwoLayerForm};
pub use targets::TargetModel;

use crate::experiment::Measurement;
use crate::plan::Plan;

/// The points to learn from of a target, where the case says none.
const SAMPLES: usize = 200;

/// Defaults that several sections have.
fn unit() -> f64 {
    1.0
}

fn four_thousand() -> usize {
    4000
}

/// `[model]`, by its kind.
#[derive(Clone, Debug)]
pub enum Models {
    /// `target`.
    Target(TargetModel),
    /// `data`.
    Data(Box<Data>),
    /// `integral`.
    Integral(Integral),
    /// `circle`.
    Circle(Circle),
    /// `function-class`.
    Class(FunctionClass),
}

/// `[problem]`, by its kind.
#[derive(Clone, Debug)]
pub enum Problems {
    /// `regression`.
    Regression(RegressionProblem),
    /// `least-squares`.
    LeastSquares(LeastSquares),
    /// `interpolation`.
    Interpolation(Interpolation),
    /// `grid`.
    Grid(GridProblem),
    /// `monte-carlo`.
    MonteCarlo(MonteCarlo),
    /// `spectral-flow`.
    SpectralFlow(SpectralFlow),
    /// `rademacher`.
    Rademacher(Rademacher),
}

/// `[representation]`, by its kind.
#[derive(Clone, Debug)]
pub enum Forms {
    /// `two-layer`.
    TwoLayer(TwoLayerForm),
    /// `random-features`.
    RandomFeatures(RandomFeatures),
    /// `kernel`.
    Kernel(KernelForm),
    /// `interpolant`.
    Interpolant(Interpolant),
    /// Nothing is represented.
    None,
}

impl Models {
    /// Its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Target(_) => "target",
            Self::Data(_) => "data",
            Self::Integral(_) => "integral",
            Self::Circle(_) => "circle",
            Self::Class(_) => "function-class",
        }
    }
}

impl Problems {
    /// Its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Regression(_) => "regression",
            Self::LeastSquares(_) => "least-squares",
            Self::Interpolation(_) => "interpolation",
            Self::Grid(_) => "grid",
            Self::MonteCarlo(_) => "monte-carlo",
            Self::SpectralFlow(_) => "spectral-flow",
            Self::Rademacher(_) => "rademacher",
        }
    }

    /// The models and the representations it goes together with.
    fn takes(&self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Regression(_) => (&["target", "data"], &["two-layer"]),
            Self::LeastSquares(_) => (&["target", "data"], &["random-features", "kernel"]),
            Self::Interpolation(_) => (&["target"], &["interpolant"]),
            Self::Grid(_) => (&["target"], &[]),
            Self::MonteCarlo(_) => (&["integral"], &[]),
            Self::SpectralFlow(_) => (&["circle"], &[]),
            Self::Rademacher(_) => (&["function-class"], &[]),
        }
    }
}

impl Forms {
    /// Its kind; empty where there is none.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::TwoLayer(_) => "two-layer",
            Self::RandomFeatures(_) => "random-features",
            Self::Kernel(_) => "kernel",
            Self::Interpolant(_) => "interpolant",
            Self::None => "",
        }
    }
}

/// The representation that a problem has where the case says none: the first it goes together with.
pub fn usual_form(problem: &Problems) -> Option<&'static str> {
    problem.takes().1.first().copied()
}

/// Whether a case descends: it has a `[descent]` then.
pub fn descends(problem: &Problems) -> bool {
    matches!(problem, Problems::Regression(_))
}

/// An error unless the sections go together.
pub fn fit_together(model: &Models, problem: &Problems, form: &Forms) -> Result<()> {
    let (models, forms) = problem.takes();
    let words =
        |all: &[&str]| all.iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(" or ");
    if !models.contains(&model.kind()) {
        let found = format!(
            "\"{}\" does not go together with model.kind = \"{}\"",
            problem.kind(),
            model.kind()
        );
        return Err(Error::input("problem.kind", found)
            .allowed(format!("It asks for a model {}", words(models))));
    }
    let none = forms.is_empty() && form.kind().is_empty();
    if !(none || forms.contains(&form.kind())) {
        let found = format!(
            "\"{}\" does not go together with problem.kind = \"{}\"",
            form.kind(),
            problem.kind()
        );
        let allowed = if forms.is_empty() {
            "It has no [representation]: leave it out".to_owned()
        } else {
            format!("It asks for {}", words(forms))
        };
        return Err(Error::input("representation.kind", found).allowed(allowed));
    }
    Ok(())
}

/// The job of a case. `run` says the seed of what the problem is made of; those that descend have a descent.
pub fn job(
    (model, problem, form): (&Models, &Problems, &Forms),
    run: &Run,
    descent: Option<Box<dyn Descent<Plan>>>,
) -> Result<Box<dyn Job>> {
    fit_together(model, problem, form)?;
    let stream = Stream::new(run.seed).child("data");
    Ok(match (model, problem, form) {
        (model, Problems::Regression(problem), Forms::TwoLayer(form)) => {
            let (problem, form) = regressed::pose(model, problem, form, &stream)?;
            let descent = descent.ok_or_else(|| Error::bug("a regression has a descent"))?;
            Box::new(Posed { problem, form, descent })
        }
        (model, Problems::LeastSquares(problem), form) => {
            measurement(fitted::experiment(model, problem, form)?)
        }
        (Models::Target(model), Problems::Interpolation(problem), Forms::Interpolant(form)) => {
            measurement(interpolated::curve(model, problem, form)?)
        }
        (Models::Target(model), Problems::Grid(problem), _) => {
            measurement(interpolated::grid(model, problem)?)
        }
        (Models::Integral(model), Problems::MonteCarlo(problem), _) => {
            measurement(integrals::average(model, problem)?)
        }
        (Models::Circle(model), Problems::SpectralFlow(problem), _) => {
            measurement(integrals::flow(model, problem)?)
        }
        (Models::Class(model), Problems::Rademacher(problem), _) => {
            measurement(classes::complexity(model, problem)?)
        }
        _ => return Err(Error::bug("sections that do not go together were refused")),
    })
}

fn measurement(experiment: impl crate::experiment::Experiment + 'static) -> Box<dyn Job> {
    Box::new(Measurement(Box::new(experiment)))
}
