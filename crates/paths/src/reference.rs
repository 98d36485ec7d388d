//! Slow independent answers to check against.
//!
//! [`cole_hopf`] and [`radial`] for the Hamilton–Jacobi–Bellman equation in continuous and in
//! discrete time, [`allen_cahn`] and [`barenblatt`] likewise, [`line`] for equations of Σx in discrete
//! time, [`quadratic_gradient`] and [`heat`] in closed form, [`basket`] and
//! [`geometric_basket`] for European calls, [`default_risk`] by exact conditional laws, [`different_rates`] between two bounds. Nothing
//! here shares code with the rest of the crate: only with the ground.

pub mod allen_cahn;
pub mod barenblatt;
pub mod basket;
pub mod cole_hopf;
pub mod default_risk;
pub mod different_rates;
pub mod extreme;
pub mod geometric_basket;
pub mod heat;
pub mod line;
pub mod quadratic_gradient;
pub mod radial;
