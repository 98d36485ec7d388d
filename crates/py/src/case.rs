//! Cases: shipped ones, files, dictionaries; and what is changed in them.

use esperance::cases::{self as files, shipped};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::{failed, raised};
use crate::value;

/// How messages name what was given as an argument.
const SAID: &str = "argument";

/// A case on its way to be solved.
#[pyclass(module = "esperance._esperance")]
#[derive(Clone, Debug)]
pub(crate) struct Case(pub(crate) files::Case);

#[pymethods]
impl Case {
    /// A case file, a training input of DeePMD-kit, or the name of a shipped case.
    #[staticmethod]
    #[pyo3(signature = (case, steps=None))]
    fn open(case: &str, steps: Option<u64>) -> PyResult<Self> {
        let steps = steps.map(|n| n.to_string());
        let case = shipped::open_with(case, steps.as_deref()).map_err(|e| raised(&e))?;
        Ok(Self(case))
    }

    /// The text of a case file.
    #[staticmethod]
    fn parse(name: &str, text: &str) -> PyResult<Self> {
        Ok(Self(files::Case::parse(name, name, text).map_err(|e| raised(&e))?))
    }

    /// Sections as dictionaries.
    #[staticmethod]
    fn of(name: &str, sections: &Bound<'_, PyDict>) -> PyResult<Self> {
        let tables = value::table("", sections)?;
        Ok(Self(files::Case::of_tables(name, tables).map_err(|e| raised(&e))?))
    }

    /// The name.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// What should be known about the file, a sentence each.
    #[getter]
    fn notes(&self) -> Vec<String> {
        self.0.notes.clone()
    }

    /// Applies the overrides of its section `quick`.
    fn quicken(&mut self) -> PyResult<()> {
        self.0.quicken().map_err(|e| raised(&e))
    }

    /// Sets the key `section.key`.
    fn put(&mut self, key: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let value = value::of(key, value)?;
        self.0.put(SAID, key, value).map_err(|e| raised(&e))
    }

    /// The complete case as the text of a case file, every default filled in.
    fn complete(&self) -> PyResult<String> {
        let resolved = files::resolve(self.0.clone()).map_err(|e| {
            let excerpt = self.0.excerpt(&e);
            failed(&esperance::Failure { error: e, excerpt })
        })?;
        resolved.text().map_err(|e| raised(&e))
    }

    /// The cases of a case with a section `sweep`, in order; None where it has none.
    fn swept(&self) -> PyResult<Option<Vec<Case>>> {
        let all = esperance::swept(&self.0).map_err(|e| failed(&e))?;
        Ok(all.map(|all| all.into_iter().map(Case).collect()))
    }
}

/// All shipped cases: family and name.
#[pyfunction]
pub(crate) fn cases() -> Vec<(String, String)> {
    shipped::names()
}

/// What a key means, its default and what may be written; all keys without one.
#[pyfunction]
#[pyo3(signature = (key=None))]
pub(crate) fn explain(key: Option<&str>) -> PyResult<String> {
    esperance::explain(key).map_err(|e| raised(&e))
}
