//! Models with known answers: what tests and examples are made of.
//!
//! Each states its equation and its source. Where there is a closed form it stands with the model;
//! where there is only a number, it comes from [`crate::reference`], which shares no code with the
//! solvers.

mod hjb;
mod linear;
mod manufactured;
mod oscillating;
mod phase;
mod pricing;

pub use hjb::HjbLqg;
pub use linear::{BasketCall, Heat};
pub use manufactured::{Burgers, QuadraticGradient, ReactionDiffusion};
pub use oscillating::{Oscillating, Unbounded};
pub use phase::AllenCahn;
pub use pricing::{BlackScholesBarenblatt, DefaultRisk, DifferentRates};

use crate::model::Parabolic;

/// A model whose solution is known.
pub trait Known: Parabolic {
    /// u(t, x).
    fn value(&self, t: f64, x: &[f64]) -> f64;

    /// ∇u(t, x), `[d]`; None where only the value is known.
    fn gradient(&self, t: f64, x: &[f64]) -> Option<Vec<f64>>;
}

/// 1/(1 + e^{−w}).
fn logistic(w: f64) -> f64 {
    1.0 / (1.0 + (-w).exp())
}
