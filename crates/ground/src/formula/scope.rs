//! The names a formula may use.

use super::expr::Shape;

/// A constant of a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// One number.
    Number(f64),
    /// A list; not empty.
    Vector(Vec<f64>),
    /// A matrix, row after row.
    Matrix {
        /// How many rows.
        rows: usize,
        /// How many columns.
        columns: usize,
        /// rows * columns numbers.
        data: Vec<f64>,
    },
}

/// The names a formula may use: variables, constants, and `i` if there is a dimension.
///
/// `d`, `T` and `pi` are constants like any other: whoever makes the scope puts them in. An error
/// lists the variables, then the constants, in the order given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    /// Variables and their shapes.
    pub variables: Vec<(String, Shape)>,
    /// Constants and their values.
    pub constants: Vec<(String, Constant)>,
    /// The length of the index vector `i` = 1, 2, ..., dim; without it there is no `i`.
    pub dim: Option<usize>,
}

impl Scope {
    /// A scope without names.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with one variable more.
    pub fn variable(mut self, name: &str, shape: Shape) -> Self {
        self.variables.push((name.to_owned(), shape));
        self
    }

    /// The same, with one constant more.
    pub fn constant(mut self, name: &str, value: Constant) -> Self {
        self.constants.push((name.to_owned(), value));
        self
    }

    /// All names in the order of an error message.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let variables = self.variables.iter().map(|(name, _)| name.as_str());
        variables.chain(self.constants.iter().map(|(name, _)| name.as_str()))
    }
}

/// The candidate that `word` is probably a misspelling of.
///
/// One that differs in the case of its letters only, else the first of the nearest, if at most every
/// third letter is wrong.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let allowed = word.chars().count() / 3;
    let distance = |candidate: &str| {
        if candidate.eq_ignore_ascii_case(word) {
            0
        } else {
            strsim::damerau_levenshtein(word, candidate).max(1)
        }
    };
    let scored = candidates.map(|candidate| (distance(candidate), candidate));
    let best = scored.filter(|(far, _)| *far <= allowed).min_by_key(|(far, _)| *far);
    best.map(|(_, candidate)| candidate.to_owned())
}
