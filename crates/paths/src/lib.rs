//! paths

pub mod reference;
