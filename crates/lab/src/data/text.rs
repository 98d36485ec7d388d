//! Tables as text: CSV with commas, semicolons or tabs.
//!
//! - The separator is the one that every one of the first lines has equally often; tabs before
//!   semicolons before commas, as decimal commas are met.
//! - The first line names the columns if none of its cells is a number. A line such as
//!   `150,4,setosa,versicolor,virginica` is the header of scikit-learn: rows, columns and the words
//!   for the labels 0, 1, …
//! - Lines that are empty or begin with `#` are left out.
//! - Every cell is a finite number, but labels may be words; they are numbered in the order of the
//!   alphabet.

use csv::{ByteRecord, ReaderBuilder};
use ground::formula::nearest;
use ground::{Error, Result};

use super::{Label, Labels, Table, grouped, listed, shortened};

/// How many lines are looked at for the separator.
const LOOKED_AT: usize = 10;

/// What the first line is.
enum Header {
    /// Numbers.
    Absent,
    /// The names of the columns.
    Names,
    /// Rows, columns without the label, and words for the labels.
    Counts { n: usize, d: usize, words: Vec<String> },
}

/// The table in the bytes of a file.
pub(super) fn read(bytes: &[u8], label: Option<&Label>) -> Result<Table> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .delimiter(separator(bytes))
        .from_reader(bytes);
    let mut records = reader.byte_records().map(|r| r.map_err(|e| Error::bug(e.to_string())));
    let first = records.next().transpose()?;
    let second = records.next().transpose()?;
    let Some(first) = first else { return Err(no_rows()) };
    let header = header(&first, second.as_ref());
    let mut grid = match &header {
        Header::Absent => Grid::new(bytes, &first, Vec::new(), label)?,
        Header::Names => {
            let names = first.iter().map(|cell| plain(cell).trim().to_owned()).collect();
            Grid::new(bytes, second.as_ref().ok_or_else(no_rows)?, names, label)?
        }
        Header::Counts { .. } => {
            Grid::new(bytes, second.as_ref().ok_or_else(no_rows)?, Vec::new(), label)?
        }
    };
    if matches!(header, Header::Absent) {
        grid.row(&first)?;
    }
    if let Some(second) = second {
        grid.row(&second)?;
    }
    for record in records {
        grid.row(&record?)?;
    }
    match header {
        Header::Counts { n, d, words } => grid.counted(n, d, words),
        _ => Ok(grid.table()),
    }
}

fn no_rows() -> Error {
    Error::input("", "the text has no rows of numbers")
        .allowed("A row has a number a column and a label, separated by commas, semicolons or tabs")
}

/// A cell as text, whatever its bytes are.
fn plain(cell: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(cell)
}

fn number(cell: &[u8]) -> Option<f64> {
    std::str::from_utf8(cell).ok()?.trim().parse().ok()
}

/// What the first line is, told by itself and by the one after it.
fn header(first: &ByteRecord, second: Option<&ByteRecord>) -> Header {
    if first.iter().all(|cell| number(cell).is_none()) {
        return Header::Names;
    }
    let count = |cell: &[u8]| plain(cell).trim().parse::<usize>().ok();
    let cells: Vec<&[u8]> = first.iter().collect();
    if let [n, d, words @ ..] = &cells[..]
        && let (Some(n), Some(d)) = (count(n), count(d))
        && !words.is_empty()
        && words.iter().all(|word| number(word).is_none())
        && let Some(second) = second
        && second.len() == d.saturating_add(1)
        && second.iter().all(|cell| number(cell).is_some())
    {
        let words = words.iter().map(|word| plain(word).trim().to_owned()).collect();
        return Header::Counts { n, d, words };
    }
    Header::Absent
}

/// The separator, told by the first lines.
fn separator(bytes: &[u8]) -> u8 {
    const KNOWN: [u8; 3] = [b'\t', b';', b','];
    let counts = |line: &[u8]| {
        let mut inside = false;
        let mut counts = [0_usize; 3];
        for &b in line {
            inside ^= b == b'"';
            if let Some(k) = KNOWN.iter().position(|&s| s == b && !inside) {
                counts[k] += 1;
            }
        }
        counts
    };
    let is_row = |line: &&[u8]| !line.trim_ascii().is_empty() && !line.starts_with(b"#");
    let lines = bytes.split(|&b| b == b'\n' || b == b'\r').filter(is_row);
    let counts: Vec<[usize; 3]> = lines.take(LOOKED_AT).map(counts).collect();
    let Some(first) = counts.first() else { return b',' };
    let equal = |k: &usize| first[*k] > 0 && counts.iter().all(|c| c[*k] == first[*k]);
    let most = || (0..3).rev().max_by_key(|&k| first[k]).unwrap_or(2);
    KNOWN[(0..3).find(equal).unwrap_or_else(most)]
}

