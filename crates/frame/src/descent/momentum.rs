//! Momentum: a heavy ball along the gradient. [SMDH13]
//!
//! ```text
//! v ← k v + g,   θ ← θ − r v
//! ```
//! k = 0 is plain gradient descent.

use ground::Result;
use ground::estimate::Estimate;
use ground::kernel::update::Update;

use super::schedule::Schedule;
use super::{Descent, Move};
use crate::checkpoint::Keeper;
use crate::functional::{Batch, Functional};
use crate::params::Params;

/// Momentum with a schedule of rates and a limit on the norm of the gradient.
#[derive(Clone, Debug, PartialEq)]
pub struct Momentum {
    /// r, by iteration.
    pub rate: Schedule,
    /// k.
    pub keep: f64,
    /// The largest norm of the gradient, if there is one.
    pub clip: Option<f64>,
    /// Moves in the whole run: what the schedule is stretched over.
    pub of: u64,
    /// Moves made.
    pub made: u64,
}

impl Momentum {
    /// At a constant rate, gradients of any length.
    pub fn constant(rate: f64, keep: f64) -> Self {
        Self { rate: Schedule::Constant(rate), keep, clip: None, of: 1, made: 0 }
    }
}

impl<J: Functional + ?Sized> Descent<J> for Momentum {
    fn step(&mut self, theta: &mut Params, j: &mut J, batch: Batch) -> Result<Estimate> {
        let update = Update::Momentum { rate: self.rate.at(self.made, self.of), keep: self.keep };
        let value = j.descend(theta, batch, Move { update, clip: self.clip })?;
        self.made += 1;
        Ok(value)
    }

    fn keep(&mut self, keeper: &mut Keeper<'_>) -> Result<()> {
        keeper.count("momentum/made", &mut self.made)
    }
}
