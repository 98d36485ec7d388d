//! The parameters of a case file, documented.
//!
//! These structs are the documentation: `explain` and the schema are made from the comments below.

use frame::{Descent, Job, Posed};
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod matrix;
pub mod models;

pub use matrix::Matrix;
pub use models::{Consumption, Execution, Formulas, Liquidation, Lqg, Storage};

use crate::bounds;
use crate::model::{Model, consumption, execution, formulas, liquidation, lqg, storage};
use crate::plan::Plan;
use crate::policy::Policy;
use crate::problem::Control;
use ground::kernel::network::Activation;

/// `[problem] kind = "policy-search"`: find the policy whose mean cost is least, by the exact gradient along
/// its own paths. [HE16]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Problem {
    /// Paths on which the optimum is bounded, where the model knows how (storage): the policy from one side,
    /// penalised foresight from the other, a linear programme a path. Default: 100 where no optimum is
    /// known, else 0; if any, 2 or more.
    pub bound_paths: Option<usize>,
    /// What the guess of the value function is made of, which makes the bounds near; they hold for any.
    /// Default: "table", where there is one of a size to be had, else "learned".
    pub guess: Option<Guess>,
}

/// What a guess of the value function is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Guess {
    /// The table of one device in the place of all.
    Table,
    /// Paths of the policy: what they earned from each step on, and its derivatives by the levels.
    Learned,
}

/// `[representation] kind = "policy"`: networks from what is seen to what is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Representation {
    /// Widths of the hidden layers; [] for a linear policy, with skip = true. Default: [32, 32].
    pub hidden: Vec<usize>,
    /// Of the hidden layers. Default: "relu".
    pub activation: Bend,
    /// Whether a linear map is added, which is the optimum of every linear-quadratic problem.
    /// Default: false.
    pub skip: bool,
    /// Numbers that the policy remembers from step to step, where the state is not seen. Default: 0.
    pub memory: usize,
    /// Whether one network serves all steps, with t/T among its inputs, instead of one a step.
    /// Default: false.
    pub shared: bool,
    /// Whether one network serves all steps and does not see the time: for problems whose optimum does not depend
    /// on it, as discounted ones with a far horizon. Default: false.
    pub stationary: bool,
}

/// What is done between layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Bend {
    /// max(x, 0).
    #[default]
    Relu,
    /// tanh x.
    Tanh,
    /// x Φ(x).
    Gelu,
    /// x/(1 + e⁻ˣ).
    Silu,
    /// ln(1 + eˣ).
    Softplus,
}

impl Default for Representation {
    fn default() -> Self {
        let hidden = vec![32, 32];
        let [skip, shared, stationary] = [false; 3];
        Self { hidden, activation: Bend::Relu, skip, memory: 0, shared, stationary }
    }
}

/// `[model]`, by its kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Models {
    /// `lqg`.
    Lqg(Box<Lqg>),
    /// `liquidation`.
    Liquidation(Liquidation),
    /// `consumption`.
    Consumption(Consumption),
    /// `execution`.
    Execution(Execution),
    /// `storage`.
    Storage(Storage),
    /// `formulas`.
    Formulas(Box<Formulas>),
}

/// A model that was made of a case.
enum Made {
    Lqg(Box<lqg::Lqg>),
    Liquidation(liquidation::Liquidation),
    Consumption(consumption::Consumption),
    Execution(Box<execution::Execution>),
    Storage(Box<storage::Storage>),
    Formulas(formulas::Formulas),
}

/// A descent of any model.
pub trait Descends {
    /// The descent of the plan of a model.
    fn of<M: Model>(&self) -> Box<dyn Descent<Plan<M>>>;
}

