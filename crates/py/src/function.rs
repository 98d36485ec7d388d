//! The trained function of a run, to be asked at points.

use std::sync::{Arc, Mutex, PoisonError};

use esperance::cases;
use esperance::frame::{Checkpoint, Progress, Stop, Table, Trained, Watch};
use esperance::ground::archive::Archive;
use esperance::{Failure, Onlooker as _};
use numpy::{PyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use std::ops::ControlFlow;

use crate::drive::{Watching, drive};
use crate::errors::{failed, raised};

/// A trained function.
#[pyclass(module = "esperance._esperance", frozen)]
pub(crate) struct Function {
    trained: Arc<Mutex<Box<dyn Trained>>>,
    columns: Vec<String>,
}

/// Asks nothing but whether to stop.
struct Asking<'a>(&'a mut Watching);

impl Watch for Asking<'_> {
    fn step(&mut self, _: &mut Progress<'_>) -> esperance::Result<ControlFlow<Stop>> {
        Ok(ControlFlow::Continue(()))
    }

    fn stage(&mut self, what: &str, done: usize, of: usize) -> ControlFlow<()> {
        self.0.stage(what, done, of);
        if self.0.asks_to_stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Names of columns, their numbers row by row, and how many rows.
type Found<'py> = (Vec<String>, Bound<'py, PyArray1<f64>>, usize);

#[pymethods]
impl Function {
    /// The function of a complete case with these parameters.
    #[new]
    fn new(py: Python<'_>, name: &str, case: &str, parameters: &[u8]) -> PyResult<Self> {
        let case = cases::Case::parse(name, name, case).map_err(|e| raised(&e))?;
        let archive = Archive::from_bytes("parameters", parameters).map_err(|e| raised(&e))?;
        let driven = drive(py, None, false, move |_| {
            let resolved = cases::resolve(case).map_err(Failure::from)?;
            esperance::trained(&resolved, &Checkpoint(archive))
        })?;
        let trained = driven.or_signal()?.map_err(|failure| failed(&failure))?;
        let columns = trained.columns();
        Ok(Self { trained: Arc::new(Mutex::new(trained)), columns })
    }

    /// The columns of a table of points.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.columns.clone()
    }

    /// What is found at points, a row each, in columns: the points first.
    fn at<'py>(
        &self,
        py: Python<'py>,
        columns: Vec<String>,
        points: PyReadonlyArray2<'py, f64>,
    ) -> PyResult<Found<'py>> {
        let rows = points.as_array().outer_iter().map(|row| row.to_vec()).collect();
        let points = Table { columns, rows };
        let trained = Arc::clone(&self.trained);
        let driven = drive(py, None, false, move |watching| {
            let mut trained = trained.lock().unwrap_or_else(PoisonError::into_inner);
            trained.at_points(&points, &mut Asking(watching))
        })?;
        let found = driven.or_signal()?.map_err(|error| raised(&error))?;
        let n = found.rows.len();
        Ok((found.columns, PyArray1::from_vec(py, found.rows.concat()), n))
    }
}
