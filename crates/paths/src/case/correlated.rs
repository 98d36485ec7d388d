//! Volatilities and their correlation, and matrices kept in files: sections of a case file.
//!
//! ```text
//! σ = diag(v(t, x)) L,   L Lᵀ = ρ,   L lower triangular with rows of length 1
//! ```
//! ρ `[d, d]` symmetric and positive definite with ones on its diagonal, or one number ρ off it: then
//! its eigenvalues are 1 − ρ and 1 + (d − 1) ρ. A constant v makes σ a constant matrix.

use ground::formula::{Expr, Scope, Shape, parse};
use ground::{Error, Result, array, linalg};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{at_key, finite, flat};
use crate::model::Diffusion;

/// How far a correlation matrix may be from symmetric, and its diagonal from 1: what is lost where
/// numbers are written with nine digits.
const ROUNDING: f64 = 1e-8;

/// σ = diag(v) L: volatilities v, and L with L Lᵀ the correlation matrix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Correlated {
    /// v: a number, a list, or a formula of t and x that gives a number or a vector, such as
    /// "0.2 * x".
    pub volatility: Volatility,
    /// ρ, the correlation of the noise of the components: symmetric and positive definite, with ones
    /// on the diagonal; a number is that of all pairs.
    pub correlation: Correlation,
}

/// Volatilities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Volatility {
    /// In the formula language.
    Formula(String),
    /// The same for every component.
    Number(f64),
    /// Component by component.
    List(Vec<f64>),
}

/// A correlation matrix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Correlation {
    /// The same for every pair.
    Number(f64),
    /// Row by row.
    Matrix(Vec<Vec<f64>>),
    /// In a file.
    File(MatrixFile),
}

/// A matrix in a file of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MatrixFile {
    /// The matrix, d rows of d numbers: a CSV file with or without a line of names, or a NumPy file
    /// (.npy) of type f8 or f4. Its path begins at the folder of the case file.
    pub file: String,
}

impl MatrixFile {
    /// Whoever reads a case replaces files by their numbers; this is what is left of one.
    pub(super) fn unread(&self, key: &str) -> Error {
        Error::input(key, format!("the file `{}` was not read", self.file))
            .allowed("Give the matrix as a list of rows")
    }
}

impl Correlated {
    /// σ in d dimensions.
    pub(super) fn read(&self, dim: usize, scope: &Scope) -> Result<Diffusion> {
        let volatility = self.volatility.read(dim, scope)?;
        let factor = self.correlation.factor(dim)?;
        let Some(v) = volatility.as_constant() else {
            return Ok(Diffusion::Correlated { volatility, factor });
        };
        let row = |at: usize| v[(at / dim).min(v.len() - 1)];
        Ok(Diffusion::Matrix(factor.iter().enumerate().map(|(at, l)| row(at) * l).collect()))
    }
}

impl Volatility {
    fn read(&self, dim: usize, scope: &Scope) -> Result<Expr> {
        let key = "model.diffusion.volatility";
        match self {
            Self::Number(v) => Ok(Expr::number(finite(key, *v)?)),
            Self::List(v) if v.len() != dim => {
                Err(Error::input(key, format!("the list has {} numbers", v.len()))
                    .allowed(format!("The equation has {dim} dimensions")))
            }
            Self::List(v) => {
                v.iter().try_for_each(|&v| finite(key, v).map(|_| ()))?;
                Ok(Expr::vector(v))
            }
            Self::Formula(text) => {
                let formula = parse(text, scope).map_err(|error| at_key(error, key))?;
                match formula.shape() {
                    Shape::Vector(n) if n != dim => {
                        Err(Error::input(key, format!("the formula gives a vector of length {n}"))
                            .allowed(format!("It must give a number or a vector of length {dim}")))
                    }
                    _ => Ok(formula),
                }
            }
        }
    }
}

impl Correlation {
    /// L, row by row.
    fn factor(&self, dim: usize) -> Result<Vec<f64>> {
        let key = "model.diffusion.correlation";
        let matrix = match self {
            Self::Number(rho) => equal(key, *rho, dim)?,
            Self::Matrix(rows) => checked(key, rows, dim)?,
            Self::File(file) => return Err(file.unread(key)),
        };
        let lower = linalg::cholesky(&array::rows(dim, dim, &matrix)).map_err(|_| {
            Error::input(key, "the matrix is not positive definite")
                .allowed("No combination of the components may be without noise, or have less")
        })?;
        Ok(lower.iter().copied().collect())
    }
}

/// ρ off the diagonal.
fn equal(key: &str, rho: f64, dim: usize) -> Result<Vec<f64>> {
    let least = if dim > 1 { -1.0 / (dim as f64 - 1.0) } else { -1.0 };
    if !(rho > least && rho < 1.0) {
        return Err(Error::input(key, format!("{rho} cannot be the correlation of all pairs"))
            .allowed(format!("A number above {least:.4} and below 1, in {dim} dimensions")));
    }
    let entry = |at: usize| if at / dim == at % dim { 1.0 } else { rho };
    Ok((0..dim * dim).map(entry).collect())
}

