//! The cells of a CSV file: what separates them, on which lines they stand, what the columns are called.

use csv::StringRecord;
use ground::{Error, Result};

use super::{Asked, numbers, shown, times};

/// A byte that separates nothing: a line is then one cell.
const NOTHING: u8 = 0x1f;

/// Words for a number that is not there: no names of columns.
const MISSING: [&str; 9] = ["nan", "na", "n/a", "null", "none", "-", "inf", "-inf", "missing"];

/// A file as rows of cells, as many in each.
#[derive(Clone, Debug)]
pub(super) struct Grid<'a> {
    /// What the user calls the file.
    pub(super) file: &'a str,
    /// What the first line calls the columns.
    pub(super) names: Option<Vec<String>>,
    /// The lines below it.
    pub(super) rows: Vec<Row>,
    /// What separates cells.
    pub(super) separator: u8,
}

/// A line with cells.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Which, counted from 1.
    pub(super) line: usize,
    cells: StringRecord,
}

impl<'a> Grid<'a> {
    /// The cells of a file.
    pub(super) fn of(bytes: &[u8], file: &'a str, asked: &Asked) -> Result<Self> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|e| {
            let line = bytes[..e.valid_up_to()].split(|b| *b == b'\n').count();
            Error::input("file", format!("line {line} of `{file}` is not text in UTF-8"))
                .allowed("Save it as CSV in UTF-8, or as a NumPy array (.npy)")
        })?;
        let (separator, mut rows) = separated(text, file, asked)?;
        let is_named = rows.first().is_some_and(names_columns);
        let names = is_named.then(|| rows.remove(0).cells.iter().map(str::to_owned).collect());
        Ok(Self { file, names, rows, separator })
    }

    /// How many columns there are.
    pub(super) fn width(&self) -> usize {
        self.rows.first().map_or(0, |row| row.cells.len())
    }

    /// The cells of a column.
    pub(super) fn column(&self, k: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().map(move |row| row.cells.get(k).unwrap_or(""))
    }

    /// What a column is called.
    pub(super) fn called(&self, k: usize) -> String {
        match self.names.as_ref().and_then(|names| names.get(k)).filter(|name| !name.is_empty()) {
            Some(name) => format!("`{}`", shown(name)),
            None => (k + 1).to_string(),
        }
    }

    /// A cell with its line: `03/04/2024` in line 2.
    pub(super) fn cell(&self, row: usize, k: usize) -> String {
        let (line, cell) = (self.rows[row].line, self.rows[row].cells.get(k).unwrap_or(""));
        format!("`{}` in line {line}", shown(cell))
    }

    /// The file and a column of it.
    pub(super) fn place(&self, k: usize) -> String {
        format!("of `{}`, column {}", self.file, self.called(k))
    }
}

/// The lines of a text that have cells; `#` begins a comment.
fn split(text: &str, separator: u8) -> Vec<Row> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let bytes = text.as_bytes();
    let end = if bytes.contains(&b'\n') { b'\n' } else { b'\r' };
    let (mut line, mut counted) = (1, 0);
    let mut rows = Vec::new();
    // Bytes that are text make records that are text.
    for cells in reader.records().map_while(std::result::Result::ok) {
        let at = cells.position().map_or(0, csv::Position::byte);
        let begin = beginning(bytes, usize::try_from(at).unwrap_or(0));
        let passed = bytes.get(counted..begin).unwrap_or(&[]);
        line += passed.split(|b| *b == end).count() - 1;
        counted = counted.max(begin);
        if cells.len() > 1 || cells.iter().any(|cell| !cell.is_empty()) {
            rows.push(Row { line, cells });
        }
    }
    rows
}

/// Where the next record begins: the reader's own place is before empty lines and comments.
fn beginning(bytes: &[u8], mut at: usize) -> usize {
    loop {
        match bytes.get(at) {
            Some(b'\n' | b'\r') => at += 1,
            Some(b'#') => {
                let rest = bytes[at..].iter().position(|b| matches!(b, b'\n' | b'\r'));
                at = rest.map_or(bytes.len(), |n| at + n);
            }
            _ => return at.min(bytes.len()),
        }
    }
}

