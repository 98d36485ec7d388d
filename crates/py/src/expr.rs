//! Formulas as Python handles them: the values that a function of a user is traced with.

use std::panic::{AssertUnwindSafe, catch_unwind};

use esperance::ground::formula::{self, Scope, Shape};
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::errors::{InputError, raised, wrong};

/// A formula.
#[pyclass(module = "esperance._esperance", frozen, eq, hash, from_py_object)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Expr(pub(crate) formula::Expr);

/// The functions of one argument, as the language of formulas names them.
fn unary(name: &str, a: formula::Expr) -> Option<formula::Expr> {
    Some(match name {
        "neg" => -a,
        "exp" => a.exp(),
        "expm1" => a.expm1(),
        "ln" => a.ln(),
        "log1p" => a.log1p(),
        "sqrt" => a.sqrt(),
        "sin" => a.sin(),
        "cos" => a.cos(),
        "tan" => a.tan(),
        "tanh" => a.tanh(),
        "erf" => a.erf(),
        "normcdf" => a.normcdf(),
        "asinh" => a.asinh(),
        "sigmoid" => a.sigmoid(),
        "softplus" => a.softplus(),
        "abs" => a.abs(),
        "sign" => a.sign(),
        "step" => a.step(),
        "relu" => a.relu(),
        "round" => a.round(),
        "floor" => a.floor(),
        "sum" => a.sum(),
        "mean" => a.mean(),
        "smallest" => a.smallest(),
        "largest" => a.largest(),
        "norm" => a.norm(),
        "norm_squared" => a.norm_squared(),
        _ => return None,
    })
}

/// The operations of two arguments.
fn binary(name: &str, a: formula::Expr, b: formula::Expr) -> Option<formula::Expr> {
    Some(match name {
        "add" => a + b,
        "subtract" => a - b,
        "multiply" => a * b,
        "divide" => a / b,
        "power" => a.pow(b),
        "min" => a.min(b),
        "max" => a.max(b),
        "less" => a.less(b),
        "less_equal" => a.less_equal(b),
        "equal" => a.equal(b),
        "dot" => a.dot(b),
        _ => return None,
    })
}

/// What an operation gives; its complaint as an error.
fn tried(work: impl FnOnce() -> Option<formula::Expr>) -> PyResult<Expr> {
    let done = catch_unwind(AssertUnwindSafe(work));
    match done {
        Ok(Some(expr)) => Ok(Expr(expr)),
        Ok(None) => Err(InputError::new_err("there is no such operation on formulas")),
        Err(_) => Err(InputError::new_err("these operands do not fit together")),
    }
}

/// Whether two operands may stand in one componentwise operation.
fn fit(a: formula::Expr, b: formula::Expr) -> PyResult<()> {
    match (a.shape(), b.shape()) {
        (Shape::Vector(m), Shape::Vector(n)) if m != n => Err(InputError::new_err(format!(
            "a vector of {m} and a vector of {n} do not fit together"
        ))),
        _ => Ok(()),
    }
}

#[pymethods]
impl Expr {
    /// A variable: a number, or a vector of `n`.
    #[staticmethod]
    #[pyo3(signature = (name, n=None))]
    fn variable(name: &str, n: Option<usize>) -> PyResult<Self> {
        let shape = match n {
            Some(0) => return Err(wrong(name, "a vector of no components", "At least 1")),
            Some(n) => Shape::Vector(n),
            None => Shape::Scalar,
        };
        Ok(Self(formula::Expr::variable(name, shape)))
    }

    /// The formula that a text stands for; variables with their lengths, None of a number.
    #[staticmethod]
    fn parse(text: &str, variables: Vec<(String, Option<usize>)>) -> PyResult<Self> {
        let add = |scope: Scope, (name, n): (String, Option<usize>)| {
            scope.variable(&name, n.map_or(Shape::Scalar, Shape::Vector))
        };
        let scope = variables.into_iter().fold(Scope::new(), add);
        formula::parse(text, &scope).map(Self).map_err(|e| raised(&e))
    }

