//! Case files: the only place that knows TOML.
//!
//! A case is read once, to one table a section, with the line of every key. Overrides change the
//! tables; then each section is checked against the documented struct of the room that owns it, and
//! becomes that struct.

pub mod descent;
pub mod expect;
pub mod family;
mod input;
mod matrix_file;
pub mod read;
pub mod registry;
pub mod resolve;
pub mod schema;
pub mod sections;
mod series_file;
mod shape;
pub mod shipped;
pub mod sweep;

pub use family::Family;
pub use read::Case;
pub use resolve::{Resolved, resolve};
pub use sweep::Sweep;
