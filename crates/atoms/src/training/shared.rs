//! What the pieces of a batch share: its frames, the networks at work, and what is asked of them.

use ground::kernel::gram::Pairs;
use ground::kernel::lane::{self, Real};
use ground::{Error, Result, par};

use super::embedded::Embedded;
use super::fitted::Fitted;
use crate::form::DeepPotential;
use crate::model::{Mat3, Snapshot, Vec3};
use crate::neighbours::{self, Grid, Surroundings as _};
use crate::plan::environment::{Octet, Scale};
use crate::problem::loss;

/// What all pieces of a batch share.
pub(super) struct Shared<'a, T: Real> {
    pub(super) form: &'a DeepPotential,
    pub(super) level: lane::Level,
    pub(super) frames: &'a [Frame<'a>],
    /// Embeddings with their weights.
    pub(super) embedded: &'a [(&'a Embedded<T>, &'a [T::Row])],
    pub(super) fitted: &'a [Fitted<T>],
    pub(super) scales: &'a [Scale],
    pub(super) pairs: Pairs,
    /// Rows of a line of features.
    pub(super) stride: usize,
    /// 1/N_c.
    pub(super) by_slots: T,
    /// Eight neighbours that are not there, and the same measured.
    pub(super) nobody: Octet,
    pub(super) nothing: Octet,
    /// Whether every neighbour has a node of its own.
    pub(super) own: bool,
    /// Of all frames.
    pub(super) atoms: usize,
}

impl<T: Real> Shared<'_, T> {
    pub(super) fn fitted(&self, species: usize) -> &Fitted<T> {
        &self.fitted[species]
    }

    /// Nodes of the largest table.
    pub(super) fn most_nodes(&self) -> usize {
        self.embedded.iter().map(|(embedded, _)| embedded.cells + 1).max().unwrap_or(0)
    }
}

/// A snapshot of a batch.
pub(super) struct Frame<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) grid: Grid,
    /// Its first atom among those of the batch.
    pub(super) first: u32,
}

impl<'a> Frame<'a> {
    /// Those of a batch.
    pub(super) fn all(snapshots: &[&'a Snapshot], within: f64) -> Result<Vec<Self>> {
        let grids = par::map(snapshots.len(), |k| {
            neighbours::check(snapshots[k], within)?;
            Ok(Grid::new(snapshots[k], within))
        });
        let mut next = 0;
        let frame = |(&snapshot, grid): (&&'a Snapshot, Result<Grid>)| {
            let first = next;
            next += u32::try_from(snapshot.len()).map_err(|_| Error::bug("2^32 atoms"))?;
            Ok(Self { snapshot, grid: grid?, first })
        };
        snapshots.iter().zip(grids).map(frame).collect()
    }

    /// The atom at a place, among those of the batch.
    pub(super) fn atom(&self, place: u32) -> u32 {
        self.first + u32::try_from(self.grid.atom(place as usize)).expect("fewer than 2^32 atoms")
    }
}

/// What a potential gives of a snapshot.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) energy: f64,
    pub(super) forces: Vec<Vec3>,
    pub(super) virial: Mat3,
    pub(super) atomic: Vec<f64>,
}

impl Found {
    pub(super) fn zeros(frame: &Frame<'_>) -> Self {
        let n = frame.snapshot.len();
        let (forces, atomic) = (vec![[0.0; 3]; n], vec![0.0; n]);
        Self { energy: 0.0, forces, virial: [[0.0; 3]; 3], atomic }
    }

    pub(super) fn view(&self) -> loss::Found<'_> {
        loss::Found {
            energy: self.energy,
            forces: &self.forces,
            virial: self.virial,
            atomic: &self.atomic,
        }
    }
}

/// Derivatives of a number by what a batch gave.
pub(super) struct Pulls {
    /// By the energy of every atom, and by those of all atoms of a species.
    pub(super) energies: Vec<f64>,
    pub(super) species: Vec<f64>,
    /// By every force.
    pub(super) forces: Vec<Vec3>,
    /// By the virial of every frame, where it matters.
    pub(super) virials: Vec<Option<Mat3>>,
}
