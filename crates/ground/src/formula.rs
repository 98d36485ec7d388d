//! Formulas from text or closure to vectorised code.

mod call;
mod compile;
mod derivative;
mod display;
mod expr;
mod inspect;
mod interval;
mod lanes;
mod machine;
mod math;
mod on_tape;
mod operation;
mod operators;
mod parse;
mod pass;
mod program;
mod reduction;
mod scope;
mod simplify;
mod token;

pub use expr::{Expr, Shape};
pub use inspect::{Hoisted, hoist};
pub use interval::Interval;
pub use machine::{Machine, Sink, Source};
pub use parse::parse;
pub use program::Program;
pub use scope::{Constant, Scope, nearest};

#[cfg(test)]
mod tests;
