//! Formulas from text or closure to vectorised code.

mod call;
mod derivative;
mod display;
mod expr;
mod inspect;
mod interval;
mod operation;
mod operators;
mod parse;
mod reduction;
mod scope;
mod simplify;
mod token;

pub use expr::{Expr, Shape};
pub use inspect::{Hoisted, hoist};
pub use interval::Interval;
pub use parse::parse;
pub use scope::{Constant, Scope, nearest};

#[cfg(test)]
mod tests;
