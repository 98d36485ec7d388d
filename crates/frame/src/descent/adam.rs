//! Adam, in the form of PyTorch or of Keras. [KB15]
//!
//! ```text
//! m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²
//! Torch:  θ ← θ − r (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
//! Keras:  θ ← θ − r √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)
//! ```
//!
//! TensorFlow's is Keras' with numbers rounded to single precision, see [`AdamForm::TensorFlow`].

use ground::Result;
use ground::estimate::Estimate;
use ground::kernel::update::{AdamForm, Update};

use super::schedule::Schedule;
use super::{Descent, Move};
use crate::checkpoint::Keeper;
use crate::functional::{Batch, Functional};
use crate::params::Params;

/// Adam with a schedule of rates and a limit on the norm of the gradient.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    /// r, by iteration.
    pub rate: Schedule,
    /// β₁.
    pub beta1: f64,
    /// β₂.
    pub beta2: f64,
    /// ε.
    pub eps: f64,
    /// Where ε stands.
    pub form: AdamForm,
    /// The largest norm of the gradient, if there is one.
    pub clip: Option<f64>,
    /// Moves in the whole run: what the schedule is stretched over.
    pub of: u64,
    /// Moves made.
    pub made: u64,
}

impl Adam {
    /// The default of the directions form: β = (0.9, 0.99), gradient norm at most 5, rate from 1e-2
    /// to 1e-4 by a cosine over `of` moves.
    pub fn cosine(of: u64) -> Self {
        Self {
            rate: Schedule::Cosine { from: 1e-2, to: 1e-4 },
            beta1: 0.9,
            beta2: 0.99,
            eps: 1e-8,
            form: AdamForm::Torch,
            clip: Some(5.0),
            of,
            made: 0,
        }
    }

    /// Keras' form and its defaults, β = (0.9, 0.999), at a constant rate.
    pub fn keras(rate: f64) -> Self {
        Self {
            rate: Schedule::Constant(rate),
            beta2: 0.999,
            form: AdamForm::Keras,
            clip: None,
            ..Self::cosine(1)
        }
    }
}

impl<J: Functional + ?Sized> Descent<J> for Adam {
    fn step(&mut self, theta: &mut Params, j: &mut J, batch: Batch) -> Result<Estimate> {
        let update = Update::Adam {
            rate: self.rate.at(self.made, self.of),
            beta1: self.beta1,
            beta2: self.beta2,
            eps: self.eps,
            step: self.made + 1,
            form: self.form,
        };
        let value = j.descend(theta, batch, Move { update, clip: self.clip })?;
        self.made += 1;
        Ok(value)
    }

    fn keep(&mut self, keeper: &mut Keeper<'_>) -> Result<()> {
        keeper.count("adam/made", &mut self.made)
    }
}
