//! Frames of molecules and crystals, from files to arrays and back.

use std::path::PathBuf;
use std::sync::Arc;

use atoms::cell::Cell;
use atoms::format::{Options, Precision};
use atoms::model::{Labels, Mat3, Snapshot, Vec3, in_frame};
use esperance::frames::{self, Loaded};
use esperance::{Error, Result, atoms, ground};
use ground::par;
use numpy::{
    PyArray1, PyArray2, PyArrayMethods as _, PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArray3,
};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::drive::drive;
use crate::errors::{raised, spoken};

/// The frames of files and folders, a dictionary for each file or system.
#[pyfunction]
#[pyo3(signature = (paths, format=None))]
pub(crate) fn read(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    format: Option<String>,
) -> PyResult<Vec<Bound<'_, PyDict>>> {
    let driven = drive(py, None, false, move |_| {
        let from = format.map(|name| frames::named("format", &name)).transpose()?;
        par::pool(0)?.install(|| frames::read(&paths, from, Options::default()))
    })?;
    if let Some(signal) = driven.signal {
        return Err(signal);
    }
    let all: Result<Vec<Loaded>> = driven.result.unwrap_or_else(|| Err(Error::bug("no frames")));
    all.map_err(|e| raised(&e))?.into_iter().map(|one| system(py, one)).collect()
}

/// The same error about a file to write, whose place is the argument `path`.
fn at_path(mut error: Error) -> Error {
    if let Error::Input(input) = &mut error {
        for text in [&mut input.key, &mut input.found, &mut input.allowed] {
            *text = text.replace("--out", "path");
        }
    }
    error
}

/// Types of frames of one composition, and the array they are in Python.
type Shared<'py> = (Arc<[u32]>, Bound<'py, PyArray1<u32>>);

fn system(py: Python<'_>, loaded: Loaded) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("name", &loaded.name)?;
    dict.set_item("format", loaded.format.name())?;
    dict.set_item("species", &loaded.frames.species)?;
    dict.set_item("numbers", &loaded.numbers)?;
    let warnings: Vec<String> = loaded.warnings.iter().map(|text| spoken(text)).collect();
    dict.set_item("warnings", warnings)?;
    let list = PyList::empty(py);
    let mut last: Option<Shared<'_>> = None;
    for snapshot in loaded.frames.snapshots {
        // Frames of one composition share their types.
        let types = match last.take().filter(|(types, _)| Arc::ptr_eq(types, &snapshot.types)) {
            Some((_, array)) => array,
            None => PyArray1::from_slice(py, &snapshot.types),
        };
        last = Some((Arc::clone(&snapshot.types), types.clone()));
        list.append(frame(py, snapshot, &types)?)?;
    }
    dict.set_item("frames", list)?;
    Ok(dict)
}

/// Rows of three as an array that owns them: nothing is copied.
fn rows(py: Python<'_>, rows: Vec<Vec3>) -> PyResult<Bound<'_, PyArray2<f64>>> {
    let n = rows.len();
    PyArray1::from_vec(py, rows.into_flattened()).reshape([n, 3])
}

fn frame<'py>(
    py: Python<'py>,
    snapshot: Snapshot,
    types: &Bound<'py, PyArray1<u32>>,
) -> PyResult<Bound<'py, PyDict>> {
    let Snapshot { positions, cell, labels, .. } = snapshot;
    let dict = PyDict::new(py);
    dict.set_item("types", types)?;
    dict.set_item("positions", rows(py, positions)?)?;
    if let Some(cell) = cell {
        dict.set_item("cell", rows(py, cell.rows().to_vec())?)?;
    }
    if let Some(energy) = labels.energy {
        dict.set_item("energy", energy)?;
    }
    if let Some(forces) = labels.forces {
        dict.set_item("forces", rows(py, forces)?)?;
    }
    if let Some(virial) = labels.virial {
        dict.set_item("virial", rows(py, virial.to_vec())?)?;
    }
    if let Some(energies) = labels.atomic_energies {
        dict.set_item("atomic_energies", PyArray1::from_vec(py, energies))?;
    }
    Ok(dict)
}

