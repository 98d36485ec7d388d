//! The arrays of a set as files: .npy or text.

use ground::npy::{self, Width};
use ground::{Error, Result};

use super::block::{Block, FIELDS, Field};
use super::{System, Tree};
use crate::format::lines::{Lines, numbers, shortest};
use crate::format::{Format, Precision};

/// The most frames of a set that is written, as dpdata has it.
pub(super) const LARGEST: usize = 5000;
/// The types of mixed frames.
const REAL: &str = "real_atom_types";

/// The arrays of one `set.*`.
pub(super) fn arrays(tree: &Tree, set: &str, system: &System, format: Format) -> Result<Block> {
    let n = system.types.len();
    let array = |name: &str| {
        let path = format!("{set}/{name}.npy");
        let Some(bytes) = tree.get(&path) else { return Ok(None) };
        match npy::read(bytes) {
            Ok(array) => {
                let per_atom = || FIELDS.iter().find(|field| field.name == "atom_ener");
                let field = FIELDS.iter().find(|field| field.name == name).or_else(per_atom);
                match field.and_then(|field| field.misfit(&array.shape, n)) {
                    None => Ok(Some(array.numbers)),
                    Some(allowed) => {
                        let found = format!("an array of shape {:?}", array.shape);
                        let allowed = allowed.replace("atom_ener", name);
                        Err(Error::input(path, format!("{found}, and type.raw has {n} atoms"))
                            .allowed(allowed))
                    }
                }
            }
            Err(Error::Input(input)) => Err(Error::input(path, input.found).allowed(input.allowed)),
            Err(other) => Err(other),
        }
    };
    let path = |name: &str| format!("{set}/{name}.npy");
    if format != Format::DeepmdMixed && tree.contains_key(&path(REAL)) {
        return Err(Error::input(path(REAL), "each frame of this system has types of its own")
            .allowed("Its format is deepmd/npy/mixed"));
    }
    let block = gather(system, &path, array)?;
    if format != Format::DeepmdMixed {
        return Ok(block);
    }
    let Some(real) = array(REAL)? else {
        return Err(Error::input(path(REAL), "there is no such file").allowed(
            "deepmd/npy/mixed keeps the types of each frame there; try --from deepmd/npy",
        ));
    };
    fits(&path(REAL), real.len(), block.frames, n)?;
    Ok(Block { real: Some(real), ..block })
}

/// The arrays of the `*.raw` of a folder.
pub(super) fn text(tree: &Tree, folder: &str, system: &System) -> Result<Block> {
    let path = |name: &str| match folder {
        "" => format!("{name}.raw"),
        folder => format!("{folder}/{name}.raw"),
    };
    let array = |name: &str| {
        let path = path(name);
        let Some(bytes) = tree.get(&path) else { return Ok(None) };
        let field = FIELDS.iter().find(|field| field.name == name);
        let width = field.map_or(0, |field| field.width(system.types.len()));
        rows(bytes, &path, width).map(Some)
    };
    gather(system, &path, array)
}

/// Rows of as many numbers.
fn rows(bytes: &[u8], path: &str, width: usize) -> Result<Vec<f64>> {
    let mut all = Vec::new();
    let mut lines = Lines::new(bytes);
    while let Some(line) = lines.next() {
        let line = line.split('#').next().unwrap_or("");
        if line.trim().is_empty() {
            continue;
        }
        let key = || format!("{path}: line {}", lines.at);
        let row = numbers(line).ok_or_else(|| {
            Error::input(key(), "there is a word that is no number")
                .allowed("Write the numbers of a frame on each line")
        })?;
        if row.len() != width {
            return Err(Error::input(key(), format!("{} numbers", row.len()))
                .allowed(format!("A frame has {width} of them here")));
        }
        all.extend(row);
    }
    Ok(all)
}

