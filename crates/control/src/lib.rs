//! Stochastic control in discrete time, with constraints that hold at every step.
//!
//! ```text
//! s_{t+1} = f_t(s_t, a_t, ξ_{t+1}),   a_t ∈ A_t(s_t),   minimise E[Σ_{t<T} c_t(s_t, a_t) + c_T(s_T)]
//! ```
//! A [`model::Model`] says what happens in a step, a [`policy::Policy`] what is done there. Read model,
//! policy, problem, plan in this order. [HE16]

pub mod answer;
pub mod bounds;
pub mod calibrate;
pub mod case;
pub mod limits;
pub mod model;
pub mod number;
pub mod plan;
pub mod policy;
mod posed;
pub mod problem;
pub mod reference;
pub mod sparse;

pub use model::Model;
pub use policy::Policy;