/// The labels read so far.
enum Marks {
    Absent,
    Numbers(Vec<f64>),
    Words(Vec<String>),
}

/// The rows read so far.
struct Grid<'b> {
    bytes: &'b [u8],
    width: usize,
    names: Vec<String>,
    /// The column of the labels, from 0.
    label: Option<usize>,
    x: Vec<f64>,
    marks: Marks,
}

impl<'b> Grid<'b> {
    /// No rows yet; they will be as the one given.
    fn new(
        bytes: &'b [u8],
        row: &ByteRecord,
        names: Vec<String>,
        label: Option<&Label>,
    ) -> Result<Self> {
        let width = row.len();
        let label = column(label, width, &names)?;
        let marks = match label.map(|k| number(&row[k])) {
            None => Marks::Absent,
            Some(Some(_)) => Marks::Numbers(Vec::new()),
            Some(None) => Marks::Words(Vec::new()),
        };
        let grid = Self { bytes, width, names, label, x: Vec::new(), marks };
        if !grid.names.is_empty() && grid.names.len() != width {
            let found = format!("the first line names {} columns", grid.names.len());
            let line = grid.line(row);
            return Err(
                Error::input("", found).allowed(format!("Line {line} has {}", cells(width)))
            );
        }
        Ok(grid)
    }

    /// One row more.
    fn row(&mut self, row: &ByteRecord) -> Result<()> {
        let blank = row.len() == 1 && row[0].trim_ascii().is_empty();
        if row.len() != self.width && blank {
            return Ok(());
        }
        if row.len() != self.width {
            let found = format!("line {} has {}", self.line(row), cells(row.len()));
            return Err(Error::input("", found)
                .allowed(format!("The rows before it have {}", cells(self.width))));
        }
        for (k, cell) in row.iter().enumerate() {
            let Ok(text) = std::str::from_utf8(cell) else {
                return Err(self.refused(row, k, "is not text in UTF-8"));
            };
            let text = text.trim();
            if text.is_empty() {
                return Err(self.refused(row, k, ""));
            }
            let value = text.parse::<f64>().ok();
            if value.is_some_and(|v| !v.is_finite()) {
                return Err(self.refused(row, k, "is not finite"));
            }
            match (self.label == Some(k), &mut self.marks, value) {
                (true, Marks::Words(words), _) => words.push(text.to_owned()),
                (true, Marks::Numbers(numbers), Some(value)) => numbers.push(value),
                (false, _, Some(value)) => self.x.push(value),
                _ => return Err(self.refused(row, k, "is not a number")),
            }
        }
        Ok(())
    }

    /// The error at the k-th cell of a row.
    fn refused(&self, row: &ByteRecord, k: usize, what: &str) -> Error {
        let name = self.names.get(k).map_or_else(String::new, |n| format!(" ({})", shortened(n)));
        let (line, column) = (self.line(row), k + 1);
        let cell = plain(&row[k]);
        let found = if what.is_empty() {
            format!("line {line}, column {column}{name}: the cell is empty")
        } else {
            format!("line {line}, column {column}{name}: `{}` {what}", shortened(&cell))
        };
        let allowed = if cell.contains(',') && number(cell.replace(',', ".").as_bytes()).is_some() {
            "Decimals follow a point, not a comma"
        } else if self.label == Some(k) {
            "Labels are all numbers or all words, as the first one is"
        } else {
            "Every cell is a finite number; the first line may name the columns, without a number among the names"
        };
        Error::input("", found).allowed(allowed)
    }

    /// The line on which a row begins, from 1: the reader counts lines left out as the row's.
    fn line(&self, row: &ByteRecord) -> usize {
        let at = row.position().map_or(0, csv::Position::byte);
        let at = usize::try_from(at).unwrap_or(usize::MAX).min(self.bytes.len());
        let (before, mut rest) = self.bytes.split_at(at);
        let mut line = 1 + ends(before);
        // A record may be said to begin between the two bytes of an end of line.
        if before.ends_with(b"\r") && rest.starts_with(b"\n") {
            rest = &rest[1..];
        }
        while let Some(end) = rest.iter().position(|&b| b == b'\n' || b == b'\r') {
            if end > 0 && rest[0] != b'#' {
                break;
            }
            let pair = rest[end..].starts_with(b"\r\n");
            line += 1;
            rest = &rest[end + if pair { 2 } else { 1 }..];
        }
        line
    }

