//! Frames from files: which format, which of them, what was odd.
//!
//! A path is a file, or a folder that holds systems of DeePMD-kit or outputs of other programs at any
//! depth. Where there are systems, only they are read: outputs beside them are often their source. In a
//! folder where VASP ran, its OUTCAR is read and vasprun.xml and POSCAR are not: they say the same.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use atoms::Frames;
use atoms::format::{self, Format, Options, Source, Tree};
use ground::{Error, Result};

use crate::cases::schema::nearest;
use crate::cases::shipped;

#[cfg(feature = "cli")]
mod chosen;
#[cfg(feature = "cli")]
mod write;
#[cfg(feature = "cli")]
pub(crate) use chosen::Chosen;
#[cfg(feature = "cli")]
pub use write::write;

/// Folders are searched to this depth.
const DEEPEST: usize = 16;

/// The frames of one file or system.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What a message calls it: its path.
    pub name: String,
    /// Its format.
    pub format: Format,
    /// Its frames, those that were chosen.
    pub frames: Frames,
    /// The number of each in the file, counted from 0.
    pub numbers: Vec<usize>,
    /// What was odd, a sentence each.
    pub warnings: Vec<String>,
}

/// The format of this name.
pub fn named(option: &str, name: &str) -> Result<Format> {
    Format::named(name).ok_or_else(|| {
        let written = option == "--to";
        let known = Format::ALL.into_iter().filter(|format| !written || format.is_written());
        let meant = Format::meant(name).filter(|format| !written || format.is_written());
        let meant = meant.map(|format| format.name().to_owned());
        let names = if written { format::written_names() } else { format::names() };
        Error::input(option, format!("unknown format `{name}`"))
            .nearest(meant.or_else(|| nearest(name, known.map(Format::name))))
            .allowed(format!("{}{names}", if written { "Written are " } else { "Known here: " }))
    })
}

/// What data that the program brings begin with.
pub(crate) const SHIPPED: &str = "shipped:";

/// The frames that the program brings under this name; none where the path is one.
pub(crate) fn brought(path: &str) -> Option<Result<Loaded>> {
    let name = path.strip_prefix(SHIPPED)?;
    let Some(bytes) = shipped::data("atoms", name) else {
        return Some(Err(Error::input("", format!("the program brings no `{name}`"))
            .allowed("Leave `shipped:` away for a file of your own")));
    };
    let source = Source::File(bytes);
    let read = |format| loaded(name.to_owned(), format, source, Options::default());
    Some(format::detect(name, source).and_then(read))
}

/// The frames of every path, in order; a folder may give several, and what begins with `shipped:` is brought
/// by the program.
pub fn read(paths: &[PathBuf], from: Option<Format>, options: Options) -> Result<Vec<Loaded>> {
    let mut all = Vec::new();
    for path in paths {
        let name = path.display().to_string();
        if let Some(brought) = brought(&name) {
            all.push(brought?);
            continue;
        }
        let kind = fs::metadata(path)
            .map_err(|_| Error::input("", "there is no such file or folder").in_file(&name))?;
        if kind.is_dir() {
            all.extend(folder(path, from, options)?);
        } else {
            all.push(file(path, from, options)?);
        }
    }
    Ok(all)
}

/// All frames together; species are put together by name.
pub fn together(all: Vec<Loaded>) -> Frames {
    let mut frames = Frames::default();
    for one in all {
        frames.append(one.frames);
    }
    frames
}

/// The same frames with these species, in this order; where species have no names, they get these.
pub fn with_species(mut frames: Frames, names: &[String]) -> Result<Frames> {
    let unnamed = frames.species.iter().all(|name| name.starts_with("Type_"));
    if !unnamed {
        return frames.in_terms_of(names);
    }
    if frames.species.len() > names.len() {
        let n = frames.species.len();
        return Err(Error::input("--species", format!("{} names for {n} types", names.len()))
            .allowed("A name for each type, in their order, such as O,H"));
    }
    frames.species = names.to_vec();
    Ok(frames)
}

/// The bytes of a file that a user named.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|e| {
        let what = match e.kind() {
            ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => format!("this file cannot be read: {e}"),
        };
        Error::input("", what).in_file(&path.display().to_string())
    })
}

