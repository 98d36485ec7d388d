//! A function with parameters.

use ground::Result;
use ground::stream::Stream;

use crate::params::{Layout, Params, Precision};

/// A family of functions with parameters θ.
///
/// An implementer need not think about storage, checkpoints, batches or gradients. What such a
/// function can be asked is said by a sub-trait of the family.
pub trait Representation: Send + Sync {
    /// The blocks of θ.
    fn layout(&self) -> Layout;

    /// Where a descent starts.
    fn init(&self, precision: Precision, stream: &Stream) -> Result<Params>;
}