/// A case as something to run; errors carry the key.
pub fn job(
    model: &Models,
    problem: &Problem,
    representation: &Representation,
    descent: &impl Descends,
) -> Result<Box<dyn Job>> {
    let rest = (problem, representation, model.name());
    match model.made()? {
        Made::Lqg(model) => posed(*model, rest, descent),
        Made::Liquidation(model) => posed(model, rest, descent),
        Made::Consumption(model) => posed(model, rest, descent),
        Made::Execution(model) => posed(*model, rest, descent),
        Made::Storage(model) => posed(*model, rest, descent),
        Made::Formulas(model) => posed(model, rest, descent),
    }
}

fn posed<M: Model>(
    model: M,
    (problem, representation, name): (&Problem, &Representation, &str),
    descent: &impl Descends,
) -> Result<Box<dyn Job>> {
    let form = representation.form(&model)?;
    let guess = problem.sound(&model, name)?;
    let problem = Control::new(model).bounded(problem.bound_paths, guess);
    Ok(Box::new(Posed { problem, form, descent: descent.of::<M>() }))
}

impl Problem {
    /// The guess, where what is said of bounds means something for a model.
    fn sound(&self, model: &impl Model, name: &str) -> Result<Option<bounds::Guess>> {
        let asked = self.bound_paths.filter(|n| *n > 0);
        let Some(relaxed) = model.relaxed() else {
            let key = if asked.is_some() { "problem.bound-paths" } else { "problem.guess" };
            if asked.is_none() && self.guess.is_none() {
                return Ok(None);
            }
            return Err(Error::input(key, format!("`{name}` has no bounds"))
                .allowed("Leave this out; there are bounds for `storage`"));
        };
        if asked == Some(1) {
            return Err(Error::input("problem.bound-paths", "one path does not say its error")
                .allowed("Write 0 for no bounds, or 2 or more"));
        }
        if self.guess == Some(Guess::Table) && !relaxed.has_table() {
            return Err(Error::input(
                "problem.guess",
                "its table would have too many levels, or too few",
            )
            .allowed("Write \"learned\""));
        }
        Ok(self.guess.map(|guess| match guess {
            Guess::Table => bounds::Guess::Table,
            Guess::Learned => bounds::Guess::Learned,
        }))
    }
}

impl Models {
    /// The kind.
    fn name(&self) -> &'static str {
        match self {
            Self::Lqg(_) => "lqg",
            Self::Liquidation(_) => "liquidation",
            Self::Consumption(_) => "consumption",
            Self::Execution(_) => "execution",
            Self::Storage(_) => "storage",
            Self::Formulas(_) => "formulas",
        }
    }

    fn made(&self) -> Result<Made> {
        Ok(match self {
            Self::Lqg(case) => Made::Lqg(Box::new(case.model()?)),
            Self::Liquidation(case) => Made::Liquidation(case.model()?),
            Self::Consumption(case) => Made::Consumption(case.model()?),
            Self::Execution(case) => Made::Execution(Box::new(case.model()?)),
            Self::Storage(case) => Made::Storage(Box::new(case.model()?)),
            Self::Formulas(case) => Made::Formulas(case.model()?),
        })
    }
}

impl Representation {
    /// The form for a model.
    pub fn form(&self, model: &impl Model) -> Result<Policy> {
        let shape = model.shape();
        if self.hidden.contains(&0) {
            return Err(Error::input("representation.hidden", "a layer of width 0")
                .allowed("Write widths of 1 or more, or [] with skip = true for a linear policy"));
        }
        Ok(Policy {
            steps: shape.steps,
            seen: shape.seen,
            said: shape.said,
            memory: self.memory,
            hidden: self.hidden.clone(),
            activation: match self.activation {
                Bend::Relu => Activation::Relu,
                Bend::Tanh => Activation::Tanh,
                Bend::Gelu => Activation::Gelu,
                Bend::Silu => Activation::Silu,
                Bend::Softplus => Activation::Softplus,
            },
            skip: self.skip,
            shared: self.shared || self.stationary,
            stationary: self.stationary,
            bias: model.bias(),
        })
    }
}
