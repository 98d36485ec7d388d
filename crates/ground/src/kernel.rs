//! Fused loops over blocks of points.
//!
//! A function on registers must be inlined into the one that `dispatch!` compiles for a level; left
//! alone it would be compiled without the instructions of that level. Hence `inline(always)`
//! everywhere below, loops where closures would be shorter, and no functions as arguments.

#![allow(clippy::inline_always, reason = "inlining is what makes a level")]

pub mod block;
pub mod dense;
pub mod gathered;
pub mod gram;
pub mod lane;
pub mod math;
pub mod network;
pub mod normal;
pub mod once;
pub mod packing;
pub mod span;
pub mod two_layer;
pub mod update;