/// The numbers of a matrix that may be one of correlations.
fn checked(key: &str, rows: &[Vec<f64>], dim: usize) -> Result<Vec<f64>> {
    let (cols, matrix) = flat(key, rows)?;
    if rows.len() != dim || cols != dim {
        return Err(Error::input(key, format!("the matrix is {} x {cols}", rows.len()))
            .allowed(format!("It is {dim} x {dim} here")));
    }
    let allowed = "A correlation matrix is symmetric, with ones on its diagonal";
    for i in 0..dim {
        let own = matrix[i * dim + i];
        if (own - 1.0).abs() > ROUNDING {
            let at = i + 1;
            let found = format!("the diagonal holds {own} in row {at}");
            return Err(Error::input(key, found).allowed(allowed));
        }
        for j in 0..i {
            let (a, b) = (matrix[i * dim + j], matrix[j * dim + i]);
            if (a - b).abs() > ROUNDING {
                let (i, j) = (i + 1, j + 1);
                let found =
                    format!("row {i} holds {a} in column {j}, and row {j} holds {b} in column {i}");
                return Err(Error::input(key, found).allowed(allowed));
            }
        }
    }
    Ok(matrix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{At, Equation};

    fn times_transposed(sigma: &[f64], d: usize) -> Vec<f64> {
        let entry = |i: usize, j: usize| (0..d).map(|k| sigma[i * d + k] * sigma[j * d + k]).sum();
        (0..d * d).map(|at| entry(at / d, at % d)).collect()
    }

    fn read(volatility: Volatility, correlation: Correlation, dim: usize) -> Result<Diffusion> {
        let scope = Scope { dim: Some(dim), ..Scope::new() };
        let scope = scope.variable("x", Shape::Vector(dim));
        Correlated { volatility, correlation }.read(dim, &scope)
    }

    #[test]
    fn exact_covariance_of_constant_volatilities() {
        let v = [0.1, 0.2, 0.4];
        let sigma = read(Volatility::List(v.to_vec()), Correlation::Number(-0.3), 3).unwrap();
        let Diffusion::Matrix(sigma) = sigma else { panic!("{sigma:?}") };
        for (at, found) in times_transposed(&sigma, 3).into_iter().enumerate() {
            let (i, j) = (at / 3, at % 3);
            let due = v[i] * v[j] * if i == j { 1.0 } else { -0.3 };
            assert!((found - due).abs() < 1e-15, "{i} {j}: {found} for {due}");
        }
    }

    #[test]
    fn volatilities_of_x_keep_their_formula() {
        let rho = vec![vec![1.0, 0.6], vec![0.6, 1.0]];
        let formula = Volatility::Formula("0.2 * x".to_owned());
        let sigma = read(formula, Correlation::Matrix(rho), 2).unwrap();
        let Diffusion::Correlated { volatility, factor } = sigma else { panic!("{sigma:?}") };
        assert_eq!(volatility.to_string(), "0.2 * x");
        let due = [1.0, 0.0, 0.6, 0.8];
        assert!(factor.iter().zip(due).all(|(l, due)| (l - due).abs() < 1e-15), "{factor:?}");
    }

    #[test]
    fn invariant_products_with_sigma_and_its_transpose() {
        let (volatility, correlation) = (Volatility::Formula("0.2 * x".to_owned()), 0.4);
        let sigma = read(volatility, Correlation::Number(correlation), 3).unwrap();
        let equation = Equation::new(3, 1.0)
            .diffusion(sigma)
            .source(|at| at.grad_u.dot(at.grad_u) + at.grad_u.sum());
        let At { x, z, .. } = equation.variables();
        let (p, w) = ([0.3, -1.0, 2.0], [1.5, 0.2, -0.7]);
        let at = |formula: Expr| formula.evaluate(&[(x, &[1.0, 2.0, 3.0])]);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let slope = at(equation.sigma_transposed(Expr::vector(&p)));
        let noise = at(equation.sigma_times(Expr::vector(&w)));
        assert!((dot(&p, &noise) - dot(&slope, &w)).abs() < 1e-14);
        let driver = equation.driver().unwrap();
        let found = driver.evaluate(&[(x, &[1.0, 2.0, 3.0]), (z, &slope)])[0];
        assert!((found - dot(&p, &p) - p.iter().sum::<f64>()).abs() < 1e-13, "{found}");
        let (volatility, factor) = (x, vec![1.0; 9]);
        let flat = equation.diffusion(Diffusion::Correlated { volatility, factor });
        assert!(flat.driver().is_err(), "L has no inverse");
    }

    #[test]
    fn one_number_has_the_range_of_positive_matrices() {
        for (rho, dim, fine) in
            [(-0.49, 3, true), (-0.5, 3, false), (1.0, 2, false), (0.9, 1, true)]
        {
            let found = read(Volatility::Number(1.0), Correlation::Number(rho), dim);
            assert_eq!(found.is_ok(), fine, "{rho} in {dim} dimensions");
        }
    }
}
