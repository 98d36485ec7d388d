//! What a program needs, written by hand.

pub use frame::{
    AdaGrad, Adam, Answer, ErrorBudget, GradientFlow, Momentum, Precision, Problem, Representation,
    Run, Solution, Verdict, Watch, solve,
};
pub use ground::estimate::Estimate;
pub use paths::case::Start;
pub use paths::form::{Directions, Form, Free, PerStep, Time};
pub use paths::model::{At, Diffusion, Equation, Parabolic};
pub use paths::origin::Origin;
pub use paths::problem::DeepBsde;
pub use paths::spacing::Spacing;
