//! The idea: you draw, you average, you descend.
//!
//! ```text
//!  Measure        z ~ mu ─────┐
//!                             ├──▶ Problem   j(z, f) ──┐
//!  Representation f_theta ────┘                        ├──▶ Functional   J(theta) = E j(z, f_theta)
//!                                                      │          ▲   value ± s.e. · gradient
//!                                                      │          │
//!                                                      │       Descent   theta' = -grad J, discretised
//!                                                      ▼
//!                         Solution { answer ±, error budget, verdict, trace }
//! ```
//!
//! A [`Representation`] is a function with parameters. A [`Problem`] says what to draw and what to
//! average. Coupled, they are a [`Functional`], J(θ): the one thing a [`Descent`] sees. A
//! [`Solution`] is the answer with its error budget. [`solve`] is the one loop.
//!
//! # One batch, one name
//!
//! A batch is *named*, not handed over ([`Batch`]): random numbers come from a counter, so the name
//! is enough. The same name means the same draws at any θ, on any number of threads and after any
//! interruption; validation draws cannot meet training draws.
//!
//! # Two functionals of one problem
//!
//! The problem chooses who couples it with a form. [`Coupled`] does it for any problem that writes
//! its integrand on the tape ([`Integral`]): slow, readable, right. A family's *plan* is the same
//! coupling written by hand for speed; it never ships without its twin on the tape and a test that
//! both agree on the same named batch.
//!
//! # What ends a run
//!
//! Not having converged is a [`Verdict`] of an answer. What prevents an answer is an error: a
//! number that is not finite, an interruption, a full disk.
//!
//! # What is not here
//!
//! Any equation of a family, any file, any clock. A [`Watch`] is how the doors look in.

pub mod budget;
pub mod checkpoint;
pub mod coupled;
pub mod descent;
pub mod figure;
pub mod forecast;
pub mod functional;
pub mod job;
pub mod params;
pub mod problem;
pub mod refine;
pub mod representation;
pub mod run;
pub mod sheet;
pub mod solution;
pub mod solve;
pub mod study;
pub mod table;
pub mod text;
pub mod trace;
pub mod verdict;
pub mod watch;

pub use budget::{ErrorBudget, Target, Term};
pub use checkpoint::{Checkpoint, Keeper};
pub use coupled::Coupled;
pub use descent::adagrad::AdaGrad;
pub use descent::adam::Adam;
pub use descent::gradient_flow::GradientFlow;
pub use descent::momentum::Momentum;
pub use descent::schedule::Schedule;
pub use descent::{Descent, Move};
pub use figure::{Axis, Figure, Hue, Known, Mark, Series};
pub use forecast::Forecast;
pub use functional::{Batch, Functional, Purpose, Work};
pub use job::{Job, Posed, Trained};
pub use params::{Block, Layout, Params, Precision, Store, Stored};
pub use problem::{Answer, Findings, Integral, Integrand, Problem};
pub use refine::{Refined, refine};
pub use representation::Representation;
pub use run::Run;
pub use sheet::{Named, Sheet};
pub use solution::{Report, Solution};
pub use solve::solve;
pub use table::Table;
pub use trace::{Look, Trace};
pub use verdict::{Stopped, Verdict};
pub use watch::{Progress, Stop, Watch};
