//! The theory lab: functions with known norms, two-layer networks and what they are a discretisation of.
//!
//! Every room is a model that theory describes exactly, beside the number that theory gives.

pub mod answer;
pub mod case;
pub mod circle;
pub mod data;
pub mod experiment;
pub mod features;
pub mod form;
pub mod grid;
pub mod inputs;
pub mod interpolate;
pub mod kernel_limit;
pub mod norms;
pub mod particles;
pub mod plan;
pub mod points;
pub mod problem;
pub mod rademacher;
pub mod sample;
pub mod target;

pub use ground::kernel::network::Activation;
pub use sample::Sample;
