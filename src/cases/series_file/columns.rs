//! Which column of a file holds the numbers, and which the times.

use ground::formula::nearest;
use ground::{Error, Result};

use super::grid::Grid;
use super::{Asked, numbers, shown, times};

/// A column as the user says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// By what the first line calls it.
    Name(String),
    /// By its number from 1.
    Number(usize),
}

/// The columns that are read, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    /// That of the numbers.
    pub(super) numbers: usize,
    /// That of the times; without one, rows are equally spaced.
    pub(super) time: Option<usize>,
}

/// The columns that are asked for, or the only ones that can be meant.
pub(super) fn chosen(grid: &Grid<'_>, asked: &Asked) -> Result<Chosen> {
    let said = asked.column.as_ref().map(|which| find(grid, which, "column")).transpose()?;
    let timed = match &asked.time {
        Some(which) if is_none(grid, which) => Some(None),
        Some(which) => Some(Some(find(grid, which, "time")?)),
        None => None,
    };
    if let (Some(column), Some(Some(time))) = (said, timed)
        && column == time
    {
        let found = format!("column {} is that of the numbers too", grid.called(time));
        return Err(Error::input("time", found).allowed("Name two columns, or leave `time` out"));
    }
    let time = match timed {
        Some(time) => time,
        None => usual(grid, said, asked.format.as_deref())?,
    };
    let numbers = match said {
        Some(column) => column,
        None => only(grid, time)?,
    };
    Ok(Chosen { numbers, time })
}

/// Whether the user says that there are no times.
fn is_none(grid: &Grid<'_>, which: &Which) -> bool {
    let is_named = grid.names.iter().flatten().any(|name| name == "none");
    *which == Which::Name("none".to_owned()) && !is_named
}

/// The column of times where none is named: the first of times, else the first that is no numbers.
fn usual(grid: &Grid<'_>, numbers: Option<usize>, format: Option<&str>) -> Result<Option<usize>> {
    let mut others = (0..grid.width()).filter(|k| Some(*k) != numbers);
    if let Some(format) = format {
        let fits = |k: &usize| grid.column(*k).next().is_some_and(|c| times::fits(c, format));
        return match others.clone().find(fits).or_else(|| others.find(|k| !is_numeric(grid, *k))) {
            Some(k) => Ok(Some(k)),
            None => {
                Err(Error::input("format", format!("no column of `{}` holds times", grid.file))
                    .allowed("Name it: time = \"date\""))
            }
        };
    }
    let is_time = |k: &usize| times::are_times(grid.column(*k));
    // Words without a digit are a place or a currency.
    let is_digit = |c: char| c.is_ascii_digit();
    let is_text =
        |k: &usize| !is_numeric(grid, *k) && grid.column(*k).any(|c| c.contains(is_digit));
    Ok(others.clone().find(is_time).or_else(|| others.find(is_text)))
}

/// The only column of numbers.
fn only(grid: &Grid<'_>, time: Option<usize>) -> Result<usize> {
    let numeric: Vec<usize> =
        (0..grid.width()).filter(|k| Some(*k) != time && is_numeric(grid, *k)).collect();
    match numeric[..] {
        [one] => Ok(one),
        [] => Err(Error::input("column", format!("`{}` has no column of numbers", grid.file))
            .allowed("Write one number in each row, with a point or a comma for its decimals")),
        [first, ..] => {
            let names: Vec<String> = numeric.iter().map(|k| grid.called(*k)).collect();
            let found = format!("`{}` has several columns of numbers: {}", grid.file, list(&names));
            let value = names[0].replace('`', "\"");
            let other = if grid.names.is_some() {
                String::new()
            } else {
                format!(", the number {}", first + 1)
            };
            Err(Error::input("column", found)
                .allowed(format!("Choose one: column = {value}{other}")))
        }
    }
}

fn is_numeric(grid: &Grid<'_>, k: usize) -> bool {
    numbers::are_numbers(grid.column(k))
}

/// The column that the user means.
fn find(grid: &Grid<'_>, which: &Which, key: &str) -> Result<usize> {
    let width = grid.width();
    let name = match which {
        Which::Number(k) if *k <= width => return Ok(k - 1),
        Which::Number(k) => {
            let columns =
                if width == 1 { "1 column".to_owned() } else { format!("{width} columns") };
            return Err(Error::input(key, format!("`{}` has no column {k}", grid.file))
                .allowed(format!("It has {columns}")));
        }
        Which::Name(name) => name,
    };
    let Some(names) = &grid.names else {
        let found = format!("the first line of `{}` names no columns", grid.file);
        return Err(Error::input(key, found).allowed(format!("Give a number: {key} = 1")));
    };
    let called: Vec<usize> = (0..names.len()).filter(|k| names[*k] == name.trim()).collect();
    match called[..] {
        [one] => Ok(one),
        [] => {
            let known: Vec<String> = (0..names.len()).map(|k| grid.called(k)).collect();
            let found = format!("`{}` has no column `{}`", grid.file, shown(name));
            Err(Error::input(key, found)
                .nearest(nearest(name, names.iter().map(String::as_str)))
                .allowed(format!("Its columns are {}", list(&known))))
        }
        [first, second, ..] => {
            let found = format!(
                "`{}` is the name of columns {} and {} of `{}`",
                shown(name),
                first + 1,
                second + 1,
                grid.file
            );
            Err(Error::input(key, found).allowed(format!("Give a number: {key} = {}", first + 1)))
        }
    }
}

/// Names one after another, not more than a line of them.
fn list(names: &[String]) -> String {
    const MOST: usize = 12;
    let shown = names.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > MOST { format!("{shown} and {} more", names.len() - MOST) } else { shown }
}
