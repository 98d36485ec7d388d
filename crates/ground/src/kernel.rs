//! Fused loops over blocks of points.

pub mod lane;
pub mod math;
pub mod network;
pub mod normal;
pub mod once;
pub mod span;
pub mod update;
