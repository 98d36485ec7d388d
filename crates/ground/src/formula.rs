//! Formulas from text or closure to vectorised code.
//!
//! Scalars, and vectors whose operations are componentwise; a scalar beside a vector stands for all
//! its components. From weak to strong:
//!
//! | written | meaning |
//! |---|---|
//! | `a < b`, `<=`, `>`, `>=`, `==` | 1 where it holds, else 0; not chained |
//! | `a + b`, `a - b` | |
//! | `a * b`, `a / b`, `A * v` | the last with a constant matrix |
//! | `-a` | |
//! | `a ^ b` | from the right; `-x^2` is -(x^2) |
//! | `x[1]`, `x[2:d]` | components, from 1, the end included |
//! | `if(c, a, b)` | a where c is not 0 |
//! | `min(a, b)`, `max(a, b)`, `clamp(v, lo, hi)` | |
//! | `sum(v)`, `mean(v)`, `min(v)`, `max(v)`, `dot(a, b)`, `\|v\|`, `\|v\|^2` | from a vector to a number |
//! | `exp`, `expm1`, `ln`, `log1p`, `sqrt`, `sin`, `cos`, `tan`, `tanh`, `asinh`, `erf`, `normcdf`, `sigmoid`, `softplus`, `abs`, `sign`, `step`, `relu`, `round`, `floor` | of every component |
//! | `i` | the index vector 1, 2, ..., d |
//! | `[1, 2, 3]`, `[[1, 0], [2, 1]]` | a constant vector, a constant matrix |
//! | `inverse`, `share`, `repeat`, `embed` | what derivatives are printed with |
//!
//! Anything richer is a Rust program on [`Expr`].
#![allow(clippy::inline_always, reason = "vector instructions reach only what is inlined")]

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

pub use call::usages;
pub use expr::{Expr, Shape};
pub use inspect::{Hoisted, hoist};
pub use interval::Interval;
pub use machine::{Machine, Sink, Source};
pub use parse::parse;
pub use program::Program;
pub use scope::{Constant, Scope, nearest};

#[cfg(test)]
mod tests;
