//! Numbers: arrays, the tape, formulas, kernels, streams, estimates. Nothing else.

pub mod archive;
pub mod array;
pub mod error;
pub mod estimate;
pub mod fit;
pub mod formula;
pub mod gradcheck;
pub mod kernel;
pub mod linalg;
pub mod npy;
pub mod par;
pub mod quadrature;
pub mod stream;
pub mod tape;
pub mod units;

pub use error::{Error, Result};
