//! The data of a case: systems in terms of one list of species, to learn from and to judge by.

use std::ops::Range;

use ground::stream::Stream;
use ground::{Error, Result};

use super::{Model, Start};
use crate::model::{Frames, Snapshot};
use crate::problem::{Epoch, System};

/// What the door read.
#[derive(Clone, Debug, Default)]
pub struct Data {
    /// To learn from.
    pub training: Vec<System>,
    /// To judge by.
    pub validation: Vec<System>,
    /// The share of the training frames to judge by where there is no validation.
    pub held_out: f64,
    /// The seed by which they are set aside, and what is new in a potential is drawn.
    pub seed: u64,
    /// The potential to start from, if there is one.
    pub start: Option<Start>,
}

/// Data in terms of the species of a case.
#[derive(Clone, Debug, Default)]
pub struct Parted {
    /// The species.
    pub species: Vec<String>,
    /// To learn from, system by system.
    pub training: Vec<Snapshot>,
    /// Which are of each system.
    pub systems: Vec<(String, Range<usize>)>,
    /// To judge by.
    pub validation: Vec<Snapshot>,
}

impl Data {
    /// The same in terms of the species of a model, or of those that appear where it names none.
    pub fn of_species(self, model: &Model) -> Result<Parted> {
        let mut species = model.species.clone();
        if let Some(twice) = (1..species.len()).find(|&k| species[..k].contains(&species[k])) {
            let found = format!("`{}` stands there twice", species[twice]);
            return Err(Error::input("model.species", found).allowed("Name each species once"));
        }
        if species.is_empty() {
            for name in self.training.iter().flat_map(|system| &system.frames.species) {
                if !species.contains(name) {
                    species.push(name.clone());
                }
            }
            if let Some(start) = &self.start {
                species = start.species(&species)?;
            }
        }
        let mut parted = Parted { species, ..Parted::default() };
        let aside = self.set_aside();
        let mut seen = 0;
        for system in self.training {
            let name = system.name.clone();
            let frames = named(system, &parted.species)?;
            let first = parted.training.len();
            for snapshot in frames.snapshots {
                let to = if aside.contains(&seen) {
                    &mut parted.validation
                } else {
                    &mut parted.training
                };
                to.push(snapshot);
                seen += 1;
            }
            parted.systems.push((name, first..parted.training.len()));
        }
        for system in self.validation {
            parted.validation.extend(named(system, &parted.species)?.snapshots);
        }
        Ok(parted)
    }

    /// The frames set aside: their places among all training frames.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of them")]
    fn set_aside(&self) -> std::collections::BTreeSet<usize> {
        let n: usize = self.training.iter().map(|system| system.frames.len()).sum();
        let held_out = if self.validation.is_empty() { self.held_out } else { 0.0 };
        let count = (n as f64 * held_out).round() as usize;
        let order = Epoch::new(n, 0, &Stream::new(self.seed).child("held out"));
        (0..count.min(n.saturating_sub(1))).map(|k| order.at(k)).collect()
    }
}

fn named(system: System, species: &[String]) -> Result<Frames> {
    system.frames.in_terms_of(species).map_err(|error| error.in_file(&system.name))
}

impl Parted {
    /// Atoms of every training snapshot, system by system.
    pub fn sizes(&self) -> Vec<Vec<usize>> {
        let sizes = |range: &Range<usize>| {
            self.training[range.clone()].iter().map(Snapshot::len).collect::<Vec<_>>()
        };
        self.systems.iter().map(|(_, range)| sizes(range)).collect()
    }

    /// All snapshots.
    pub fn all(&self) -> Vec<&Snapshot> {
        self.training.iter().chain(&self.validation).collect()
    }
}
