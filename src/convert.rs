//! Case files from the inputs of other programs.

pub mod deepbsde;
pub mod deepmd;
mod equations;
