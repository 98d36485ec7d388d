//! Matrices that a case keeps in files of their own: CSV and NumPy.
//!
//! A file is read before anything else looks at the case, and its numbers stand where its name
//! stood: the complete case needs no other file, and its digest holds the numbers.

use std::borrow::Cow;
use std::path::Path;

use ground::npy::{self, Kind};
use ground::{Error, Result};
use toml::{Table, Value};

use super::read::Case;
use super::shipped::named;

/// Where a case may name a file instead of a matrix.
const PLACES: [&[&str]; 2] = [&["model", "diffusion"], &["model", "diffusion", "correlation"]];

/// The files of a case: the key, and the name the user gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Files(Vec<(String, String)>);

impl Files {
    /// An error about a matrix, with the file it came from.
    pub(super) fn name(&self, mut error: Error) -> Error {
        if let Error::Input(input) = &mut error
            && let Some((_, file)) = self.0.iter().find(|(key, _)| *key == input.key)
        {
            input.found = format!("in `{file}`, {}", input.found);
        }
        error
    }
}

/// The tables of a case with the numbers of its files in them.
pub(super) fn embedded(case: &Case) -> Result<(Cow<'_, Table>, Files)> {
    let mut tables = Cow::Borrowed(&case.sections);
    let mut files = Files::default();
    for place in PLACES {
        let Some(name) = name_at(&case.sections, place) else { continue };
        let key = place.join(".");
        let path = case.folder(&format!("{key}.file")).join(name);
        let dim = case.sections.get("model").and_then(|model| model.get("dim"));
        let dim = dim.and_then(Value::as_integer).and_then(|d| usize::try_from(d).ok());
        let rows = rows(&path, name, dim).map_err(|wrong| {
            Error::input(format!("{key}.file"), wrong.found).allowed(wrong.allowed)
        })?;
        let matrix = rows.into_iter().map(Value::from).collect::<Vec<_>>();
        put(tables.to_mut(), place, Value::Array(matrix));
        files.0.push((key, name.to_owned()));
    }
    Ok((tables, files))
}

/// The name of the file at a place, where nothing else stands beside it.
fn name_at<'a>(tables: &'a Table, place: &[&str]) -> Option<&'a str> {
    let (first, rest) = place.split_first()?;
    let value = rest.iter().try_fold(tables.get(*first)?, |value, key| value.get(key))?;
    let table = value.as_table().filter(|table| table.len() == 1)?;
    table.get("file")?.as_str()
}

fn put(tables: &mut Table, place: &[&str], value: Value) {
    match place {
        [] => {}
        [last] => {
            tables.insert((*last).to_owned(), value);
        }
        [first, rest @ ..] => {
            if let Some(Value::Table(inner)) = tables.get_mut(*first) {
                put(inner, rest, value);
            }
        }
    }
}

/// What is wrong with a file, and what is allowed.
struct Wrong {
    found: String,
    allowed: String,
}

fn wrong(found: String, allowed: impl Into<String>) -> Wrong {
    Wrong { found, allowed: allowed.into() }
}

/// The matrix in a file that the user calls `name`: `dim` rows of `dim` numbers.
fn rows(path: &Path, name: &str, dim: Option<usize>) -> std::result::Result<Vec<Vec<f64>>, Wrong> {
    let bytes = named(path, name).map_err(|[found, allowed]| wrong(found, allowed))?;
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("npy")) {
        numpy(&bytes, name, dim)
    } else {
        text(&bytes, name, dim)
    }
}

/// What the size must be, in words.
fn size(dim: Option<usize>) -> String {
    dim.map_or_else(
        || "As many rows as columns".to_owned(),
        |d| format!("The matrix is {d} x {d} here: {d} rows of {d} numbers"),
    )
}

/// Numbers separated by commas; the first line may be names, `#` begins a comment.
fn text(bytes: &[u8], name: &str, dim: Option<usize>) -> std::result::Result<Vec<Vec<f64>>, Wrong> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(bytes);
    let mut rows: Vec<Vec<f64>> = Vec::new();
    let mut last = 0;
    for (k, record) in reader.records().enumerate() {
        let not_text = "A text file of numbers separated by commas, or a NumPy file (.npy)";
        let record = record.map_err(|_| wrong(format!("`{name}` is not text"), not_text))?;
        let line = record.position().map_or(0, csv::Position::line);
        let is_names = k == 0 && record.iter().all(|field| field.parse::<f64>().is_err());
        if is_names {
            continue;
        }
        let row = numbers(&record, line, name)?;
        let due = dim.or_else(|| rows.first().map(Vec::len)).unwrap_or(row.len());
        if row.len() != due {
            let found = format!("line {line} of `{name}` has {} numbers", row.len());
            return Err(wrong(found, size(dim.or(Some(due)))));
        }
        last = line;
        rows.push(row);
        if dim.is_some_and(|d| rows.len() > d) {
            return Err(wrong(format!("line {line} of `{name}` is a row too many"), size(dim)));
        }
    }
    if rows.is_empty() || dim.is_some_and(|d| rows.len() != d) {
        let found =
            format!("`{name}` has {} rows of numbers, and ends after line {last}", rows.len());
        return Err(wrong(found, size(dim)));
    }
    Ok(rows)
}

