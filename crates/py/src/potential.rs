//! A potential on arrays.

use std::path::Path;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};

use esperance::atoms::Labels;
use esperance::atoms::deviation::Deviation;
use esperance::atoms::interchange::{self, Imported, Rules};
use esperance::atoms::plan::{Embeddings, Fast};
use esperance::atoms::potential::Evaluation;
use esperance::frame::Precision;
use esperance::ground::par::{self, ThreadPool};
use esperance::{Result, potentials};
use numpy::{PyArray1, PyArray2, PyArrayMethods as _, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::{raised, spoken, wrong};
use crate::frames::{part, part_matrix};
use frames::{Found, Gathered, Given, Parts, each};

mod frames;

/// A potential and its threads.
#[pyclass(module = "esperance._esperance", frozen)]
pub(crate) struct Model {
    imported: Imported,
    fast: Fast,
    threads: usize,
    /// The pool, once it was needed, and the process it belongs to: threads do not follow a fork.
    pool: Mutex<Option<(u32, Arc<ThreadPool>)>>,
}

/// How a model is to be read and computed.
fn asked(precision: &str, rules: Option<&str>) -> PyResult<(Precision, Option<Rules>)> {
    let precision = match precision {
        "f32" => Precision::F32,
        "f64" => Precision::F64,
        other => return Err(wrong("precision", format!("`{other}`"), "\"f32\" or \"f64\"")),
    };
    let rules = match rules {
        None => None,
        Some("tensorflow") => Some(Rules::TensorFlow),
        Some("numpy" | "pytorch" | "jax") => Some(Rules::NumPy),
        Some(other) => {
            return Err(wrong("rules", format!("`{other}`"), "\"tensorflow\" or \"numpy\""));
        }
    };
    Ok((precision, rules))
}

/// The columns of `model_devi.out` [f, 7], and deviations of the force on each atom [f, n].
type Apart<'py> = (Bound<'py, PyArray2<f64>>, Bound<'py, PyArray2<f64>>);

#[pymethods]
impl Model {
    /// A model in a file.
    #[staticmethod]
    fn open(
        py: Python<'_>,
        path: &str,
        how: (String, bool, usize),
        rules: Option<&str>,
    ) -> PyResult<Self> {
        Self::made(py, how, rules, |rules| potentials::imported(Path::new(path), rules))
    }

    /// A model in bytes, such as a training leaves them.
    #[staticmethod]
    fn of(
        py: Python<'_>,
        bytes: &[u8],
        how: (String, bool, usize),
        rules: Option<&str>,
    ) -> PyResult<Self> {
        Self::made(py, how, rules, |rules| interchange::read("model.dp", bytes, rules))
    }

    /// The models a path stands for: a file is one, a folder of trainings holds several.
    #[staticmethod]
    fn paths(path: &str) -> PyResult<Vec<String>> {
        let all = potentials::models(Path::new(path)).map_err(|e| raised(&e))?;
        if all.is_empty() {
            return Err(raised(&potentials::not_one(Path::new(path), &all)));
        }
        Ok(all.iter().map(|path| path.display().to_string()).collect())
    }

    /// Its bytes as a file of DeePMD-kit of this name.
    fn bytes<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = interchange::write(name, &self.imported.potential);
        Ok(PyBytes::new(py, &bytes.map_err(|e| raised(&e))?))
    }

    /// The names of the species.
    #[getter]
    fn species(&self) -> Vec<String> {
        self.imported.potential.form.species.clone()
    }

    /// The cutoff, Å.
    #[getter]
    fn cutoff(&self) -> f64 {
        self.imported.potential.form.switch.to
    }

    /// What should be known about the file.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.imported.warnings.iter().map(|text| spoken(text)).collect()
    }

    /// The distance of the nearest neighbours in the training data, Å, where the model says it.
    #[getter]
    fn nearest(&self) -> Option<f64> {
        self.imported.potential.nearest
    }

    /// The largest errors of tables of embeddings, and of their slopes; None without tables.
    #[getter]
    fn table_errors(&self) -> Option<(f64, f64)> {
        self.fast.table_errors().map(|[value, slope]| (value, slope))
    }

    /// Energies [f], forces [f, n, 3], virials [f, 3, 3], atomic energies [f, n] and descriptors
    /// [f, n, w] of frames; `types` count the species from 0, `cells` is one for all, or one a frame.
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        types: PyReadonlyArray1<'py, u32>,
        positions: Parts<'py>,
        cells: Option<Parts<'py>>,
        descriptors: bool,
    ) -> PyResult<Found<'py>> {
        let frames = Given::new(&types, positions, cells);
        let mut gathered = Gathered::default();
        each(py, &[self], &frames, descriptors, |k, mut said| {
            let (found, noted) = said.swap_remove(0);
            gathered.add(k, found, &noted);
        })?;
        gathered.arrays(py, (frames.len(), frames.types.len()))
    }

    /// How far models are apart: the seven columns of `model_devi.out` [f, 7], and those of the force on
    /// each atom [f, n]; from their mean, or from labels: energies [f], forces [f, n, 3], virials.
    #[staticmethod]
    fn deviation<'py>(
        py: Python<'py>,
        models: Vec<Bound<'py, Self>>,
        frames: (PyReadonlyArray1<'py, u32>, Parts<'py>, Option<Parts<'py>>),
        labels: Option<(PyReadonlyArray1<'py, f64>, Parts<'py>, Option<Parts<'py>>)>,
    ) -> PyResult<Apart<'py>> {
        let (types, positions, cells) = frames;
        let frames = Given::new(&types, positions, cells);
        let models: Vec<&Self> = models.iter().map(Bound::get).collect();
        let (mut table, mut atoms) = (Vec::new(), Vec::new());
        each(py, &models, &frames, false, |k, said| {
            let all: Vec<Evaluation> = said.into_iter().map(|(found, _)| found).collect();
            let labels = labels.as_ref().map(|(energies, forces, virials)| Labels {
                energy: Some(energies.as_array()[k]),
                forces: Some(part(forces, k)),
                virial: virials.as_ref().map(|virials| part_matrix(virials, k)),
                ..Labels::default()
            });
            let Deviation { virial: v, forces: f, energy, atoms: own } =
                Deviation::of(&all, labels.as_ref());
            table.extend([v.max, v.min, v.mean, f.max, f.min, f.mean, energy]);
            atoms.extend(own);
        })?;
        let (f, n) = (frames.len(), frames.types.len());
        let table = PyArray1::from_vec(py, table).reshape([f, 7])?;
        Ok((table, PyArray1::from_vec(py, atoms).reshape([f, n])?))
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        let pool = self.pool.get_mut().unwrap_or_else(PoisonError::into_inner);
        if pool.as_ref().is_some_and(|(owner, _)| *owner != process::id()) {
            // Threads of another process cannot be told to end.
            std::mem::forget(pool.take());
        }
    }
}

impl Model {
    /// The model that `read` gives, computed as it is asked for.
    fn made(
        py: Python<'_>,
        (precision, table, threads): (String, bool, usize),
        rules: Option<&str>,
        read: impl FnOnce(Option<Rules>) -> Result<Imported> + Send,
    ) -> PyResult<Self> {
        let (precision, rules) = asked(&precision, rules)?;
        let embeddings = if table { Embeddings::Tabulated } else { Embeddings::Networks };
        let made = || {
            let imported = read(rules)?;
            let plan = || Fast::new(&imported.potential, precision, embeddings);
            let fast = par::pool(threads)?.install(plan);
            Ok(Self { imported, fast, threads, pool: Mutex::new(None) })
        };
        py.detach(made).map_err(|e| raised(&e))
    }

    /// The pool of this process.
    fn pool(&self) -> Result<Arc<ThreadPool>> {
        let mut kept = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, pool)) = kept.as_ref().filter(|(owner, _)| *owner == process::id()) {
            return Ok(Arc::clone(pool));
        }
        let pool = Arc::new(par::pool(self.threads)?);
        // Threads of another process cannot be joined here.
        std::mem::forget(kept.replace((process::id(), Arc::clone(&pool))));
        Ok(pool)
    }
}
