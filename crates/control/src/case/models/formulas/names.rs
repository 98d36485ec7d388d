//! The names that formulas of a case may use.

use frame::text::{Text, at_key, is_name};
use ground::formula::{Constant, Expr, Scope, Shape, nearest, parse};
use ground::{Error, Result};

use super::Formulas;

/// Names that mean something already.
const RESERVED: [&str; 6] = ["t", "T", "d", "i", "pi", "if"];

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Time,
    Series,
    State,
    Action,
    Noise,
}

/// What is known when an action is chosen.
pub(super) const BEFORE: [Kind; 3] = [Kind::Time, Kind::Series, Kind::State];
/// What constraints are about.
pub(super) const CHOICE: [Kind; 4] = [Kind::Time, Kind::Series, Kind::State, Kind::Action];
/// What is known after a step.
pub(super) const AFTER: [Kind; 5] =
    [Kind::Time, Kind::Series, Kind::State, Kind::Action, Kind::Noise];

/// The names, and what they stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    constants: Vec<(String, Constant)>,
    dim: Option<usize>,
    known: Vec<(String, Kind, Shape)>,
    /// Noise as formulas of raw noise.
    made: Vec<(Expr, Expr)>,
}

impl Names {
    /// Constants alone.
    pub(super) fn new(case: &Formulas) -> Result<Self> {
        let mut all = Self { dim: case.dim, ..Self::default() };
        let number = |name: &str, x: f64| (name.to_owned(), Constant::Number(x));
        all.constants.push(number("T", case.horizon as f64));
        if let Some(d) = case.dim {
            all.constants.push(number("d", super::super::some("model.dim", d)? as f64));
        }
        all.constants.push(number("pi", std::f64::consts::PI));
        for (name, constant) in &case.constants {
            all.constants.push((name.clone(), constant.read(name, &RESERVED)?));
        }
        all.known.push(("t".to_owned(), Kind::Time, Shape::Scalar));
        Ok(all)
    }

    /// One more; an error where it has the name of another.
    pub(super) fn add(
        &mut self,
        section: &str,
        name: &str,
        kind: Kind,
        shape: Shape,
    ) -> Result<()> {
        let key = format!("model.{section}.{name}");
        if !is_name(name) || RESERVED.contains(&name) {
            return Err(Error::input(key, format!("`{name}` cannot be a name")).allowed(format!(
                "A letter, then letters, digits and _; not {}",
                RESERVED.join(", ")
            )));
        }
        let mut taken = self.known.iter().map(|(known, ..)| known);
        if taken.any(|known| known == name) || self.constants.iter().any(|(known, _)| known == name)
        {
            return Err(Error::input(key, format!("`{name}` is the name of something else"))
                .allowed("Every state, action, noise, series and constant has a name of its own"));
        }
        self.known.push((name.to_owned(), kind, shape));
        Ok(())
    }

    /// Says that noise is made of raw noise.
    pub(super) fn made(&mut self, var: Expr, of: Expr) {
        self.made.push((var, of));
    }

    /// The names of a kind.
    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = &str> {
        self.known.iter().filter(move |(_, own, _)| *own == kind).map(|(name, ..)| name.as_str())
    }

    /// An error about a name that is none of a kind.
    pub(super) fn unknown(&self, key: &str, name: &str, kind: Kind, what: &str) -> Error {
        let all: Vec<&str> = self.of(kind).collect();
        Error::input(key, format!("there is no {what} `{name}`"))
            .nearest(nearest(name, all.iter().copied()))
            .allowed(format!("Known here: {}", all.join(", ")))
    }

    fn scope(&self, kinds: &[Kind]) -> Scope {
        let mut scope = Scope { dim: self.dim, ..Scope::new() };
        for (name, _, shape) in self.known.iter().filter(|(_, kind, _)| kinds.contains(kind)) {
            scope = scope.variable(name, *shape);
        }
        for (name, constant) in &self.constants {
            scope = scope.constant(name, constant.clone());
        }
        scope
    }

    /// A formula of names of some kinds.
    pub(super) fn formula(&self, key: &str, text: &Text, kinds: &[Kind]) -> Result<Expr> {
        Ok(text.read(key, &self.scope(kinds))?.substitute(&self.made_in(kinds)))
    }

    fn made_in(&self, kinds: &[Kind]) -> Vec<(Expr, Expr)> {
        if kinds.contains(&Kind::Noise) { self.made.clone() } else { Vec::new() }
    }

    /// The same from text.
    pub(super) fn parsed(&self, key: &str, text: &str, kinds: &[Kind]) -> Result<Expr> {
        parse(text, &self.scope(kinds)).map_err(|e| at_key(e, key))
    }

    /// A formula that gives as many numbers as are due; a number stands for a list.
    pub(super) fn sized(&self, key: &str, text: &Text, kinds: &[Kind], due: Shape) -> Result<Expr> {
        let found = self.formula(key, text, kinds)?;
        match (found.shape(), due) {
            (Shape::Scalar, Shape::Scalar) => Ok(found),
            (Shape::Vector(n), Shape::Vector(m)) if n == m => Ok(found),
            (Shape::Scalar, Shape::Vector(n)) => Ok(found.repeat(n)),
            (Shape::Vector(1), Shape::Scalar) => Ok(found.sum()),
            (Shape::Vector(n), Shape::Scalar) => {
                Err(Error::input(key, format!("the formula gives a vector of length {n}"))
                    .allowed("It must give one number; use sum, mean, dot or a component"))
            }
            (Shape::Vector(n), Shape::Vector(m)) => {
                Err(Error::input(key, format!("the formula gives a vector of length {n}"))
                    .allowed(format!("It must give {m} numbers, or one for all of them")))
            }
        }
    }
}
