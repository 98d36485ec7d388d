//! Force matching: a potential whose energies, forces and virials are those of labelled snapshots.
//!
//! ```text
//! l = p_e/N (ΔE)² + p_f ⟨ΔF²⟩ + p_v/N ⟨ΔΞ²⟩ + p_a ⟨Δe_i²⟩    of a snapshot of N atoms; ⟨⟩ over components
//! J = mean of l over a batch of snapshots
//! p(t) = to + (from − to) rate(t)/rate(0)                  every weight follows the rate of the descent
//! ```
//! A term without a label counts nothing. What is drawn is said by [`batches`], what is averaged by
//! [`loss`]; [`on_tape`] is the judge of [`crate::training`].

use std::ops::Range;

use frame::{Batch, Purpose, Schedule};
use ground::stream::Stream;
use ground::{Error, Result};

use crate::model::{Frames, Labels, Snapshot};

pub mod batches;
pub mod loss;
pub mod on_tape;
pub mod statistics;

pub use batches::{Batches, Course, Epoch};
pub use loss::{PerAtom, Weight, Weights};

/// Labelled snapshots of one name: a folder or a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct System {
    /// What messages call it.
    pub name: String,
    /// Its snapshots.
    pub frames: Frames,
}

/// How the embedding networks are computed in training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Embedding {
    /// On the nodes of a grid, between which features are polynomials.
    Nodes,
    /// At every neighbour.
    Networks,
}

/// Find the potential whose J is least.
#[derive(Clone, Debug)]
pub struct ForceMatching {
    /// Species, in the order of types.
    pub species: Vec<String>,
    /// What is learned from: the snapshots of all systems, one after another.
    pub training: Vec<Snapshot>,
    /// Which of them are of each system.
    pub systems: Vec<(String, Range<usize>)>,
    /// What is judged by.
    pub validation: Vec<Snapshot>,
    /// Which snapshots make a batch.
    pub batches: Batches,
    /// Of the terms of the loss.
    pub weights: Weights,
    /// The rate of the descent, which weights follow, and the iterations of the run.
    pub rate: (Schedule, u64),
    /// How embeddings are computed.
    pub embedding: Embedding,
}

impl ForceMatching {
    /// The weights at an iteration.
    pub fn at(&self, iteration: u64) -> loss::Factors {
        let (rate, of) = &self.rate;
        self.weights.at(rate.at(iteration, *of) / rate.start())
    }

    /// The training batches of a run.
    pub fn course(&self, stream: &Stream) -> Course {
        Course::new(self.batches.clone(), self.sizes(), stream)
    }

    /// The snapshots of a batch.
    pub fn drawn(&self, batch: Batch, course: &mut Course) -> Vec<&Snapshot> {
        match batch.purpose {
            Purpose::Training => {
                course.at(batch.step).into_iter().map(|k| &self.training[k]).collect()
            }
            Purpose::Validation => self.look(batch.n),
        }
    }

    /// Atoms of every snapshot, system by system.
    pub fn sizes(&self) -> Vec<Vec<usize>> {
        let sizes = |range: &Range<usize>| {
            self.training[range.clone()].iter().map(Snapshot::len).collect::<Vec<_>>()
        };
        self.systems.iter().map(|(_, range)| sizes(range)).collect()
    }

    /// Snapshots for a look: at most n, evenly from all that are for validation, or from those that are
    /// learned from where there are none.
    pub fn look(&self, n: usize) -> Vec<&Snapshot> {
        let all = if self.validation.is_empty() { &self.training } else { &self.validation };
        let n = n.clamp(1, all.len().max(1));
        (0..n.min(all.len())).map(|k| &all[k * all.len() / n]).collect()
    }

    /// Refuses data that the loss cannot be made of.
    pub fn check(&self) -> Result<()> {
        if self.training.is_empty() {
            return Err(Error::input("problem.data", "there are no frames to learn from"));
        }
        let terms: [(&str, Weight, Has); 4] = [
            ("energy", self.weights.energy, |l| l.energy.is_some()),
            ("force", self.weights.force, |l| l.forces.is_some()),
            ("virial", self.weights.virial, |l| l.virial.is_some()),
            ("atomic-energy", self.weights.atomic, |l| l.atomic_energies.is_some()),
        ];
        if terms.iter().all(|(_, weight, _)| weight.is_zero()) {
            return Err(Error::input("problem.weights", "every weight is 0")
                .allowed("Something must be learned: give energy or force a weight"));
        }
        for (name, weight, has) in terms {
            let key = format!("problem.weights.{name}");
            weight.check(&key)?;
            if !weight.is_zero() && !self.training.iter().any(|s| has(&s.labels)) {
                let found = format!("no frame to learn from has {}", labels(name));
                return Err(Error::input(key, found).allowed("Write 0, or add them to the data"));
            }
        }
        Ok(())
    }
}

/// Whether there is a label.
type Has = fn(&Labels) -> bool;

/// What a term needs, in words.
fn labels(term: &str) -> &'static str {
    match term {
        "energy" => "an energy",
        "force" => "forces",
        "virial" => "a virial",
        _ => "atomic energies",
    }
}