/// All arrays, their lengths checked.
fn gather(
    system: &System,
    path: &dyn Fn(&str) -> String,
    array: impl Fn(&str) -> Result<Option<Vec<f64>>>,
) -> Result<Block> {
    let n = system.types.len();
    let mut block = Block::default();
    for (k, field) in FIELDS.iter().enumerate() {
        let Field { name, .. } = field;
        let wanted = k == 0 || (*name == "box" && system.periodic);
        let found = match array(name)? {
            None if wanted => {
                let allowed = match *name {
                    "box" => "A system in free space has an empty file `nopbc` beside type.raw",
                    _ => "Coordinates must be there",
                };
                return Err(Error::input(path(name), "there is no such file").allowed(allowed));
            }
            // Boxes of a system without cells mean nothing.
            Some(_) if *name == "box" && !system.periodic => None,
            found => found,
        };
        if let Some(found) = &found {
            if k == 0 {
                block.frames = found.len() / (3 * n);
                if found.len() % (3 * n) != 0 {
                    let what = format!("{} numbers, and type.raw has {n} atoms", found.len());
                    return Err(Error::input(path(name), what)
                        .allowed(format!("A frame has {} of them here", 3 * n)));
                }
            }
            fits(&path(name), found.len(), block.frames, field.width(n))?;
        }
        block.arrays[k] = found;
    }
    Ok(block)
}

/// Refuses another count of numbers than `width` a frame.
fn fits(path: &str, count: usize, frames: usize, width: usize) -> Result<()> {
    if count == frames * width {
        return Ok(());
    }
    let found = match count.checked_rem(width) {
        Some(0) => format!("{} frames, and coord has {frames}", count / width),
        _ => format!("{count} numbers for {frames} frames"),
    };
    Err(Error::input(path, found).allowed(format!("A frame has {width} of them here")))
}

/// The arrays that are there and not read.
pub(super) fn left_out(tree: &Tree, places: &[String], format: Format) -> Vec<String> {
    let end = if format == Format::DeepmdRaw { ".raw" } else { ".npy" };
    let mut left: Vec<String> = Vec::new();
    for place in places {
        let begin = if place.is_empty() { String::new() } else { format!("{place}/") };
        let files = tree.range(begin.clone()..).take_while(|(path, _)| path.starts_with(&begin));
        for (path, _) in files {
            let Some(name) = path[begin.len()..].strip_suffix(end) else { continue };
            let known = FIELDS.iter().any(|field| field.name == name)
                || ["type", "type_map", REAL].contains(&name);
            let name = name.to_owned();
            if !known && !name.contains('/') && !left.contains(&name) {
                left.push(name);
            }
        }
    }
    left
}

/// Writes a set as .npy.
pub(super) fn write_arrays(tree: &mut Tree, set: &str, block: &Block, precision: Precision) {
    for (field, array) in FIELDS.iter().zip(&block.arrays) {
        let Some(array) = array else { continue };
        let width = match precision {
            // A network is asked for differences of energies that are a millionth of them.
            Precision::Single if field.name != "energy" => Width::Single,
            _ => Width::Double,
        };
        let shape = match field.name {
            "energy" => vec![block.frames],
            _ => vec![block.frames, array.len() / block.frames.max(1)],
        };
        tree.insert(format!("{set}/{}.npy", field.name), npy::write(&shape, array, width));
    }
    if let Some(real) = &block.real {
        let shape = [block.frames, real.len() / block.frames.max(1)];
        tree.insert(format!("{set}/{REAL}.npy"), npy::write(&shape, real, Width::Integer));
    }
}

/// Writes arrays as text.
pub(super) fn write_text(
    tree: &mut Tree,
    at: &dyn Fn(&str) -> String,
    block: &Block,
    precision: Precision,
) {
    for (field, array) in FIELDS.iter().zip(&block.arrays) {
        let Some(array) = array else { continue };
        let single = precision == Precision::Single && field.name != "energy";
        let mut text = String::new();
        for row in array.chunks(array.len() / block.frames.max(1)) {
            let words: Vec<String> = row.iter().map(|&v| word(v, single)).collect();
            text.push_str(&words.join(" "));
            text.push('\n');
        }
        tree.insert(at(&format!("{}.raw", field.name)), text.into_bytes());
    }
}

/// A number with as few digits as say it to the last bit of its precision.
pub(in crate::format) fn word(v: f64, single: bool) -> String {
    #[allow(clippy::cast_possible_truncation, reason = "asked for by the precision")]
    if single { format!("{:e}", v as f32) } else { shortest(v) }
}
