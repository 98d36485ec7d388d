//! Between what numbers an optimum lies that nobody knows: a policy from one side, foresight from the other.
//!
//! ```text
//! lower (of a reward)   the policy's reward on a path, less a control variate of mean zero
//! upper                 the best that somebody reaches who knows the path beforehand, less a penalty whose mean
//!                       is zero for everyone who does not, and less the same control variate [BSS10]
//! ```
//! The policy's own plan is one of those that foresight chooses from, so upper ≥ lower path by path, and the
//! error of the gap is small. The bounds hold for any guess V̂ of the value function; a good one makes them near.

use std::fmt::Debug;

use ground::Result;
use ground::estimate::Estimate;

pub mod storage;

/// What the guess V̂ of the value function is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// A table of a smaller problem.
    Table,
    /// Paths of the policy: what was earned from each step on, and its derivatives.
    Learned,
}

impl Guess {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Learned => "learned",
        }
    }
}

/// A path of a policy.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// s_t, t ≤ T.
    pub states: Vec<Vec<f64>>,
    /// a_t, t < T.
    pub actions: Vec<Vec<f64>>,
}

/// A path of a policy with what came of it, in the sense of the model: a reward counts as it is.
#[derive(Clone, Debug, Default)]
pub struct Lived {
    /// s_t, t ≤ T.
    pub states: Vec<Vec<f64>>,
    /// What each step earned, t < T; the last one with the end.
    pub amounts: Vec<f64>,
    /// The derivative by s_t of what is earned from t on, 1 ≤ t < T; at 0 it is empty.
    pub slopes: Vec<Vec<f64>>,
}

/// What a path says of the optimum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Said {
    /// What the policy earned.
    pub earned: f64,
    /// The control variate.
    pub control: f64,
    /// What penalised foresight earns.
    pub upper: f64,
    /// What foresight earns without a penalty.
    pub foresight: f64,
}

/// Foresight with a guess: what it says of paths.
pub trait Relaxation: Debug + Send + Sync {
    /// What a path says.
    fn of_path(&self, path: &Made) -> Result<Said>;
}

/// A guess that is being learned.
pub trait Learner: Debug + Send + Sync {
    /// Paths that it asks for.
    fn paths(&self) -> usize;
    /// Keeps what it needs of some of them, in their order.
    fn hear(&mut self, paths: &[Lived]);
    /// Foresight with what was learned.
    fn learned(self: Box<Self>) -> Result<Box<dyn Relaxation>>;
}

/// How a model relaxes what may be known, with either guess.
pub trait Relaxed {
    /// Whether there is a table of a size to be had.
    fn has_table(&self) -> bool;
    /// With that table; none without.
    fn tabled(&self) -> Option<Box<dyn Relaxation>>;
    /// With what is learned on paths of the policy.
    fn learner(&self) -> Box<dyn Learner>;
}

/// Bounds of the optimum, all on the same paths.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The policy.
    pub lower: Estimate,
    /// Penalised foresight.
    pub upper: Estimate,
    /// Their difference.
    pub gap: Estimate,
    /// Foresight without a penalty.
    pub foresight: Estimate,
    /// The least gap of a path, as a share of the mean: not below 0 but for rounding.
    pub least: f64,
    /// What the guess was made of.
    pub guess: Guess,
}

impl Bounds {
    /// The bounds that some paths say; none without paths.
    pub fn of(said: &[Said], guess: Guess) -> Option<Self> {
        if said.is_empty() {
            return None;
        }
        let mean =
            |of: &dyn Fn(&Said) -> f64| Estimate::of(&said.iter().map(of).collect::<Vec<_>>());
        let lower = mean(&|s| s.earned - s.control);
        let gap = |s: &Said| s.upper - s.control - (s.earned - s.control);
        let least = said.iter().map(gap).fold(f64::INFINITY, f64::min);
        Some(Self {
            lower,
            upper: mean(&|s| s.upper - s.control),
            gap: mean(&gap),
            foresight: mean(&|s| s.foresight - s.control),
            least: least / lower.mean.abs(),
            guess,
        })
    }
}
