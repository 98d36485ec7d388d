//! Optima that are known exactly, to judge policies by.
//!
//! Where V* is known, so is what a step loses, ℓ_t(s, a) = Q*_t(s, a) − V*_t(s) ≥ 0 (for a reward with the
//! other sign), and along the paths of any policy
//! ```text
//! J(π) − J* = E Σ_t ℓ_t(s_t, a_t)
//! ```
//! All terms vanish at the optimum: a few thousand paths give the gap to one part in a hundred of itself.

use std::fmt::Debug;

pub mod aggregate;
pub mod market;
pub mod riccati;
pub mod saving;
pub mod schedule;
pub mod selling;

/// An exact optimum.
pub trait Exact: Debug + Send + Sync {
    /// J*, or V*: in the sense of the model.
    fn value(&self) -> f64;

    /// How it is known.
    fn how(&self) -> String;

    /// What is remembered of a path that begins, where the optimum needs more than the state.
    fn begin(&self) -> Vec<f64> {
        Vec::new()
    }

    /// ℓ_t: what this action loses.
    fn regret(&self, at: Seen<'_>, memory: &mut Vec<f64>) -> f64;
}

/// A step of a path.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Which.
    pub t: usize,
    /// The state.
    pub s: &'a [f64],
    /// What the policy saw.
    pub seen: &'a [f64],
    /// What was done.
    pub a: &'a [f64],
}
