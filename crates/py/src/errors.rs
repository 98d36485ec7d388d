//! Errors as exceptions, with the sentences of the command.

use esperance::{Error, Failure};
use pyo3::create_exception;
use pyo3::exceptions::{
    PyArithmeticError, PyKeyboardInterrupt, PyOSError, PyRuntimeError, PyValueError,
};
use pyo3::prelude::*;

create_exception!(
    esperance,
    InputError,
    PyValueError,
    "What was given is wrong: what was found, and what is allowed."
);
create_exception!(
    esperance,
    NumericError,
    PyArithmeticError,
    "A number stopped being finite, so there is no answer."
);
create_exception!(
    esperance,
    Interrupted,
    PyKeyboardInterrupt,
    "A run was asked to stop; `solution` is what it had reached."
);

/// The exception of an error.
pub(crate) fn raised(error: &Error) -> PyErr {
    said(error, error.to_string())
}

/// The exception of a failure of a case, with the line it is about.
pub(crate) fn failed(failure: &Failure) -> PyErr {
    said(&failure.error, failure.text())
}

/// Options of the command that sentences of the facade name, and what they are here.
const HERE: [(&str, &str); 9] = [
    ("--set ", ""),
    ("--out", "out"),
    ("--resume", "resume=True"),
    ("--from ", "format="),
    ("--from", "format="),
    ("--rules", "rules="),
    ("--to", "format"),
    ("--steps", "iterations"),
    ("`esperance cases` lists", "es.cases() lists"),
];

/// A sentence of the facade as Python says it.
pub(crate) fn spoken(sentence: &str) -> String {
    HERE.iter().fold(sentence.to_owned(), |text, (there, here)| text.replace(there, here))
}

fn said(error: &Error, text: String) -> PyErr {
    let text = match error {
        Error::Input(_) => spoken(&text),
        _ => text,
    };
    match error {
        Error::Input(_) => InputError::new_err(text),
        Error::Numeric { .. } => NumericError::new_err(text),
        Error::Interrupted { .. } => Interrupted::new_err(text),
        Error::Io { .. } => PyOSError::new_err(text),
        Error::Bug { .. } => PyRuntimeError::new_err(text),
    }
}

/// An input error of the door itself.
pub(crate) fn wrong(key: &str, found: impl Into<String>, allowed: impl Into<String>) -> PyErr {
    raised(&Error::input(key, found).allowed(allowed))
}
