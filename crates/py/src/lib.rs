//! Esperance for Python: the narrow door between the two languages.
//!
//! Everything here is private to the package `esperance`, whose Python files hold the names that people
//! use, their documentation and their types. Numbers cross as arrays that own what Rust has made;
//! everything else as text, bytes and dictionaries, so that what Python keeps can be pickled.
#![allow(clippy::needless_pass_by_value, reason = "Python hands its values over")]
#![allow(clippy::too_many_arguments, reason = "arguments of Python have names")]
#![allow(clippy::disallowed_methods, reason = "a door: it waits, and reads the clock for it")]

mod case;
mod drive;
mod errors;
mod expr;
mod frames;
mod function;
mod outcome;
mod potential;
mod value;

use pyo3::prelude::*;

#[pymodule]
mod _esperance {
    #[pymodule_export]
    use crate::case::{Case, cases, explain};
    #[pymodule_export]
    use crate::errors::{InputError, Interrupted, NumericError};
    #[pymodule_export]
    use crate::expr::Expr;
    #[pymodule_export]
    use crate::frames::{read, write};
    #[pymodule_export]
    use crate::function::Function;
    #[pymodule_export]
    use crate::outcome::{Pending, load, solve};
    #[pymodule_export]
    use crate::potential::Model;

    use pyo3::prelude::*;

    /// The command: the exit code of what the words say.
    #[pyfunction]
    fn main(py: Python<'_>, words: Vec<String>) -> u8 {
        py.detach(|| esperance::command(words))
    }

    /// `4.5902(3)`: a value with its standard error in units of the last digit.
    #[pyfunction]
    fn estimate(value: f64, error: f64) -> String {
        ground::estimate::Estimate { mean: value, stderr: error, n: 0 }.to_string()
    }

    /// Of an interruption without a run there is no solution.
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.getattr("Interrupted")?.setattr("solution", module.py().None())
    }

    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "the name Python uses")]
    const __version__: &str = esperance::VERSION;
}