/// The format that the beginning of a file tells.
fn begins(path: &Path) -> Option<Format> {
    let mut head = Vec::new();
    fs::File::open(path).ok()?.take(1 << 14).read_to_end(&mut head).ok()?;
    format::of_contents(&head)
}

fn file(path: &Path, from: Option<Format>, options: Options) -> Result<Loaded> {
    let name = path.display().to_string();
    let bytes = bytes(path)?;
    let source = Source::File(&bytes);
    let format = from.map_or_else(|| format::detect(&name, source), Ok)?;
    loaded(name, format, source, options)
}

/// What a file or folder holds.
pub(crate) fn loaded(
    name: String,
    format: Format,
    source: Source<'_>,
    options: Options,
) -> Result<Loaded> {
    let read = format::read(format, &name, source, options)?;
    let numbers = (0..read.frames.len()).collect();
    Ok(Loaded { name, format, frames: read.frames, numbers, warnings: read.warnings })
}

/// Everything below a folder.
fn folder(path: &Path, from: Option<Format>, options: Options) -> Result<Vec<Loaded>> {
    let files = files(path)?;
    let systems: Vec<&str> = files
        .iter()
        .filter(|file| *file == "type.raw" || file.ends_with("/type.raw"))
        .map(|file| file.strip_suffix("type.raw").unwrap_or(""))
        .collect();
    if from.is_none_or(Format::is_folder) && !systems.is_empty() {
        let one = |system: &&str| self::system(path, system, &files, (from, options));
        let mut all: Vec<Loaded> = systems.iter().map(one).collect::<Result<_>>()?;
        let others = chosen(&files, None);
        let others =
            others.iter().filter(|(_, f)| !matches!(f, Format::Mlearn | Format::Npz)).count();
        if others > 0 && from.is_none() {
            let one = if others == 1 { "1 file" } else { &format!("{others} files") };
            all[0].warnings.push(format!(
                "beside it are {one} of other formats, not read: their frames may be the same; --from \
                 reads them"
            ));
        }
        return Ok(all);
    }
    let name = path.display().to_string();
    let mut chosen = chosen(&files, from);
    // Of JSON there are many kinds, and of .npz files.
    let unsure = |format| matches!(format, Format::Mlearn | Format::Npz) && from.is_none();
    chosen.retain(|(file, format)| !unsure(*format) || begins(&path.join(file)) == Some(*format));
    if chosen.is_empty() {
        return Err(Error::input("", "there is nothing to read in this folder")
            .allowed(format!("Systems with type.raw, or files of the formats {}", format::names()))
            .in_file(&name));
    }
    chosen
        .into_iter()
        .map(|(file, format)| self::file(&path.join(file), Some(format), options))
        .collect()
}

/// The files whose names tell a format; of one run of VASP one.
fn chosen(files: &[String], from: Option<Format>) -> Vec<(&str, Format)> {
    let rank = |format: Format| match format {
        Format::Outcar => 3,
        Format::Vasprun => 2,
        Format::Poscar => 1,
        _ => 0,
    };
    let parent = |file: &str| file.rsplit_once('/').map_or(String::new(), |(p, _)| p.to_owned());
    let of_name = |file: &'_ String| Some((file.clone(), format::of_name(file)?));
    let known: Vec<(String, Format)> = files
        .iter()
        .filter_map(of_name)
        .filter(|(_, format)| from.is_none_or(|from| from == *format))
        .collect();
    let mut best: BTreeMap<String, u8> = BTreeMap::new();
    for (file, format) in &known {
        let most = best.entry(parent(file)).or_default();
        *most = (*most).max(rank(*format));
    }
    files
        .iter()
        .filter_map(|file| {
            let (_, format) = known.iter().find(|(name, _)| name == file)?;
            let rank = rank(*format);
            (rank == 0 || rank == best[&parent(file)]).then_some((file.as_str(), *format))
        })
        .collect()
}

