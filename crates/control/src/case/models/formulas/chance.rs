//! Noise, chains and records of a case.

use std::sync::Arc;

use ground::formula::{Expr, Shape};
use ground::linalg::cholesky;
use ground::{Error, Result};

use super::{Chain, Count, Noise, Outcomes};
use crate::case::models::probabilities;
use crate::model::formulas::{Drawn, Follower, Law, Named, cumulated};

/// Noise that was read: what is drawn, and what its name stands for.
pub(super) struct Read {
    pub(super) drawn: Drawn,
    pub(super) shape: Shape,
    /// The formula of what is drawn, where that is another.
    pub(super) made: Option<Expr>,
}

/// The sums of probabilities, one for each value.
fn cumulative(key: &str, all: &[f64], count: usize) -> Result<Vec<f64>> {
    if all.len() != count {
        let found = format!("{} probabilities of {count} values", all.len());
        return Err(Error::input(key, found).allowed("Write one for each value"));
    }
    probabilities(key, all)?;
    Ok(cumulated(all))
}

impl Outcomes {
    /// Lists of one length, and whether they were numbers.
    pub(super) fn lists(&self, key: &str) -> Result<(Vec<Vec<f64>>, bool)> {
        let (lists, numbers) = match self {
            Self::Numbers(all) => (all.iter().map(|x| vec![*x]).collect(), true),
            Self::Lists(all) => (all.clone(), false),
        };
        let width = lists.first().map_or(0, Vec::len);
        if width == 0 || lists.iter().any(|list| list.len() != width) {
            return Err(Error::input(key, "the lists are empty or differ in length")
                .allowed("Write numbers, or lists of one length"));
        }
        if lists.iter().flatten().any(|x| !x.is_finite()) {
            return Err(Error::input(key, "a number is not finite").allowed("Write finite numbers"));
        }
        Ok((lists, numbers))
    }
}

impl Noise {
    /// What is drawn.
    pub(super) fn read(&self, name: &str) -> Result<Read> {
        let key = format!("model.noise.{name}");
        let one_of = "Write { normal = true }, { normal = n }, { low = a, high = b } or { values = […], \
                      probabilities = […] }";
        let is_uniform = self.low.is_some() || self.high.is_some();
        let said = [self.normal.is_some(), is_uniform, self.values.is_some()];
        if said.iter().filter(|said| **said).count() != 1 {
            let found = if said.contains(&true) { "more than one law" } else { "no law" };
            return Err(Error::input(key, found).allowed(one_of));
        }
        if self.covariance.is_some() && self.normal.is_none() {
            return Err(Error::input(format!("{key}.covariance"), "only normal noise has one")
                .allowed(one_of));
        }
        if self.probabilities.is_some() && self.values.is_none() {
            let found = "there are no values";
            return Err(Error::input(format!("{key}.probabilities"), found).allowed(one_of));
        }
        match (self.normal, &self.values) {
            (Some(count), _) => self.normal(&key, name, count),
            (_, Some(values)) => self.discrete(&key, name, values),
            (None, None) => self.uniform(&key, name),
        }
    }

    fn normal(&self, key: &str, name: &str, count: Count) -> Result<Read> {
        let (shape, n) = match count {
            Count::One(true) => (Shape::Scalar, None),
            Count::One(false) | Count::Many(0) => {
                return Err(Error::input(format!("{key}.normal"), "no numbers are drawn")
                    .allowed("Write true for one number, or how many"));
            }
            Count::Many(n) => (Shape::Vector(n), Some(n)),
        };
        let Some(covariance) = &self.covariance else {
            let drawn = Drawn { named: Named::new(name, n), law: Law::Normal };
            return Ok(Read { drawn, shape, made: None });
        };
        let count = shape.count();
        let matrix = covariance.positive(&format!("{key}.covariance"), count)?;
        let named = Named::new(&format!("{name} drawn"), n);
        let raw = named.var;
        let made = match n {
            None => matrix[[0, 0]].sqrt() * raw,
            Some(n) => {
                let factor = cholesky(&matrix)?;
                let data: Vec<f64> = factor.iter().copied().collect();
                raw.times_matrix(n, n, &data)
            }
        };
        Ok(Read { drawn: Drawn { named, law: Law::Normal }, shape, made: Some(made) })
    }

