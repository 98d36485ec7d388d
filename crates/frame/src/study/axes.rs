//! The axes of a study: levels, and the cells of their product.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a key is set to, as tables and formulas see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Setting {
    /// On or off.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A word.
    Word(String),
    /// Several numbers.
    List(Vec<f64>),
}

impl Setting {
    /// The number, where it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Flag(_) | Self::Word(_) | Self::List(_) => None,
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Number(number) if *number != 0.0 && !(1e-3..1e6).contains(&number.abs()) => {
                write!(f, "{number:e}")
            }
            Self::Number(number) => write!(f, "{number}"),
            Self::Word(word) => write!(f, "{word}"),
            Self::List(numbers) => {
                let numbers: Vec<String> = numbers.iter().map(f64::to_string).collect();
                write!(f, "{}", numbers.join(","))
            }
        }
    }
}

/// One level of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// What it sets, a name of the axis each.
    pub settings: Vec<Setting>,
    /// What it changes in the case: keys and values as text.
    pub changes: Vec<(String, String)>,
}

/// An axis: one name, or several whose levels go together.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What tables call it, the first name where several go together.
    pub names: Vec<String>,
    /// Its levels, in order.
    pub levels: Vec<Level>,
}

/// The product of the axes, with repeats: the last axis runs fastest, the repeats faster still.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    /// The axes.
    pub axes: Vec<Axis>,
    /// Seeds a combination of levels; the same ones for every combination.
    pub repeats: usize,
}

/// One cell of a grid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The level on each axis.
    pub place: Vec<usize>,
    /// Which repeat.
    pub repeat: usize,
}

impl Grid {
    /// Combinations of levels: rows of the table.
    pub fn rows(&self) -> usize {
        self.axes.iter().map(|axis| axis.levels.len()).product()
    }

    /// All cells, in order.
    pub fn cells(&self) -> Vec<Cell> {
        let cells = |row: usize| {
            let place = self.place(row);
            (0..self.repeats).map(move |repeat| Cell { place: place.clone(), repeat })
        };
        (0..self.rows()).flat_map(cells).collect()
    }

    /// The levels of a row.
    pub fn place(&self, mut row: usize) -> Vec<usize> {
        let mut place = vec![0; self.axes.len()];
        for (at, axis) in place.iter_mut().zip(&self.axes).rev() {
            *at = row % axis.levels.len();
            row /= axis.levels.len();
        }
        place
    }

    /// The row of a place.
    pub fn row(&self, place: &[usize]) -> usize {
        self.axes.iter().zip(place).fold(0, |row, (axis, at)| row * axis.levels.len() + at)
    }

    /// What a place sets, name by name.
    pub fn settings(&self, place: &[usize]) -> Vec<(&str, &Setting)> {
        let mut all = Vec::new();
        for (axis, at) in self.axes.iter().zip(place) {
            let names = axis.names.iter().map(String::as_str);
            all.extend(names.zip(&axis.levels[*at].settings));
        }
        all
    }

    /// The axis of a name.
    pub fn axis(&self, name: &str) -> Option<usize> {
        self.axes.iter().position(|axis| axis.names.iter().any(|own| own == name))
    }

    /// The first axis with several numbers.
    pub fn first_of_numbers(&self) -> Option<usize> {
        let numbers = |axis: &Axis| {
            let mut levels = axis.levels.iter();
            axis.levels.len() > 1 && levels.all(|level| level.settings[0].number().is_some())
        };
        self.axes.iter().position(numbers)
    }

    /// The names of all settings, in order.
    pub fn names(&self) -> Vec<&str> {
        self.axes.iter().flat_map(|axis| axis.names.iter().map(String::as_str)).collect()
    }

    /// What a place changes in the case.
    pub fn changes<'g>(&'g self, place: &'g [usize]) -> impl Iterator<Item = &'g (String, String)> {
        self.axes.iter().zip(place).flat_map(|(axis, at)| &axis.levels[*at].changes)
    }
}

/// The i-th of k shares of a list, counted from 1: every k-th entry, so that shares cost alike.
pub fn shard<T>(all: Vec<T>, (i, k): (usize, usize)) -> Vec<T> {
    all.into_iter().enumerate().filter(|(at, _)| at % k + 1 == i).map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(name: &str, values: &[f64]) -> Axis {
        let level = |v: &f64| Level {
            settings: vec![Setting::Number(*v)],
            changes: vec![(format!("problem.{name}"), v.to_string())],
        };
        Axis { names: vec![name.to_owned()], levels: values.iter().map(level).collect() }
    }

    fn grid() -> Grid {
        Grid { axes: vec![axis("n", &[1.0, 2.0]), axis("m", &[4.0, 8.0, 16.0])], repeats: 2 }
    }

    #[test]
    fn the_last_axis_runs_fastest() {
        let grid = grid();
        let cells = grid.cells();
        assert_eq!((grid.rows(), cells.len()), (6, 12));
        assert_eq!(cells[1], Cell { place: vec![0, 0], repeat: 1 });
        assert_eq!(cells[2], Cell { place: vec![0, 1], repeat: 0 });
        assert_eq!(cells[11], Cell { place: vec![1, 2], repeat: 1 });
        for row in 0..6 {
            assert_eq!(grid.row(&grid.place(row)), row);
        }
        let set = grid.settings(&[1, 2]);
        assert_eq!(set, [("n", &Setting::Number(2.0)), ("m", &Setting::Number(16.0))]);
        let changes: Vec<_> = grid.changes(&[1, 2]).cloned().collect();
        assert_eq!(changes[1], ("problem.m".to_owned(), "16".to_owned()));
    }

    #[test]
    fn shares_are_disjoint_and_whole() {
        let all: Vec<usize> = (0..11).collect();
        let mut together: Vec<usize> = (1..=3).flat_map(|i| shard(all.clone(), (i, 3))).collect();
        together.sort_unstable();
        assert_eq!(together, all);
        assert_eq!(shard(all, (2, 3)), [1, 4, 7, 10]);
    }
}
