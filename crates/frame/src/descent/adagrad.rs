//! AdaGrad: rates that fall as gradients add up. [DHS11]
//!
//! ```text
//! s ← s + g²,   θ ← θ − r g / (√s + ε)
//! ```

use ground::Result;
use ground::estimate::Estimate;
use ground::kernel::update::Update;

use super::schedule::Schedule;
use super::{Descent, Move};
use crate::checkpoint::Keeper;
use crate::functional::{Batch, Functional};
use crate::params::Params;

/// AdaGrad with a schedule of rates and a limit on the norm of the gradient.
#[derive(Clone, Debug, PartialEq)]
pub struct AdaGrad {
    /// r, by iteration.
    pub rate: Schedule,
    /// ε.
    pub eps: f64,
    /// The largest norm of the gradient, if there is one.
    pub clip: Option<f64>,
    /// Moves in the whole run: what the schedule is stretched over.
    pub of: u64,
    /// Moves made.
    pub made: u64,
}

impl<J: Functional + ?Sized> Descent<J> for AdaGrad {
    fn step(&mut self, theta: &mut Params, j: &mut J, batch: Batch) -> Result<Estimate> {
        let update = Update::AdaGrad { rate: self.rate.at(self.made, self.of), eps: self.eps };
        let value = j.descend(theta, batch, Move { update, clip: self.clip })?;
        self.made += 1;
        Ok(value)
    }

    fn keep(&mut self, keeper: &mut Keeper<'_>) -> Result<()> {
        keeper.count("adagrad/made", &mut self.made)
    }
}
