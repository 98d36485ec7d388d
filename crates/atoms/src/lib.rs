//! Molecules: potential energy surfaces with ab initio accuracy.
//!
//! A [`Snapshot`] is atoms in a cell; its energy, forces and virial may be known. A
//! potential gives them for any snapshot. Read model, form, plan in this order.

pub mod answer;
pub mod case;
pub mod cell;
pub mod deviation;
pub mod elements;
pub mod findings;
pub mod form;
pub mod format;
pub mod interchange;
pub mod model;
pub mod neighbours;
pub mod plan;
pub mod potential;
pub mod problem;
pub mod score;
pub mod survey;
pub mod training;

pub use form::{DeepPotential, Potential};
pub use model::{Frames, Labels, Snapshot};
