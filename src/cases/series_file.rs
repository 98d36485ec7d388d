//! Series that a case keeps in files of their own: a column of a CSV, or a NumPy array.
//!
//! Where `[model.series.NAME]` has a `file`, the file is read before anything else looks at the case; its
//! numbers stand as `values`, and the keys that say how to read it are gone. Nothing is guessed: a dialect
//! that the file itself does not settle is an error that names both readings.

use std::borrow::Cow;
use std::path::Path;

use ground::npy::{self, Kind};
use ground::{Error, Result};
use toml::{Table, Value};

use super::read::Case;
use super::shipped::named;
use columns::Which;
use grid::Grid;

mod columns;
mod grid;
mod numbers;
mod spacing;
mod times;

/// The keys that say how a file is read.
const KEYS: [&str; 7] = ["file", "column", "time", "format", "decimal", "separator", "gaps"];

/// The fewest numbers of a series.
const FEWEST: usize = 2;

/// How the user wants a file to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Asked {
    /// The column of the numbers.
    column: Option<Which>,
    /// The column of the times.
    time: Option<Which>,
    /// How times are written.
    format: Option<String>,
    /// The decimal sign.
    decimal: Option<char>,
    /// What stands between two cells.
    separator: Option<u8>,
    /// Whether rows on both sides of a gap are taken as neighbours.
    join: bool,
}

/// The tables of a case with the numbers of its series in them.
pub(super) fn embedded<'a>(case: &Case, tables: Cow<'a, Table>) -> Result<Cow<'a, Table>> {
    let series = tables.get("model").and_then(|model| model.get("series"));
    let Some(series) = series.and_then(Value::as_table) else { return Ok(tables) };
    let said = |(name, value): (&String, &Value)| {
        let table = value.as_table()?;
        Some((name.clone(), table.get("file")?.as_str()?.to_owned(), table.clone()))
    };
    let said: Vec<_> = series.iter().filter_map(said).collect();
    let mut tables = tables;
    for (name, file, mut table) in said {
        let path = case.folder(&format!("model.series.{name}.file")).join(&file);
        let values = numbers(&table, &path, &file).map_err(|mut error| {
            if let Error::Input(input) = &mut error {
                input.key = format!("model.series.{name}.{}", input.key);
            }
            error
        })?;
        table.retain(|key, _| !KEYS.contains(&key));
        table.insert("values".to_owned(), Value::from(values));
        let model = tables.to_mut().get_mut("model").and_then(Value::as_table_mut);
        let series = model.and_then(|model| model.get_mut("series")).and_then(Value::as_table_mut);
        if let Some(series) = series {
            series.insert(name, Value::Table(table));
        }
    }
    Ok(tables)
}

/// The numbers that a table asks for; keys of errors are those inside the table.
fn numbers(table: &Table, path: &Path, name: &str) -> Result<Vec<f64>> {
    if table.contains_key("values") {
        return Err(Error::input("values", "these stand beside a `file`")
            .allowed("Give `values`, or a `file` that holds them"));
    }
    let asked = Asked::of(table)?;
    let refused = |[found, allowed]: [String; 2]| Error::input("file", found).allowed(allowed);
    let bytes = named(path, name).map_err(refused)?;
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("npy")) {
        array(&bytes, name, table)
    } else {
        column(&bytes, name, &asked)
    }
}

/// The numbers of the column of a text that is asked for.
fn column(bytes: &[u8], name: &str, asked: &Asked) -> Result<Vec<f64>> {
    let grid = Grid::of(bytes, name, asked)?;
    if grid.rows.len() < FEWEST {
        let rows = if grid.rows.len() == 1 { "1 row" } else { "no rows" };
        return Err(Error::input("file", format!("`{name}` has {rows} of numbers"))
            .allowed(format!("At least {FEWEST} make a series")));
    }
    let chosen = columns::chosen(&grid, asked)?;
    let values = numbers::read(&grid, chosen.numbers, asked.decimal)?;
    if let Some(time) = chosen.time {
        let positions = times::positions(&grid, time, asked)?;
        positions.increase(&grid, time)?;
        if !asked.join {
            positions.are_regular(&grid, time)?;
        }
    }
    Ok(values)
}

