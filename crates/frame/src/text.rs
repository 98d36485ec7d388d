//! Formulas and constants as a case file says them.

use ground::formula::{self, Expr, Scope, Shape, parse};
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A formula: text, or a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Text {
    /// In the formula language.
    Formula(String),
    /// A number.
    Number(f64),
}

/// A constant: a number, a vector or a matrix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Constant {
    /// A number.
    Number(f64),
    /// A vector.
    Vector(Vec<f64>),
    /// A matrix, row by row.
    Matrix(Vec<Vec<f64>>),
}

impl Text {
    /// The formula; an error carries the key.
    pub fn read(&self, key: &str, scope: &Scope) -> Result<Expr> {
        match self {
            Self::Number(value) => Ok(Expr::number(finite(key, *value)?)),
            Self::Formula(text) => parse(text, scope).map_err(|e| at_key(e, key)),
        }
    }
}

impl Constant {
    /// The constant under its name, which is none of the reserved ones.
    pub fn read(&self, name: &str, reserved: &[&str]) -> Result<formula::Constant> {
        let key = format!("model.constants.{name}");
        if !is_name(name) || reserved.contains(&name) {
            let known = reserved.join(", ");
            return Err(Error::input(&key, format!("`{name}` cannot be the name of a constant"))
                .allowed(format!("A letter, then letters, digits and _; not {known}")));
        }
        Ok(match self {
            Self::Number(v) => formula::Constant::Number(finite(&key, *v)?),
            Self::Vector(v) if v.is_empty() => {
                return Err(Error::input(&key, "the list is empty").allowed("At least one number"));
            }
            Self::Vector(v) => {
                v.iter().try_for_each(|&v| finite(&key, v).map(|_| ()))?;
                formula::Constant::Vector(v.clone())
            }
            Self::Matrix(rows) => {
                let (columns, data) = flat(&key, rows)?;
                formula::Constant::Matrix { rows: rows.len(), columns, data }
            }
        })
    }
}

/// Whether a text is a letter or _, then letters, digits and _.
pub fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The number, which has to be finite.
pub fn finite(key: &str, value: f64) -> Result<f64> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Error::input(key, format!("`{value}` is not finite")).allowed("A finite number"))
    }
}

/// The number of columns and the numbers of a matrix, row by row.
pub fn flat(key: &str, rows: &[Vec<f64>]) -> Result<(usize, Vec<f64>)> {
    let cols = rows.first().map_or(0, Vec::len);
    if rows.iter().any(|row| row.len() != cols) || cols == 0 {
        return Err(Error::input(key, "the rows of the matrix differ in length, or are empty")
            .allowed("A list of rows of one length"));
    }
    rows.iter().flatten().try_for_each(|&v| finite(key, v).map(|_| ()))?;
    Ok((cols, rows.concat()))
}

/// An error under the key of a case.
pub fn at_key(mut error: Error, key: &str) -> Error {
    if let Error::Input(input) = &mut error {
        key.clone_into(&mut input.key);
    }
    error
}

/// The number of a vector of length 1, such as max(x, 0) for d = 1; any other formula as it is.
pub fn single(formula: Expr) -> Expr {
    if formula.shape() == Shape::Vector(1) { formula.sum() } else { formula }
}
