//! Cases solved, and what became of them as dictionaries.

use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::sync::{Mutex, PoisonError};

use esperance::frame::{Checkpoint, Trace};
use esperance::ground::archive::Archive;
use esperance::{Failure, Place, Solved, solve_case, trained_in};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::case::Case;
use crate::drive::{Driven, await_rest, drive};
use crate::errors::{failed, raised};

/// What became of a run, made on its own thread: nothing of Python in it.
struct Outcome {
    object: String,
    text: String,
    case: String,
    name: String,
    family: String,
    why: Option<String>,
    word: String,
    trace: Trace,
    top: Option<String>,
    figures: String,
    parameters: Option<Vec<u8>>,
    goes_on: bool,
    paths: Vec<(String, Vec<usize>, Vec<f64>)>,
    files: Vec<(String, Vec<u8>)>,
}

impl Outcome {
    fn of(solved: Solved) -> esperance::Result<Self> {
        let bytes = solved.trained.as_ref().map(|Checkpoint(archive)| archive.to_bytes());
        let (mut paths, mut files) = (Vec::new(), Vec::new());
        if let Some(answer) = &solved.answer {
            let named = answer.paths().into_iter();
            paths.extend(named.map(|one| (one.name.to_owned(), one.shape, one.numbers.to_vec())));
            files.extend(answer.files()?.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)));
        }
        let unwritten = |e: serde_json::Error| esperance::Error::bug(e.to_string());
        Ok(Self {
            object: serde_json::to_string(&solved.object).map_err(unwritten)?,
            case: solved.resolved.text()?,
            name: solved.resolved.case.name.clone(),
            family: solved.resolved.family().name().to_owned(),
            why: solved.verdict.as_ref().map(ToString::to_string),
            word: solved.word().to_owned(),
            top: solved.top(),
            figures: serde_json::to_string(solved.figures()).map_err(unwritten)?,
            parameters: bytes.transpose()?,
            goes_on: solved.goes_on(),
            text: solved.text,
            trace: solved.trace,
            paths,
            files,
        })
    }

    fn into_dict(self, py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("object", self.object)?;
        dict.set_item("text", self.text)?;
        dict.set_item("case", self.case)?;
        dict.set_item("name", self.name)?;
        dict.set_item("family", self.family)?;
        dict.set_item("why", self.why)?;
        dict.set_item("verdict", self.word)?;
        dict.set_item("trace", columns(py, &self.trace)?)?;
        dict.set_item("top", self.top)?;
        dict.set_item("figures", self.figures)?;
        dict.set_item("parameters", self.parameters.map(|bytes| PyBytes::new(py, &bytes)))?;
        dict.set_item("goes_on", self.goes_on)?;
        let paths = PyDict::new(py);
        for (name, shape, numbers) in self.paths {
            paths.set_item(name, (PyArray1::from_vec(py, numbers), shape))?;
        }
        dict.set_item("paths", paths)?;
        let files = PyDict::new(py);
        for (name, bytes) in self.files {
            files.set_item(name, PyBytes::new(py, &bytes))?;
        }
        dict.set_item("files", files)?;
        Ok(dict)
    }
}

/// The looks of a run, an array a column.
fn columns<'py>(py: Python<'py>, trace: &Trace) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let looks = &trace.looks;
    dict.set_item("iteration", PyArray1::from_iter(py, looks.iter().map(|l| l.iteration)))?;
    dict.set_item("training", PyArray1::from_iter(py, looks.iter().map(|l| l.training)))?;
    dict.set_item("validation", PyArray1::from_iter(py, looks.iter().map(|l| l.validation.mean)))?;
    dict.set_item("stderr", PyArray1::from_iter(py, looks.iter().map(|l| l.validation.stderr)))?;
    for name in &trace.told {
        dict.set_item(name, PyArray1::from_vec(py, trace.column(name).unwrap_or_default()))?;
    }
    Ok(dict)
}

/// A run that was asked to stop and was not waited for.
#[pyclass(module = "esperance._esperance", frozen)]
pub(crate) struct Pending(Mutex<Option<Receiver<Ran>>>);

/// What a run sends when it ends.
type Ran = Result<Outcome, Failure>;

#[pymethods]
impl Pending {
    /// What it had reached, once its iteration is over; None where that is nothing.
    fn wait<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(take) = kept().take() else { return Ok(None) };
        match await_rest(py, take) {
            Ok(Some(Ok(outcome))) => outcome.into_dict(py).map(Some),
            Ok(_) => Ok(None),
            Err((signal, take)) => {
                *kept() = Some(take);
                Err(signal)
            }
        }
    }
}

/// An outcome, a run that is not waited for, and what a signal raised; each may be None.
type Ended<'py> = (Option<Bound<'py, PyDict>>, Option<Pending>, Option<Bound<'py, PyAny>>);

/// Solves a case. `parameters` is the state to go on from, `out` a folder, new unless `again`.
#[pyfunction]
#[pyo3(signature = (case, out=None, again=false, parameters=None, told=None))]
pub(crate) fn solve<'py>(
    py: Python<'py>,
    case: &Case,
    out: Option<PathBuf>,
    again: bool,
    parameters: Option<&[u8]>,
    told: Option<&Bound<'py, PyAny>>,
) -> PyResult<Ended<'py>> {
    let case = case.0.clone();
    let from = parameters.map(|bytes| Archive::from_bytes("parameters", bytes).map(Checkpoint));
    let from = from.transpose().map_err(|e| raised(&e))?;
    let keeps = out.is_some();
    let driven = drive(py, told, keeps, move |watching| {
        let place = match &out {
            None => Place::Memory(from),
            Some(out) if again => Place::Again(out),
            Some(out) => Place::New(out),
        };
        let solved = solve_case(case, place, watching)?;
        Outcome::of(solved).map_err(Failure::from)
    })?;
    let Driven { result, rest, signal } = driven;
    let signal = signal.map(|error| error.into_value(py).into_bound(py).into_any());
    let pending = rest.map(|take| Pending(Mutex::new(Some(take))));
    match result {
        None => Ok((None, pending, signal)),
        Some(Ok(outcome)) => Ok((Some(outcome.into_dict(py)?), None, signal)),
        // An interruption that was heard before there was anything to keep.
        Some(Err(_)) if signal.is_some() => Ok((None, None, signal)),
        Some(Err(failure)) => Err(failed(&failure)),
    }
}

/// A finished run of a folder.
#[pyfunction]
pub(crate) fn load(py: Python<'_>, folder: PathBuf) -> PyResult<Bound<'_, PyDict>> {
    let outcome = py.detach(|| {
        let solved = trained_in(&folder, &mut ())?;
        Outcome::of(solved).map_err(Failure::from)
    });
    outcome.map_err(|failure| failed(&failure))?.into_dict(py)
}
