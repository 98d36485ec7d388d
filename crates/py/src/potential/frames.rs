//! Frames of one composition, evaluated while Python listens for Ctrl-C.

use std::sync::Arc;

use esperance::Result;
use esperance::atoms::cell::Cell;
use esperance::atoms::model::in_frame;
use esperance::atoms::plan::Noted;
use esperance::atoms::potential::Evaluation;
use esperance::atoms::{Labels, Snapshot};
use esperance::ground::par;
use numpy::{
    PyArray1, PyArray2, PyArray3, PyArrayMethods as _, PyReadonlyArray1, PyReadonlyArray3,
};
use pyo3::prelude::*;

use super::Model;
use crate::errors::raised;
use crate::frames::{part, part_matrix};

/// Atoms up to which a frame is the work of one thread.
const ALONE: usize = 48;

/// About so many atoms are evaluated between two looks at signals.
const AT_ONCE: usize = 2048;

/// Cells, forces or virials of frames: [f, 3, 3] or [f, n, 3].
pub(super) type Parts<'py> = PyReadonlyArray3<'py, f64>;

/// Frames of one composition as arrays of Python hold them.
pub(super) struct Given<'py> {
    pub(super) types: Arc<[u32]>,
    positions: Parts<'py>,
    cells: Option<Parts<'py>>,
}

impl<'py> Given<'py> {
    pub(super) fn new(
        types: &PyReadonlyArray1<'py, u32>,
        positions: Parts<'py>,
        cells: Option<Parts<'py>>,
    ) -> Self {
        Self { types: types.as_array().iter().copied().collect(), positions, cells }
    }

    pub(super) fn len(&self) -> usize {
        self.positions.as_array().dim().0
    }

    /// Frame `k`, with a sound number of everything.
    fn snapshot(&self, k: usize, species: usize) -> Result<Snapshot> {
        let cell = |cells: &Parts<'py>| {
            let own = if cells.as_array().dim().0 == 1 { 0 } else { k };
            Cell::new(part_matrix(cells, own))
        };
        let snapshot = Snapshot {
            types: Arc::clone(&self.types),
            positions: part(&self.positions, k),
            cell: self.cells.as_ref().map(cell).transpose()?,
            labels: Labels::default(),
        };
        snapshot.check(species)?;
        Ok(snapshot)
    }
}

/// What one model says of a frame.
pub(super) type Said = (Evaluation, Noted);

/// What every model says of each frame, in order.
pub(super) fn each(
    py: Python<'_>,
    models: &[&Model],
    frames: &Given<'_>,
    descriptors: bool,
    mut take: impl FnMut(usize, Vec<Said>),
) -> PyResult<()> {
    let (count, n) = (frames.len(), frames.types.len());
    let about = |k: usize| move |e| if count > 1 { in_frame(e, k) } else { e };
    let said = |e| raised(&e);
    let species = models[0].imported.potential.form.species.len();
    let size = (AT_ONCE / n.max(1)).max(1);
    for first in (0..count).step_by(size) {
        if first > 0 {
            py.check_signals()?;
        }
        let some = size.min(count - first);
        let made = (first..first + some).map(|k| frames.snapshot(k, species).map_err(about(k)));
        let snapshots: Vec<Snapshot> = made.collect::<Result<_>>().map_err(said)?;
        let one = |k: usize| -> Result<Vec<Said>> {
            let all = models.iter().map(|model| model.fast.evaluate(&snapshots[k], descriptors));
            all.collect::<Result<_>>().map_err(about(first + k))
        };
        let all: Result<Vec<Vec<Said>>> = py.detach(|| {
            if some == 1 && n <= ALONE {
                return Ok(vec![one(0)?]);
            }
            models[0].pool()?.install(|| par::map(some, one)).into_iter().collect()
        });
        for (k, found) in all.map_err(said)?.into_iter().enumerate() {
            take(first + k, found);
        }
    }
    Ok(())
}

/// Energies, forces, virials, atomic energies, descriptors; atoms that are closer than any in the
/// training data as (frame, atom, Å); how many atoms have more neighbours than the model's `sel`.
pub(super) type Found<'py> = (
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray3<f64>>,
    Bound<'py, PyArray3<f64>>,
    Bound<'py, PyArray2<f64>>,
    Option<Bound<'py, PyArray3<f64>>>,
    Vec<(usize, usize, f64)>,
    usize,
);

/// What was found, frame after frame.
#[derive(Default)]
pub(super) struct Gathered {
    energies: Vec<f64>,
    forces: Vec<[f64; 3]>,
    virials: Vec<[f64; 3]>,
    atomic_energies: Vec<f64>,
    descriptors: Option<Vec<f64>>,
    close: Vec<(usize, usize, f64)>,
    crowded: usize,
}

impl Gathered {
    pub(super) fn add(&mut self, frame: usize, found: Evaluation, noted: &Noted) {
        self.energies.push(found.energy);
        self.virials.extend(found.virial);
        // What is alone is moved.
        if frame == 0 {
            self.forces = found.forces;
            self.atomic_energies = found.atomic_energies;
        } else {
            self.forces.extend(found.forces);
            self.atomic_energies.extend(found.atomic_energies);
        }
        if let Some(own) = found.descriptors {
            self.descriptors.get_or_insert_default().extend(own.into_iter().flatten());
        }
        self.close.extend(noted.close.iter().map(|&(atom, r)| (frame, atom, r)));
        self.crowded += noted.crowded;
    }

    /// As arrays that own what was found.
    pub(super) fn arrays(self, py: Python<'_>, (f, n): (usize, usize)) -> PyResult<Found<'_>> {
        let shaped = |flat: Vec<f64>, shape| PyArray1::from_vec(py, flat).reshape(shape);
        let descriptors = self.descriptors.map(|flat| {
            let width = flat.len() / (f * n).max(1);
            shaped(flat, [f, n, width])
        });
        Ok((
            PyArray1::from_vec(py, self.energies),
            shaped(self.forces.into_flattened(), [f, n, 3])?,
            shaped(self.virials.into_flattened(), [f, 3, 3])?,
            PyArray1::from_vec(py, self.atomic_energies).reshape([f, n])?,
            descriptors.transpose()?,
            self.close,
            self.crowded,
        ))
    }
}