/// What separates cells, and the rows of them.
fn separated(text: &str, file: &str, asked: &Asked) -> Result<(u8, Vec<Row>)> {
    if let Some(separator) = asked.separator {
        let rows = split(text, separator);
        return even(&rows, file, separator).map(|()| (separator, rows));
    }
    let there = |byte: u8| text.as_bytes().contains(&byte);
    let mut fitting: Vec<(u8, Vec<Row>)> = Vec::new();
    for separator in [b';', b'\t'].into_iter().filter(|byte| there(*byte)) {
        let rows = split(text, separator);
        if fits(&rows) {
            fitting.push((separator, rows));
        }
    }
    if let [(_, rows), _] = &fitting[..] {
        let line = rows[0].line;
        return Err(Error::input(
            "separator",
            format!("line {line} of `{file}` has cells between semicolons or between tabs"),
        )
        .allowed("Write separator = \";\" or separator = \"\\t\""));
    }
    if let Some(found) = fitting.pop() {
        return Ok(found);
    }
    let whole = split(text, NOTHING);
    let is_one = is_one_column(&whole);
    let commas = if there(b',') { split(text, b',') } else { Vec::new() };
    if fits(&commas) && (!is_one || asked.decimal == Some('.')) {
        return Ok((b',', commas));
    }
    if is_one && fits(&commas) && asked.decimal.is_none() {
        return Err(unclear(&whole, file));
    }
    if !is_one && let Some((separator, rows)) = most_even(text) {
        return even(&rows, file, separator).map(|()| (separator, rows));
    }
    Ok((NOTHING, whole))
}

/// A text whose lines are one number with a comma, or two numbers.
fn unclear(whole: &[Row], file: &str) -> Error {
    let row = whole.iter().find(|row| row.cells.iter().any(|cell| cell.contains(',')));
    let (cell, line) = row.map_or(("", 0), |row| (row.cells.get(0).unwrap_or(""), row.line));
    Error::input(
        "separator",
        format!("`{}` in line {line} of `{file}` is one number or two cells", shown(cell)),
    )
    .allowed("Write decimal = \",\" for one number, separator = \",\" for two cells")
}

/// Whether rows have as many cells, two or more, and a column of numbers.
fn fits(rows: &[Row]) -> bool {
    let width = rows.first().map_or(0, |row| row.cells.len());
    width >= 2 && rows.iter().all(|row| row.cells.len() == width) && has_numbers(rows)
}

/// Whether lines are a column of numbers below its name, or without one.
fn is_one_column(rows: &[Row]) -> bool {
    let first = rows.first().and_then(|row| row.cells.get(0)).unwrap_or("");
    let is_name = !first.contains([',', ';', '\t']);
    (is_name || numbers::is_number(first)) && has_numbers(rows)
}

/// Whether a column is of numbers, its first cell aside.
fn has_numbers(rows: &[Row]) -> bool {
    let below = if rows.len() > 1 { &rows[1..] } else { rows };
    let width = below.first().map_or(0, |row| row.cells.len());
    (0..width).any(|k| numbers::are_numbers(below.iter().filter_map(|row| row.cells.get(k))))
}

/// The separator at which most lines have as many cells as the first, two or more.
fn most_even(text: &str) -> Option<(u8, Vec<Row>)> {
    let even = |rows: &[Row]| {
        let width = rows.first().map_or(0, |row| row.cells.len());
        rows.iter().filter(|row| row.cells.len() == width && width > 1).count()
    };
    let readings = [b',', b'\t', b';'].map(|separator| (separator, split(text, separator)));
    readings.into_iter().filter(|(_, rows)| even(rows) > 0).max_by_key(|(_, rows)| even(rows))
}

/// Refuses a line with more or fewer cells than the first.
fn even(rows: &[Row], file: &str, separator: u8) -> Result<()> {
    let Some(first) = rows.first() else { return Ok(()) };
    let Some(odd) = rows.iter().find(|row| row.cells.len() != first.cells.len()) else {
        return Ok(());
    };
    let between = match separator {
        b';' => "semicolons",
        b'\t' => "tabs",
        _ => "commas",
    };
    let cells = if odd.cells.len() == 1 { "cell" } else { "cells" };
    let found = format!(
        "line {} of `{file}` has {} {cells} between {between}, line {} has {}",
        odd.line,
        odd.cells.len(),
        first.line,
        first.cells.len()
    );
    Err(Error::input("file", found)
        .allowed("As many in every line; cells that hold the separator stand in quotes"))
}

/// Whether a row holds names: no number, no time, no word for what is missing.
fn names_columns(row: &Row) -> bool {
    let is_data = |cell: &str| {
        numbers::is_number(cell)
            || times::is_time(cell)
            || MISSING.iter().any(|word| cell.eq_ignore_ascii_case(word))
    };
    row.cells.iter().any(|cell| !cell.is_empty()) && !row.cells.iter().any(is_data)
}