fn numbers(
    record: &csv::StringRecord,
    line: u64,
    name: &str,
) -> std::result::Result<Vec<f64>, Wrong> {
    let allowed = "Finite numbers separated by commas; the first line may name the columns";
    let number = |(k, field): (usize, &str)| {
        let refused = |what: &str| {
            let column = k + 1;
            let found =
                format!("line {line} of `{name}`, column {column}: `{field}` is not {what}");
            wrong(found, allowed)
        };
        let number: f64 = field.parse().map_err(|_| refused("a number"))?;
        if number.is_finite() { Ok(number) } else { Err(refused("finite")) }
    };
    record.iter().enumerate().map(number).collect()
}

/// A square NumPy array.
fn numpy(
    bytes: &[u8],
    name: &str,
    dim: Option<usize>,
) -> std::result::Result<Vec<Vec<f64>>, Wrong> {
    let array = npy::read(bytes).ok().filter(|array| array.kind == Kind::Float);
    let Some((n, columns, data)) = array.and_then(|array| match array.shape[..] {
        [rows, columns] => Some((rows, columns, array.numbers)),
        _ => None,
    }) else {
        let allowed = "Write it with numpy.save, from an array of two axes, float64 or float32";
        return Err(wrong(format!("`{name}` is not a matrix of type f8 or f4"), allowed));
    };
    if n != columns || n == 0 || dim.is_some_and(|d| n != d) {
        return Err(wrong(format!("`{name}` is {n} x {columns}"), size(dim)));
    }
    if let Some(at) = data.iter().position(|v| !v.is_finite()) {
        let (v, row, column) = (data[at], at / n + 1, at % n + 1);
        let found = format!("`{name}` holds {v} in row {row}, column {column}");
        return Err(wrong(found, "Finite numbers"));
    }
    Ok(data.chunks(n).map(<[f64]>::to_vec).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = "[case]\nversion = 1\n[model]\nkind = \"parabolic\"\ndim = 2\nhorizon = 1.0\n\
                        diffusion = DIFFUSION\nterminal = \"sum(x)\"\n[problem]\nkind = \"deep-bsde\"\n";

    /// A case in a folder beside a file.
    fn resolved(file: &str, bytes: &[u8], diffusion: &str) -> Result<super::super::Resolved> {
        let here = tempfile::tempdir().map_err(|e| Error::io("here", e))?;
        std::fs::write(here.path().join(file), bytes).map_err(|e| Error::io(file, e))?;
        let path = here.path().join("case.toml").display().to_string();
        let case = Case::parse("case", &path, &CASE.replace("DIFFUSION", diffusion))?;
        super::super::resolve(case)
    }

    #[test]
    fn the_complete_case_holds_the_numbers() {
        let of = |text: &str| resolved("s.csv", text.as_bytes(), "{ file = \"s.csv\" }").unwrap();
        let named = of("a, b\n# the factor\n0.1, 0.0\n0.05, 2e-1\n");
        let complete = named.text().unwrap();
        assert!(complete.contains("diffusion = [[0.1, 0.0], [0.05, 0.2]]"), "{complete}");
        let plain = of("\u{feff}0.1,0\r\n0.05,0.2");
        assert_eq!(named.identity().unwrap(), plain.identity().unwrap());
        let other = of("0.1,0\n0.05,0.3");
        assert_ne!(named.identity().unwrap(), other.identity().unwrap());
        assert_eq!(named.differences(&other.text().unwrap()).unwrap(), ["model.diffusion"]);
        let again = Case::parse("case", "elsewhere/case.toml", &complete).unwrap();
        let again = super::super::resolve(again).unwrap();
        assert_eq!(again.identity().unwrap(), named.identity().unwrap());
        assert_eq!(again.pose().unwrap().0, named.pose().unwrap().0);
    }

    #[test]
    fn a_correlation_may_be_in_a_file() {
        let diffusion = "{ volatility = [0.1, 0.2], correlation = { file = \"rho.csv\" } }";
        let resolved = resolved("rho.csv", b"1,0.6\n0.6,1\n", diffusion).unwrap();
        let (problem, _) = resolved.pose().unwrap();
        let paths::model::Diffusion::Matrix(sigma) = problem.equation.diffusion else {
            panic!("{:?}", problem.equation.diffusion)
        };
        for (found, due) in sigma.iter().zip([0.1, 0.0, 0.12, 0.16]) {
            assert!((found - due).abs() < 1e-15, "{sigma:?}");
        }
    }

    #[test]
    fn a_file_said_on_the_command_line_is_looked_for_here() {
        let text = CASE.replace("DIFFUSION", "1.0");
        let mut case = Case::parse("case", "far/away.toml", &text).unwrap();
        assert_eq!(case.folder("model.diffusion.file"), Path::new("far"));
        case.set("--set", "model.diffusion.file", "s.csv").unwrap_err();
        case.set("--set", "model.diffusion", "{ file = \"s.csv\" }").unwrap();
        assert_eq!(case.folder("model.diffusion.file"), Path::new(""));
    }
}
