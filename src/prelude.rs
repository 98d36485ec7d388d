//! What a program needs, written by hand.

pub use frame::{
    Adam, ErrorBudget, Precision, Problem, Representation, Run, Solution, Verdict, Watch, solve,
};
pub use ground::estimate::Estimate;
pub use paths::model::{At, Equation};
pub use paths::problem::DeepBsde;
