//! The function that is learned: Z(t, x).
//!
//! Directions known from the paths with learned coefficients ([`Directions`], the default); a network
//! free to give any vector ([`Free`]), alone or added to directions; a batch-normalised network a step
//! as published ([`PerStep`]). The last block of θ is `start`: where Y starts.

mod directions;
mod free;
mod per_step;

use frame::{Layout, Params, Precision, Representation};
use ground::stream::Stream;
use ground::{Error, Result};

pub use directions::Directions;
pub use free::{Free, Time};
pub use per_step::PerStep;

use crate::problem::DeepBsde;

/// Any of the forms.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// Coefficients of directions, with or without a free network.
    Directions(Directions),
    /// A free network.
    Free(Free),
    /// The published one.
    PerStep(PerStep),
}

impl From<Directions> for Form {
    fn from(form: Directions) -> Self {
        Self::Directions(form)
    }
}

impl From<Free> for Form {
    fn from(form: Free) -> Self {
        Self::Free(form)
    }
}

impl From<PerStep> for Form {
    fn from(form: PerStep) -> Self {
        Self::PerStep(form)
    }
}

impl Form {
    /// The coefficients of directions, where there are any.
    pub(crate) fn directions(&self) -> Option<&Directions> {
        match self {
            Self::Directions(form) => Some(form),
            _ => None,
        }
    }

    /// The free network, where there is one.
    pub(crate) fn free(&self) -> Option<&Free> {
        match self {
            Self::Directions(form) => form.plus.as_ref(),
            Self::Free(form) => Some(form),
            Self::PerStep(_) => None,
        }
    }

    /// The published form, if it is that.
    pub(crate) fn per_step(&self) -> Option<&PerStep> {
        match self {
            Self::PerStep(form) => Some(form),
            _ => None,
        }
    }

    /// The directions that stand beside it untrained: its own, or the default ones.
    pub(crate) fn beside(&self, problem: &DeepBsde) -> Directions {
        self.directions().cloned().unwrap_or_else(|| problem.default_form())
    }

    /// An error unless it is a function on the paths of the problem.
    pub(crate) fn fits(&self, problem: &DeepBsde) -> Result<()> {
        let (dim, steps) = (problem.equation.dim, problem.levels[0]);
        let is = |found: usize, due: usize, what: &str| {
            if found == due {
                return Ok(());
            }
            Err(Error::input("representation", format!("it has {found} {what}, not {due}"))
                .allowed("The form and the problem must have the same dimension and first level"))
        };
        if let Some(free) = self.free() {
            is(free.dim, dim, "dimensions")?;
            is(free.steps, steps, "steps")?;
        }
        if let Some(form) = self.per_step() {
            is(form.dim, dim, "dimensions")?;
            is(form.steps, steps, "steps")?;
            form.check(problem)?;
        }
        Ok(())
    }
}

impl Representation for Form {
    fn layout(&self) -> Layout {
        match self {
            Self::Directions(form) => form.layout(),
            Self::Free(form) => form.layout(),
            Self::PerStep(form) => form.layout(),
        }
    }

    fn init(&self, precision: Precision, stream: &Stream) -> Result<Params> {
        match self {
            Self::Directions(form) => form.init(precision, stream),
            Self::Free(form) => form.init(precision, stream),
            Self::PerStep(form) => form.init(precision, stream),
        }
    }
}