    fn table(self) -> Table {
        let (labels, width) = (self.label, self.width);
        let names = self.names.into_iter().enumerate().filter(|(k, _)| labels != Some(*k));
        let names = names.map(|(_, name)| name).collect();
        let labels = match self.marks {
            Marks::Absent => None,
            Marks::Numbers(numbers) => Some(Labels { outputs: 1, numbers, words: Vec::new() }),
            Marks::Words(words) => Some(in_order(&words)),
        };
        let shape = vec![width - usize::from(labels.is_some())];
        Table { shape, names, x: self.x, labels }
    }

    /// The table, if it has as many rows as its first line says.
    fn counted(self, n: usize, d: usize, words: Vec<String>) -> Result<Table> {
        let mut table = self.table();
        if table.n() != n {
            let found = format!(
                "the first line says {} rows of {d} numbers and a label, the file has {}",
                grouped(n),
                grouped(table.n())
            );
            return Err(Error::input("", found).allowed("The file is cut; copy it again"));
        }
        let Some(labels) = &mut table.labels else { return Ok(table) };
        if let Some(i) =
            labels.numbers.iter().position(|&v| !(0..words.len()).any(|k| k as f64 == v))
        {
            let found = format!("row {} has the label {}", i + 1, labels.numbers[i]);
            return Err(Error::input("", found)
                .allowed(format!("The first line has words for 0 to {}", words.len() - 1)));
        }
        labels.words = words;
        Ok(table)
    }
}

fn cells(count: usize) -> String {
    if count == 1 { "1 cell".to_owned() } else { format!("{count} cells") }
}

/// The ends of lines in some bytes: \n, \r\n or \r.
fn ends(bytes: &[u8]) -> usize {
    let pairs = bytes.windows(2).filter(|pair| pair == b"\r\n").count();
    bytes.iter().filter(|&&b| b == b'\n' || b == b'\r').count() - pairs
}

/// The words numbered in the order of the alphabet.
fn in_order(marks: &[String]) -> Labels {
    let mut words = marks.to_vec();
    words.sort();
    words.dedup();
    let of = |mark: &String| words.partition_point(|word| word < mark) as f64;
    Labels { outputs: 1, numbers: marks.iter().map(of).collect(), words }
}

/// The column of the labels, from 0.
fn column(label: Option<&Label>, width: usize, names: &[String]) -> Result<Option<usize>> {
    let k = match label {
        Some(Label::Absent) => return Ok(None),
        None if width == 1 => return Ok(None),
        None | Some(Label::Last) => width,
        Some(Label::Column(k)) => *k,
        Some(Label::Named(name)) => named(name, names)?,
    };
    if k == 0 || k > width {
        return Err(Error::input("label", format!("there is no column {k}"))
            .allowed(format!("There are {width} columns, counted from 1")));
    }
    if width == 1 {
        return Err(Error::input("label", "the file has one column, and no points beside it")
            .allowed("A file of labels alone is read without labels and put beside the points"));
    }
    Ok(Some(k - 1))
}

/// The column of a name, from 1.
fn named(name: &str, names: &[String]) -> Result<usize> {
    if names.is_empty() {
        return Err(Error::input("label", format!("there is no column `{name}`"))
            .allowed("The first line has numbers and names no columns; give the column's number"));
    }
    let mut found = names.iter().enumerate().filter(|(_, n)| *n == name).map(|(k, _)| k + 1);
    match (found.next(), found.next()) {
        (Some(k), None) => Ok(k),
        (Some(k), Some(other)) => {
            let found = format!("columns {k} and {other} are both called `{name}`");
            Err(Error::input("label", found).allowed("Give the column's number"))
        }
        (None, _) => {
            let known = names.iter().map(String::as_str);
            Err(Error::input("label", format!("there is no column `{name}`"))
                .nearest(nearest(name, known.clone()))
                .allowed(format!("The columns are {}", listed(known))))
        }
    }
}

#[cfg(test)]
mod tests;