    fn uniform(&self, key: &str, name: &str) -> Result<Read> {
        let (Some(low), Some(high)) = (self.low, self.high) else {
            return Err(
                Error::input(key, "one limit of a uniform number").allowed("Write low and high")
            );
        };
        if !(low.is_finite() && high.is_finite()) {
            return Err(
                Error::input(key, format!("from {low} to {high}")).allowed("Write finite numbers")
            );
        }
        if low >= high {
            return Err(Error::input(key, format!("{low} is not below {high}"))
                .allowed("Write low below high"));
        }
        let named = Named::new(&format!("{name} drawn"), None);
        let made = low + (high - low) * named.var;
        let drawn = Drawn { named, law: Law::Uniform };
        Ok(Read { drawn, shape: Shape::Scalar, made: Some(made) })
    }

    fn discrete(&self, key: &str, name: &str, values: &Outcomes) -> Result<Read> {
        let (values, numbers) = values.lists(&format!("{key}.values"))?;
        let equal = vec![1.0 / values.len() as f64; values.len()];
        let said = self.probabilities.as_ref().unwrap_or(&equal);
        let cumulative = cumulative(&format!("{key}.probabilities"), said, values.len())?;
        let count = (!numbers).then_some(values[0].len());
        let named = Named::new(name, count);
        let shape = named.var.shape();
        Ok(Read {
            drawn: Drawn { named, law: Law::Discrete { values, cumulative } },
            shape,
            made: None,
        })
    }
}

impl Chain {
    /// The state that follows it.
    pub(super) fn read(&self, name: &str) -> Result<Follower> {
        let key = format!("model.chains.{name}");
        let (n, values) = (self.values.len(), &self.values);
        if n == 0 || values.iter().any(|x| !x.is_finite()) {
            return Err(Error::input(
                format!("{key}.values"),
                "no values, or one that is not finite",
            )
            .allowed("Write finite numbers"));
        }
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        if let Some([x, _]) = sorted.array_windows().find(|[a, b]| b <= a) {
            return Err(Error::input(format!("{key}.values"), format!("{x} stands twice"))
                .allowed("Write every value once"));
        }
        if self.transitions.len() != n {
            let found = format!("{} rows of {n} values", self.transitions.len());
            return Err(Error::input(format!("{key}.transitions"), found)
                .allowed("Write a row for each value"));
        }
        let row = |(k, row): (usize, &Vec<f64>)| {
            cumulative(&format!("{key}.transitions[{}]", k + 1), row, n)
        };
        let cumulative = self.transitions.iter().enumerate().map(row).collect::<Result<_>>()?;
        if !values.contains(&self.start) {
            let all: Vec<String> = values.iter().map(f64::to_string).collect();
            return Err(Error::input(
                format!("{key}.start"),
                format!("{} is no value", self.start),
            )
            .allowed(format!("One of {}", all.join(", "))));
        }
        Ok(Follower::Chain { values: values.clone(), cumulative, start: self.start })
    }
}

/// Windows of a record of `steps` steps: where they may begin in training and for the answer.
pub(super) fn windows(
    key: &str,
    values: Vec<f64>,
    steps: usize,
    held: Option<f64>,
) -> Result<Follower> {
    let n = values.len();
    let share = held.unwrap_or(0.25);
    if !(0.0..1.0).contains(&share) {
        return Err(Error::input(format!("{key}.held"), format!("{share} is no share"))
            .allowed("Write a number from 0, below 1"));
    }
    let short = |what: &str, rows: usize| {
        Error::input(
            key,
            format!("{what} has {rows} rows, and a path of {steps} steps takes {}", steps + 1),
        )
        .allowed("Give a longer record, a shorter horizon or another share `held`")
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of rows")]
    let split = n - (share * n as f64).round() as usize;
    let last = |from: usize, to: usize, what: &str| {
        (to - from).checked_sub(steps + 1).map(|k| from + k).ok_or_else(|| short(what, to - from))
    };
    let training = [0, last(0, split, "the part for training")?];
    let answer = if split == n { training } else { [split, last(split, n, "what is held back")?] };
    Ok(Follower::Window { values: Arc::new(values), begins: [training, answer] })
}
