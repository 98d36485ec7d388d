//! Case files from the inputs of other programs.

pub mod deepbsde;
mod equations;
