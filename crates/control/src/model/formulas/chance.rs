//! What chance does: noise under names, and states that follow nothing else.

use std::sync::Arc;

use super::Named;

/// The law of some noise.
#[derive(Clone, Debug, PartialEq)]
pub enum Law {
    /// Independent standard normal numbers.
    Normal,
    /// Independent uniform numbers between 0 and 1.
    Uniform,
    /// One of some outcomes.
    Discrete {
        /// The outcomes: a number or a list each.
        values: Vec<Vec<f64>>,
        /// The probability of each, and of all before it.
        cumulative: Vec<f64>,
    },
}

/// Noise of every step.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// What formulas call it.
    pub named: Named,
    /// Its law.
    pub law: Law,
}

/// The sums of a list up to each number; the last is taken as 1.
pub fn cumulated(probabilities: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let add = |p: &f64| {
        sum += p;
        sum
    };
    let mut all: Vec<f64> = probabilities.iter().map(add).collect();
    if let Some(last) = all.last_mut() {
        *last = 1.0;
    }
    all
}

/// Which outcome a uniform number means.
fn chosen(cumulative: &[f64], u: f64) -> usize {
    cumulative.partition_point(|sum| *sum <= u).min(cumulative.len().saturating_sub(1))
}

impl Drawn {
    /// Normal and uniform numbers that it takes.
    pub(super) fn takes(&self) -> [usize; 2] {
        match self.law {
            Law::Normal => [self.named.count(), 0],
            Law::Uniform => [0, self.named.count()],
            Law::Discrete { .. } => [0, 1],
        }
    }

    /// The outcome that a uniform number means; none of other laws.
    pub(super) fn outcome(&self, u: f64) -> Option<&[f64]> {
        let Law::Discrete { values, cumulative } = &self.law else { return None };
        values.get(chosen(cumulative, u)).map(Vec::as_slice)
    }
}

/// A state that follows chance alone.
#[derive(Clone, Debug, PartialEq)]
pub enum Follower {
    /// A Markov chain.
    Chain {
        /// What it can be.
        values: Vec<f64>,
        /// From each value, the probability of each, and of all before it.
        cumulative: Vec<Vec<f64>>,
        /// The first value.
        start: f64,
    },
    /// A window of data that begins anywhere in them; all windows of a path begin at the same row.
    Window {
        /// The data, row by row.
        values: Arc<Vec<f64>>,
        /// The rows that windows may begin at: for training, and for the answer.
        begins: [[usize; 2]; 2],
    },
}

impl Follower {
    /// Whether it is a window.
    pub fn is_window(&self) -> bool {
        matches!(self, Self::Window { .. })
    }

    /// How many windows there are, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Chain { .. } => String::new(),
            Self::Window { begins: [[a, b], [c, d]], .. } => {
                let other = if a == c { "the same" } else { "others, held back," };
                format!("{} for training, {other} {} for the answer", b - a + 1, d - c + 1)
            }
        }
    }

    /// The row that a window begins at.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of rows")]
    pub(super) fn row(&self, u: f64, held: bool) -> usize {
        match self {
            Self::Chain { .. } => 0,
            Self::Window { begins, .. } => {
                let [low, high] = begins[usize::from(held)];
                (low + (u * (high - low + 1) as f64) as usize).min(high)
            }
        }
    }

    /// The first value, of a window that begins at a row.
    pub(super) fn first(&self, row: usize) -> f64 {
        match self {
            Self::Chain { start, .. } => *start,
            Self::Window { values, .. } => values[row],
        }
    }

    /// The value after x: of a chain by a uniform number, of a window that of a row.
    pub(super) fn next(&self, x: f64, u: f64, row: usize) -> f64 {
        match self {
            Self::Chain { values, cumulative, .. } => {
                let far = |k: &usize| (values[*k] - x).abs();
                let now = (0..values.len()).min_by(|a, b| far(a).total_cmp(&far(b))).unwrap_or(0);
                values[chosen(&cumulative[now], u)]
            }
            Self::Window { values, .. } => values[row],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_has_its_probability() {
        let named = Named::new("k", None);
        let law = Law::Discrete {
            values: vec![vec![-1.0], vec![0.0], vec![2.0]],
            cumulative: cumulated(&[0.25, 0.5, 0.25]),
        };
        let drawn = Drawn { named, law };
        let of = |u: f64| drawn.outcome(u).unwrap()[0];
        assert_eq!(
            [of(0.0), of(0.2499), of(0.25), of(0.7499), of(0.75), of(0.9999)],
            [-1.0, -1.0, 0.0, 0.0, 2.0, 2.0]
        );
    }

    #[test]
    fn a_chain_goes_on_from_where_it_is() {
        let chain = Follower::Chain {
            values: vec![30.0, 50.0, 70.0],
            cumulative: vec![
                cumulated(&[0.5, 0.5, 0.0]),
                cumulated(&[0.1, 0.8, 0.1]),
                cumulated(&[0.0, 0.5, 0.5]),
            ],
            start: 50.0,
        };
        assert_eq!([chain.next(30.0, 0.4, 0), chain.next(30.0, 0.6, 0)], [30.0, 50.0]);
        assert_eq!([chain.next(70.0, 0.4, 0), chain.next(70.0, 0.6, 0)], [50.0, 70.0]);
        assert_eq!(chain.next(50.0, 0.95, 0), 70.0);
    }

    #[test]
    fn windows_of_the_answer_begin_where_those_of_training_do_not() {
        let values = Arc::new((0..100).map(f64::from).collect::<Vec<_>>());
        let window = Follower::Window { values, begins: [[0, 69], [80, 89]] };
        assert_eq!([window.row(0.0, false), window.row(0.999, false)], [0, 69]);
        assert_eq!([window.row(0.0, true), window.row(0.999, true)], [80, 89]);
        assert_eq!([window.first(80), window.next(0.0, 0.0, 81)], [80.0, 81.0]);
    }
}