/// One system of DeePMD-kit: its own files, no others.
fn system(
    path: &Path,
    below: &str,
    files: &[String],
    (from, options): (Option<Format>, Options),
) -> Result<Loaded> {
    let own = |file: &&String| {
        let Some(rest) = file.strip_prefix(below) else { return false };
        match rest.split_once('/') {
            None => rest == "nopbc" || rest.rsplit_once('.').is_some_and(|(_, end)| end == "raw"),
            Some((set, rest)) => is_set(set) && !rest.contains('/'),
        }
    };
    let mut tree = Tree::new();
    for file in files.iter().filter(own) {
        tree.insert(file[below.len()..].to_owned(), bytes(&path.join(file))?);
    }
    let name = path.join(below).display().to_string();
    let name = if name == "/" { name } else { name.trim_end_matches('/').to_owned() };
    let source = Source::Folder(&tree);
    let format = from.map_or_else(|| format::detect(&name, source), Ok)?;
    loaded(name, format, source, options)
}

/// Files below a folder, relative to it, with `/`, in order. What several paths lead to is there once,
/// under a path without links where there is one; only systems may share their parts.
fn files(path: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut folders = vec![(path.to_path_buf(), String::new(), 0)];
    let mut links = VecDeque::new();
    loop {
        let (folder, name, depth) = match folders.pop() {
            Some(folder) => folder,
            None => match links.pop_front() {
                Some(link) => link,
                None => break,
            },
        };
        let failed = |e: std::io::Error| Error::io(folder.display().to_string(), e);
        // A link that leads nowhere is passed over.
        let Ok(real) = fs::canonicalize(&folder) else { continue };
        if !real.is_dir() {
            if is_part(&name) || seen.insert(real) {
                found.push(name);
            }
            continue;
        }
        let is_set = real.file_name().is_some_and(|name| is_set(&name.to_string_lossy()));
        if !seen.insert(real) && !is_set {
            continue;
        }
        let mut entries: Vec<_> =
            fs::read_dir(&folder).and_then(Iterator::collect).map_err(failed)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = format!("{name}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_symlink() {
                let is_dir = fs::metadata(entry.path()).is_ok_and(|kind| kind.is_dir());
                if !is_dir {
                    links.push_back((entry.path(), name, depth));
                } else if depth < DEEPEST {
                    links.push_back((entry.path(), format!("{name}/"), depth + 1));
                }
            } else if kind.is_dir() {
                if depth < DEEPEST {
                    folders.push((entry.path(), format!("{name}/"), depth + 1));
                }
            } else {
                if let Ok(real) = fs::canonicalize(entry.path()) {
                    seen.insert(real);
                }
                found.push(name);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a folder of this name holds arrays of a system.
fn is_set(name: &str) -> bool {
    name.starts_with("set.")
}

/// Whether a file of this name is part of a system.
fn is_part(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    name == "nopbc" || ["raw", "npy"].contains(&end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn links_lead_to_files_once() {
        use std::os::unix::fs::symlink;
        let here = tempfile::tempdir().unwrap();
        let at = here.path();
        for folder in ["a/set.000", "b", "z"] {
            fs::create_dir_all(at.join(folder)).unwrap();
        }
        for file in ["a/type.raw", "a/set.000/coord.npy", "z/one.xyz"] {
            fs::write(at.join(file), "").unwrap();
        }
        for (to, from) in [
            ("..", "a/up"),
            ("../a", "z/again"),
            ("../a/set.000", "b/set.000"),
            ("../a/type.raw", "b/type.raw"),
            ("z/one.xyz", "another.xyz"),
            ("nowhere", "broken.xyz"),
        ] {
            symlink(to, at.join(from)).unwrap();
        }
        assert_eq!(
            files(at).unwrap(),
            ["a/set.000/coord.npy", "a/type.raw", "b/set.000/coord.npy", "b/type.raw", "z/one.xyz"]
        );
    }

    #[test]
    fn of_one_run_of_vasp_one_file_is_read() {
        let files =
            ["a/OUTCAR", "a/POSCAR", "a/vasprun.xml", "b/vasprun.xml", "b/x.xyz", "c/notes.txt"];
        let files: Vec<String> = files.map(String::from).to_vec();
        let of = |from| chosen(&files, from).into_iter().map(|(file, _)| file).collect::<Vec<_>>();
        assert_eq!(of(None), ["a/OUTCAR", "b/vasprun.xml", "b/x.xyz"]);
        assert_eq!(of(Some(Format::Poscar)), ["a/POSCAR"]);
    }
}