    /// A number.
    #[staticmethod]
    fn number(value: f64) -> Self {
        Self(formula::Expr::number(value))
    }

    /// A constant vector.
    #[staticmethod]
    fn vector(values: PyReadonlyArray1<'_, f64>) -> PyResult<Self> {
        let values = values.as_array().to_vec();
        if values.is_empty() {
            return Err(InputError::new_err("a vector has at least one component"));
        }
        Ok(Self(formula::Expr::vector(&values)))
    }

    /// One number in each of `n` components.
    fn repeat(&self, n: usize) -> PyResult<Self> {
        tried(|| (n > 0 && self.0.shape() == Shape::Scalar).then(|| self.0.repeat(n)))
    }

    /// How many components; None for a number.
    #[getter]
    fn length(&self) -> Option<usize> {
        match self.0.shape() {
            Shape::Scalar => None,
            Shape::Vector(n) => Some(n),
        }
    }

    /// The number, if it is one.
    #[getter]
    fn constant(&self) -> Option<f64> {
        self.0.as_number()
    }

    /// A function of one argument.
    fn unary(&self, name: &str) -> PyResult<Self> {
        tried(|| unary(name, self.0))
    }

    /// An operation of two arguments.
    fn binary(&self, name: &str, other: &Self) -> PyResult<Self> {
        fit(self.0, other.0)?;
        tried(|| binary(name, self.0, other.0))
    }

    /// `a` where this is not 0, else `b`.
    fn select(&self, a: &Self, b: &Self) -> PyResult<Self> {
        fit(self.0, a.0)?;
        fit(self.0, b.0)?;
        fit(a.0, b.0)?;
        tried(|| Some(formula::Expr::select(self.0, a.0, b.0)))
    }

    /// Component `i`, from 0.
    fn at(&self, i: usize) -> PyResult<Self> {
        tried(|| (i < self.0.shape().count()).then(|| self.0.at(i)))
    }

    /// Components from `from` to before `to`.
    fn slice(&self, from: usize, to: usize) -> PyResult<Self> {
        tried(|| (from < to && to <= self.0.shape().count()).then(|| self.0.slice(from..to)))
    }

    /// Zeros, and this from `from` on, in a vector of `n`.
    fn embed(&self, from: usize, n: usize) -> PyResult<Self> {
        tried(|| Some(self.0.embed(from, n)))
    }

    /// A constant matrix, row by row, times this.
    fn times_matrix(
        &self,
        rows: usize,
        columns: usize,
        data: PyReadonlyArray1<'_, f64>,
    ) -> PyResult<Self> {
        let data = data.as_array().to_vec();
        let fits = data.len() == rows * columns && self.0.shape().count() == columns;
        tried(|| fits.then(|| self.0.times_matrix(rows, columns, &data)))
    }

    /// The derivative by a variable; of a vector that of the sum of its components.
    fn gradient(&self, by: &Self) -> PyResult<Self> {
        tried(|| Some(self.0.gradient(by.0)))
    }

    /// The values at given values of variables.
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        at: Vec<(Expr, PyReadonlyArray1<'py, f64>)>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let values: Vec<Vec<f64>> = at.iter().map(|(_, own)| own.as_array().to_vec()).collect();
        let all: Vec<(formula::Expr, &[f64])> = at
            .iter()
            .zip(&values)
            .map(|((variable, _), own)| (variable.0, own.as_slice()))
            .collect();
        let found = catch_unwind(AssertUnwindSafe(|| self.0.evaluate(&all)));
        let found =
            found.map_err(|_| InputError::new_err("a variable has no value of its shape"))?;
        Ok(PyArray1::from_vec(py, found))
    }

    /// The names of the variables that occur.
    fn names(&self) -> Vec<String> {
        self.0.variables().into_iter().map(|variable| variable.to_string()).collect()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}
