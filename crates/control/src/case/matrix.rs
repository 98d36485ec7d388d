//! Matrices of a case: a number, a diagonal, rows, or a pattern that grows with the dimension.

use ground::array::Array;
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A matrix: a number (times the identity), a list (the diagonal), a list of rows, or { diagonal, above,
/// below, all, decay } for a pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Matrix {
    /// Times the identity.
    Number(f64),
    /// The diagonal.
    Diagonal(Vec<f64>),
    /// Row by row.
    Rows(Vec<Vec<f64>>),
    /// A pattern.
    Pattern(Pattern),
}

/// M_ij = scale (diagonal δ_ij + above δ_{i+1,j} + below δ_{i,j+1} + all + decay e^{−|i−j|}).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Pattern {
    /// Of the sum below. Default: 1.
    pub scale: f64,
    /// On the diagonal. Default: 0.
    pub diagonal: f64,
    /// Just above the diagonal. Default: 0.
    pub above: f64,
    /// Just below the diagonal. Default: 0.
    pub below: f64,
    /// Everywhere. Default: 0.
    pub all: f64,
    /// Times e^{−|i−j|}, everywhere. Default: 0.
    pub decay: f64,
    /// Times cos(i + 2j), i and j counted from 0, everywhere. Default: 0.
    pub cosine: f64,
}

impl Default for Pattern {
    fn default() -> Self {
        Self {
            scale: 1.0,
            diagonal: 0.0,
            above: 0.0,
            below: 0.0,
            all: 0.0,
            decay: 0.0,
            cosine: 0.0,
        }
    }
}

impl Pattern {
    fn at(&self, i: usize, j: usize) -> f64 {
        let on = |here: bool, x: f64| if here { x } else { 0.0 };
        let sum = on(i == j, self.diagonal)
            + on(i + 1 == j, self.above)
            + on(i == j + 1, self.below)
            + self.all
            + self.decay * (-(i.abs_diff(j) as f64)).exp()
            + self.cosine * ((i + 2 * j) as f64).cos();
        self.scale * sum
    }
}

impl Matrix {
    /// The matrix of this shape; errors carry the key.
    pub fn of(&self, key: &str, [rows, columns]: [usize; 2]) -> Result<Array> {
        let wrong = |found: String| {
            Error::input(key, found).allowed(format!(
                "Write {rows} rows of {columns} numbers, a pattern such as {{ diagonal = 1.0 }}, or, for a \
                 square matrix, a number or {rows} numbers of the diagonal"
            ))
        };
        let found = match self {
            Self::Number(x) if rows == columns => Array::eye(rows) * *x,
            Self::Number(_) => {
                return Err(wrong("one number makes no matrix that is not square".to_owned()));
            }
            Self::Diagonal(list) if rows == columns && list.len() == rows => {
                Array::from_shape_fn((rows, columns), |(i, j)| if i == j { list[i] } else { 0.0 })
            }
            Self::Diagonal(list) => return Err(wrong(format!("a list of {} numbers", list.len()))),
            Self::Rows(list) => {
                if list.len() != rows {
                    return Err(wrong(format!("{} rows", list.len())));
                }
                if let Some(k) = list.iter().position(|row| row.len() != columns) {
                    return Err(wrong(format!("row {} has {} numbers", k + 1, list[k].len())));
                }
                Array::from_shape_fn((rows, columns), |(i, j)| list[i][j])
            }
            Self::Pattern(pattern) => {
                Array::from_shape_fn((rows, columns), |(i, j)| pattern.at(i, j))
            }
        };
        if found.iter().all(|x| x.is_finite()) {
            Ok(found)
        } else {
            Err(wrong("a number is not finite".to_owned()))
        }
    }

    /// The same where it must be symmetric.
    pub fn symmetric(&self, key: &str, n: usize) -> Result<Array> {
        let found = self.of(key, [n, n])?;
        for ((i, j), &x) in found.indexed_iter() {
            let other = found[[j, i]];
            if (x - other).abs() > 1e-12 * (x.abs() + other.abs()) {
                let said = format!(
                    "entry {}, {} is {x}, entry {}, {} is {other}",
                    i + 1,
                    j + 1,
                    j + 1,
                    i + 1
                );
                return Err(Error::input(key, said).allowed("This matrix must be symmetric"));
            }
        }
        Ok(found)
    }

    /// The same where it must be symmetric and positive definite.
    pub fn positive(&self, key: &str, n: usize) -> Result<Array> {
        let found = self.symmetric(key, n)?;
        if ground::linalg::cholesky(&found).is_err() {
            return Err(Error::input(key, "this matrix is not positive definite")
                .allowed("All of its eigenvalues must be above 0"));
        }
        Ok(found)
    }
}
