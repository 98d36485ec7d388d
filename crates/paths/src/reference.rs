//! Slow independent answers to check against.
//!
//! [`cole_hopf`] and [`radial`] for the Hamilton–Jacobi–Bellman equation in continuous and in
//! discrete time, [`allen_cahn`] likewise, [`quadratic_gradient`] and [`heat`] in closed form,
//! [`basket`] and [`geometric_basket`] for European calls on a basket. Nothing here shares code with the rest of the crate: only with the ground.

pub mod allen_cahn;
pub mod basket;
pub mod cole_hopf;
pub mod geometric_basket;
pub mod heat;
pub mod quadratic_gradient;
pub mod radial;
