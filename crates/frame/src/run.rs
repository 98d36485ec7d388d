//! How long, how many, which seed.

use ground::kernel::lane::{self, Level};

use crate::checkpoint::Checkpoint;
use crate::params::Precision;

/// Everything about a run that is neither problem, form nor descent.
#[derive(Clone, Debug)]
pub struct Run {
    /// Moves of the descent.
    pub iterations: u64,
    /// Draws a move.
    pub batch: usize,
    /// The seed of all streams.
    pub seed: u64,
    /// Threads to use; nothing but the time depends on it.
    pub threads: usize,
    /// Of paths, networks and parameters.
    pub precision: Precision,
    /// The training value at which the descent ends before its last move. For a problem whose batches are
    /// the whole sample: any other must not be judged by the batch it has just learned from.
    pub until: Option<f64>,
    /// Moves between two looks at the validation value.
    pub look_every: u64,
    /// Draws of a look.
    pub look: usize,
    /// Fresh draws for the answer.
    pub fresh: usize,
    /// Where to go on from.
    pub resume: Option<Checkpoint>,
    /// Parameters to start from instead of the form's own start.
    pub init: Option<Checkpoint>,
    /// The instructions to use: those of the machine, or weaker ones for tests.
    pub vector: Vector,
}

/// Which vector instructions to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vector {
    /// The best of the machine.
    #[default]
    Native,
    /// AVX2 at most.
    Avx2,
    /// None: plain loops.
    Portable,
}

impl Vector {
    /// The instructions meant; the best of the machine where it lacks them.
    pub fn level(self) -> Level {
        let named = match self {
            Self::Native => None,
            Self::Avx2 => lane::level_named("avx2"),
            Self::Portable => lane::level_named("portable"),
        };
        named.unwrap_or_else(lane::level)
    }
}

impl Run {
    /// A run of so many moves: batches of 64, seed 1, two threads, single precision, 20 looks,
    /// 60 000 fresh draws.
    pub fn new(iterations: u64) -> Self {
        Self {
            iterations,
            batch: 64,
            seed: 1,
            threads: 2,
            precision: Precision::F32,
            until: None,
            look_every: (iterations / 20).max(1),
            look: 1024,
            fresh: 60_000,
            resume: None,
            init: None,
            vector: Vector::Native,
        }
    }

    /// Another seed.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// So many draws a move.
    pub fn batch(self, batch: usize) -> Self {
        Self { batch, ..self }
    }

    /// So many fresh draws for the answer.
    pub fn fresh(self, fresh: usize) -> Self {
        Self { fresh, ..self }
    }

    /// So many threads.
    pub fn threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// Another precision.
    pub fn precision(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }

    /// Until the training value is so small.
    pub fn until(self, value: f64) -> Self {
        Self { until: Some(value), ..self }
    }

    /// Other instructions.
    pub fn vector(self, vector: Vector) -> Self {
        Self { vector, ..self }
    }
}