/// Three numbers of each row.
fn vectors(array: &PyReadonlyArray2<'_, f64>) -> Vec<Vec3> {
    let rows = array.as_array();
    // The slice of the view, which is there in the order of C alone: that of PyArray is in Fortran's too.
    if let Some(flat) = rows.as_slice() {
        return flat.as_chunks().0.to_vec();
    }
    rows.outer_iter().map(|row| [row[0], row[1], row[2]]).collect()
}

/// A matrix of three rows.
fn matrix(array: &PyReadonlyArray2<'_, f64>) -> Mat3 {
    let rows = vectors(array);
    [rows[0], rows[1], rows[2]]
}

/// Three numbers of each row of part `k` of [parts, rows, 3].
pub(crate) fn part(array: &PyReadonlyArray3<'_, f64>, k: usize) -> Vec<Vec3> {
    let rows = array.as_array();
    let n = rows.dim().1;
    if let Some(flat) = rows.as_slice() {
        return flat[k * n * 3..(k + 1) * n * 3].as_chunks().0.to_vec();
    }
    (0..n).map(|i| [rows[(k, i, 0)], rows[(k, i, 1)], rows[(k, i, 2)]]).collect()
}

/// The matrix of part `k` of [parts, 3, 3].
pub(crate) fn part_matrix(array: &PyReadonlyArray3<'_, f64>, k: usize) -> Mat3 {
    let rows = part(array, k);
    [rows[0], rows[1], rows[2]]
}

/// Writes frames to a new file or folder; gives what the format has no place for.
#[pyfunction]
pub(crate) fn write(
    py: Python<'_>,
    out: PathBuf,
    format: &str,
    species: Vec<String>,
    all: Vec<Labelled<'_>>,
) -> PyResult<Vec<String>> {
    let said = |error: Error| raised(&at_path(error));
    let format = frames::named("--to", format).map_err(said)?;
    let mut last: Option<Arc<[u32]>> = None;
    let mut of = |one: &Labelled<'_>| -> Result<Snapshot> {
        let (types, positions, cell, energy, forces, virial, atomic_energies) = one;
        // Frames of one composition share their types.
        let types: Vec<u32> = types.as_array().iter().copied().collect();
        let types = last.take().filter(|last| **last == *types).unwrap_or_else(|| types.into());
        last = Some(Arc::clone(&types));
        let labels = Labels {
            energy: *energy,
            forces: forces.as_ref().map(vectors),
            virial: virial.as_ref().map(matrix),
            atomic_energies: atomic_energies.as_ref().map(|a| a.as_array().to_vec()),
            ..Labels::default()
        };
        let cell = cell.as_ref().map(|cell| Cell::new(matrix(cell))).transpose()?;
        Ok(Snapshot { types, positions: vectors(positions), cell, labels })
    };
    let snapshots = all.iter().enumerate().map(|(k, one)| of(one).map_err(|e| in_frame(e, k)));
    let snapshots = snapshots.collect::<Result<_>>().map_err(said)?;
    let frames = atoms::Frames { species, snapshots };
    let written = py.detach(|| {
        frames.check()?;
        esperance::frames::write(&frames, format, Precision::Double, &out)
    });
    written.map_err(said)
}

/// A frame to write: types, positions, cell, energy, forces, virial, atomic energies.
type Labelled<'py> = (
    PyReadonlyArray1<'py, u32>,
    PyReadonlyArray2<'py, f64>,
    Option<PyReadonlyArray2<'py, f64>>,
    Option<f64>,
    Option<PyReadonlyArray2<'py, f64>>,
    Option<PyReadonlyArray2<'py, f64>>,
    Option<PyReadonlyArray1<'py, f64>>,
);
