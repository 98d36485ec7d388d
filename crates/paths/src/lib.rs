//! Diffusions: parabolic equations in high dimension by Deep BSDE.
//!
//! Read in this order: [`model`] is the equation, [`form`] the function that is learned,
//! [`problem`] what is averaged (on the tape), [`plan`] the same at speed, [`answer`] how the answer
//! and its errors are read off, [`reference`] why to believe it.

pub mod answer;
pub mod anywhere;
pub mod bounds;
pub mod case;
mod clock;
mod curvature;
mod forecast;
pub mod form;
pub mod known;
pub mod model;
pub mod origin;
pub mod pilot;
pub mod plan;
pub mod problem;
mod quadratic;
pub mod reference;
pub mod sde;
mod smoothing;
pub mod spacing;