/// A NumPy array of one axis.
fn array(bytes: &[u8], name: &str, table: &Table) -> Result<Vec<f64>> {
    let meaningless = KEYS.iter().find(|key| **key != "file" && table.contains_key(**key));
    if let Some(key) = meaningless {
        return Err(Error::input(*key, format!("`{name}` is a NumPy array, which has no columns"))
            .allowed(format!("Leave `{key}` out")));
    }
    let array = npy::read(bytes).ok().filter(|array| array.kind != Kind::Bool);
    let Some(array) = array.filter(|array| array.shape.len() == 1) else {
        return Err(Error::input("file", format!("`{name}` is not an array of numbers in a row"))
            .allowed("Write it with numpy.save, from an array of one axis"));
    };
    if let Some(at) = array.numbers.iter().position(|x| !x.is_finite()) {
        let found = format!("number {} of `{name}` is {}", at + 1, array.numbers[at]);
        return Err(Error::input("file", found).allowed("Finite numbers"));
    }
    if array.numbers.len() < FEWEST {
        let n = array.numbers.len();
        let found = format!("`{name}` has {n} number{}", if n == 1 { "" } else { "s" });
        return Err(Error::input("file", found).allowed(format!("At least {FEWEST} make a series")));
    }
    Ok(array.numbers)
}

impl Asked {
    /// What the keys of a table say.
    fn of(table: &Table) -> Result<Self> {
        let decimal = one_of(table, "decimal", &[(".", '.'), (",", ',')])?;
        let separators = [(",", b','), (";", b';'), ("\t", b'\t'), ("tab", b'\t')];
        Ok(Self {
            column: which(table, "column")?,
            time: which(table, "time")?,
            format: table.get("format").map(written).transpose()?,
            decimal,
            separator: one_of(table, "separator", &separators)?,
            join: one_of(table, "gaps", &[("refuse", false), ("join", true)])?.unwrap_or(false),
        })
    }
}

/// A format of times, once it can be used.
fn written(value: &Value) -> Result<String> {
    let allowed = "Write it as strftime does, such as \"%d/%m/%Y\" or \"%Y-%m-%d %H:%M\"";
    let Some(format) = value.as_str() else {
        return Err(Error::input("format", format!("{value} is not a text")).allowed(allowed));
    };
    match times::reason_against(format) {
        None => Ok(format.to_owned()),
        Some(why) => {
            let found = format!("\"{}\" is no format of times: {why}", shown(format));
            Err(Error::input("format", found).allowed(allowed))
        }
    }
}

/// The meaning of a key that has few.
fn one_of<T: Copy>(table: &Table, key: &str, meanings: &[(&str, T)]) -> Result<Option<T>> {
    let Some(value) = table.get(key) else { return Ok(None) };
    let found = meanings.iter().find(|(word, _)| value.as_str() == Some(*word));
    found.map(|(_, meaning)| Some(*meaning)).ok_or_else(|| {
        let words: Vec<String> = meanings
            .iter()
            .map(|(word, _)| format!("{key} = \"{}\"", word.replace('\t', "\\t")))
            .collect();
        Error::input(key, format!("{value} is none of what can be said here"))
            .allowed(format!("Write {}", words.join(" or ")))
    })
}

/// A column: its name, or its number from 1.
fn which(table: &Table, key: &str) -> Result<Option<Which>> {
    let Some(value) = table.get(key) else { return Ok(None) };
    let number = value.as_integer().and_then(|k| usize::try_from(k).ok()).filter(|k| *k > 0);
    match (number, value.as_str()) {
        (Some(number), _) => Ok(Some(Which::Number(number))),
        (_, Some(name)) => Ok(Some(Which::Name(name.to_owned()))),
        _ => Err(Error::input(key, format!("{value} is not a column")).allowed(
            "Write its name in the first line of the file, or its number, counted from 1",
        )),
    }
}

/// A cell as part of a sentence: short, and without what a terminal would obey.
fn shown(cell: &str) -> String {
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut shown: String = cell.chars().take(40).map(clean).collect();
    if cell.chars().nth(40).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests;
