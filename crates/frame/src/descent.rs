//! What a descent is: one discretisation of the gradient flow of J.

pub mod adagrad;
pub mod adam;
pub mod gradient_flow;
pub mod momentum;
pub mod schedule;

use ground::Result;
use ground::estimate::Estimate;
use ground::kernel::update::Update;

use crate::checkpoint::Keeper;
use crate::functional::Batch;
use crate::params::Params;

/// One discretisation of dθ/ds = −∇J. The bound on J says what it asks for.
///
/// An implementer need not think about draws, threads or files.
pub trait Descent<J: ?Sized>: Send {
    /// Moves θ once. Returns J before the move.
    fn step(&mut self, theta: &mut Params, j: &mut J, batch: Batch) -> Result<Estimate>;

    /// What must survive an interruption. No default: whoever writes a descent says what it is.
    fn keep(&mut self, keeper: &mut Keeper<'_>) -> Result<()>;
}

/// One move of all blocks: plain numbers, so threads share it and kernels inline it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Move {
    /// The rule.
    pub update: Update,
    /// The largest norm of the gradient of all blocks together; a longer one is shortened to it.
    pub clip: Option<f64>,
}

impl<J: ?Sized> Descent<J> for Box<dyn Descent<J>> {
    fn step(&mut self, theta: &mut Params, j: &mut J, batch: Batch) -> Result<Estimate> {
        (**self).step(theta, j, batch)
    }

    fn keep(&mut self, keeper: &mut Keeper<'_>) -> Result<()> {
        (**self).keep(keeper)
    }
}
