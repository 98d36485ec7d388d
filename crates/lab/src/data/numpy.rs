//! Tables from NumPy arrays: NPY, one array, and NPZ, several of them by name.
//!
//! The first index counts the points. Types, versions and orders are those of [`ground::npy`].

use std::io::{Cursor, Read as _};

use ground::formula::nearest;
use ground::npy::{self, Array};
use ground::{Error, Result};
use zip::ZipArchive;

use super::{Label, Labels, Options, Table, grouped, listed};

const ALLOWED: &str = "Write it with numpy.savez(FILE, x=…, y=…)";

/// The table in one array.
pub(super) fn read(bytes: &[u8], label: Option<&Label>) -> Result<Table> {
    let array = npy::read(bytes)?;
    let table = Table::of(&array.shape, array.numbers)?;
    let wanted = match label {
        None | Some(Label::Absent) => return Ok(table),
        Some(Label::Named(name)) => {
            return Err(Error::input("label", format!("a NumPy array has no column `{name}`"))
                .allowed(
                    "Its columns have numbers from 1 on; arrays with names are in NPZ files",
                ));
        }
        Some(Label::Last) => None,
        Some(Label::Column(k)) => Some(*k),
    };
    let columns = match table.shape[..] {
        [columns] if columns > 1 => columns,
        _ => {
            let found = format!("an array of shape {:?} has no column to spare", array.shape);
            return Err(Error::input("label", found)
                .allowed("Labels and points in one array are a matrix of two columns or more"));
        }
    };
    let k = wanted.unwrap_or(columns);
    if k == 0 || k > columns {
        return Err(Error::input("label", format!("there is no column {k}"))
            .allowed(format!("There are {columns} columns, counted from 1")));
    }
    Ok(table.split_column(k - 1))
}

/// The table in a file of several arrays.
pub(super) fn read_several(bytes: &[u8], options: &Options) -> Result<Table> {
    let y = match &options.label {
        None => Some("y"),
        Some(Label::Named(name)) => Some(name.as_str()),
        Some(Label::Absent) => None,
        Some(Label::Last | Label::Column(_)) => {
            return Err(Error::input("label", "the arrays of an NPZ file have names, not numbers")
                .allowed("Name the array of the labels"));
        }
    };
    let mut archive = Archive::open(bytes, options.unpacked)?;
    let x = archive.array(&options.x)?;
    let mut table = Table::of(&x.shape, x.numbers).map_err(|error| within(&options.x, error))?;
    if let Some(y) = y {
        let array = archive.array(y)?;
        let labels = Table::of(&array.shape, array.numbers).map_err(|error| within(y, error))?;
        let (outputs, numbers) = (labels.d(), labels.x);
        table.labels = Some(Labels { outputs, numbers, words: Vec::new() });
    }
    table.matched()
}

/// The arrays of a file, by name.
struct Archive<'b> {
    zip: ZipArchive<Cursor<&'b [u8]>>,
    /// Without the `.npy` that numpy.savez appends, in the order of the file.
    names: Vec<String>,
    /// The most bytes that an array may become.
    most: usize,
}

impl<'b> Archive<'b> {
    fn open(bytes: &'b [u8], most: usize) -> Result<Self> {
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
        let mut names = Vec::new();
        for k in 0..zip.len() {
            let entry = zip.by_index_raw(k).map_err(|e| broken(&e))?;
            names.push(entry.name().trim_end_matches(".npy").to_owned());
        }
        Ok(Self { zip, names, most })
    }

    fn array(&mut self, name: &str) -> Result<Array> {
        let Some(k) = self.names.iter().position(|found| found == name) else {
            let known = self.names.iter().map(String::as_str);
            let allowed = if self.names.is_empty() {
                "The file is empty".to_owned()
            } else {
                format!("The file has {}", listed(known.clone()))
            };
            return Err(Error::input("", format!("there is no array `{name}`"))
                .nearest(nearest(name, known))
                .allowed(allowed));
        };
        let entry = self.zip.by_index(k).map_err(|e| broken(&e))?;
        let mut bytes = Vec::new();
        // One byte more than allowed tells that there are too many.
        let limit = (self.most as u64).saturating_add(1);
        entry.take(limit).read_to_end(&mut bytes).map_err(|e| broken(&e))?;
        if bytes.len() > self.most {
            let found = format!("the array unpacks to more than {} bytes", grouped(self.most));
            let error = Error::input("", found).allowed("Raise the limit if the file is meant");
            return Err(within(name, error));
        }
        npy::read(&bytes).map_err(|error| within(name, error))
    }
}

fn broken(error: &dyn std::fmt::Display) -> Error {
    Error::input("", format!("this is no NPZ file, or it is cut or damaged ({error})"))
        .allowed(ALLOWED)
}

/// The error at an array of this name.
fn within(name: &str, error: Error) -> Error {
    match error {
        Error::Input(input) => Error::input(name, input.found).allowed(input.allowed),
        other => other,
    }
}

#[cfg(test)]
pub(super) mod tests;
