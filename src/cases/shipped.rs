//! The shipped cases, in the binary, by name.

use std::io::Read;
use std::path::Path;

use ground::{Error, Result};
use include_dir::{Dir, File, include_dir};

use super::input;
use super::read::Case;
use super::schema::nearest;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/cases");

/// Bytes of the longest case file, and of a matrix beside it: 64 MiB, a matrix of 1700 columns.
pub(super) const LONGEST: u64 = 1 << 26;

/// The bytes of a file that a case names, or what is wrong with it and what is allowed.
pub(super) fn named(path: &Path, name: &str) -> std::result::Result<Vec<u8>, [String; 2]> {
    let give = "Give a CSV or .npy file";
    short(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => [
            format!("there is no file `{name}`"),
            format!("{give}; its path begins at the folder of the case file"),
        ],
        std::io::ErrorKind::FileTooLarge => {
            [format!("`{name}` is too long"), format!("At most {} MiB", LONGEST >> 20)]
        }
        _ => [format!("`{name}` cannot be read: {e}"), give.to_owned()],
    })
}

/// The folder of wrong case files, each with the sentence it must produce: not for solving.
const WRONG: &str = "bad";

/// All shipped cases as family and name, in order.
pub fn names() -> Vec<(String, String)> {
    let mut names: Vec<_> =
        files().map(|(family, file)| (family.to_owned(), stem(file.path()))).collect();
    names.sort();
    names
}

/// Opens a case: a file, a training input of DeePMD-kit, or the name of a shipped case.
pub fn open(case: &str) -> Result<Case> {
    open_with(case, None)
}

/// The same; `steps` replaces the steps of an input before anything is computed from them.
pub fn open_with(case: &str, steps: Option<&str>) -> Result<Case> {
    let path = Path::new(case);
    let is_path = case.contains(['/', '\\'])
        || path.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"))
        || input::is_input(path)
        || path.is_file();
    if !is_path {
        return by_name(case);
    }
    let text = short(path).map_err(|e| {
        let what = match e.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            std::io::ErrorKind::FileTooLarge => "this is too long for a case file".to_owned(),
            _ => format!("this file cannot be read: {e}"),
        };
        let shipped =
            "Give a case file, or the name of a shipped case; `esperance cases` lists them";
        Error::input("", what).allowed(shipped).in_file(case)
    })?;
    let text = String::from_utf8(text).map_err(|_| {
        Error::input("", "this file is not text")
            .allowed("A case file is TOML in UTF-8")
            .in_file(case)
    })?;
    if input::is_input(path) {
        return input::case(&stem(path), case, &text, steps);
    }
    Case::parse(&stem(path), case, &text)
}

/// The bytes of a file of at most [`LONGEST`]; of a device or pipe no more are taken either.
pub(super) fn short(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(std::io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

fn by_name(name: &str) -> Result<Case> {
    let found = files().find(|(_, file)| stem(file.path()) == name);
    let Some(text) = found.and_then(|(_, file)| file.contents_utf8()) else {
        let names = names();
        let known = || names.iter().map(|(_, name)| name.as_str());
        let part = known().filter(|known| known.contains(name)).min_by_key(|known| known.len());
        return Err(Error::input("", format!("`{name}` is neither a file nor a shipped case"))
            .nearest(nearest(name, known()).or_else(|| part.map(str::to_owned)))
            .allowed("`esperance cases` lists the shipped ones"));
    };
    Case::parse(name, name, text)
}

/// The bytes of a file that the cases of a family bring with them.
pub(crate) fn data(family: &str, name: &str) -> Option<&'static [u8]> {
    FILES.get_file(format!("{family}/data/{name}")).map(File::contents)
}

fn files() -> impl Iterator<Item = (&'static str, &'static File<'static>)> {
    FILES
        .dirs()
        .filter_map(|dir| Some((dir.path().to_str()?, dir)))
        .filter(|(family, _)| *family != WRONG)
        .flat_map(|(family, dir)| dir.files().map(move |file| (family, file)))
        .filter(|(_, file)| file.path().extension().is_some_and(|e| e == "toml"))
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned())
}
