//! The folders of DeePMD-kit: a system of one composition, or of frames with types of their own.
//!
//! ```text
//! type.raw        N types, counted from 0        type_map.raw   their names; may be absent
//! nopbc           there: no cell
//! set.*/coord.npy energy.npy force.npy virial.npy box.npy atom_ener.npy     one row a frame
//! coord.raw …                                                               the same as text
//! set.*/real_atom_types.npy   of mixed frames: [F, N], −1 an atom that is none
//! ```
//! Å, eV, eV/Å; box and virial row by row. Arrays beside these are left out, and that is said.

mod block;
mod sets;

use std::collections::BTreeMap;
use std::sync::Arc;

use ground::{Error, Result};

use super::{Format, Precision, Read, Tree};
use crate::model::{Frames, Snapshot};

pub(super) use block::{Block, FIELDS};
pub(super) use sets::word;

/// What all frames of a system share.
#[derive(Clone, Debug)]
pub(super) struct System {
    /// The type of each atom.
    pub(super) types: Arc<[u32]>,
    /// Names of the species.
    pub(super) names: Vec<String>,
    /// Whether frames have cells.
    pub(super) periodic: bool,
}

/// The folders that hold a system, sorted: the empty name is the folder itself.
pub fn systems(tree: &Tree) -> Vec<String> {
    let folder = |path: &String| match path.rsplit_once('/') {
        None if path == "type.raw" => Some(String::new()),
        Some((folder, "type.raw")) => Some(folder.to_owned()),
        _ => None,
    };
    tree.keys().filter_map(folder).collect()
}

/// Paths from the names of files in a folder.
fn inside(folder: &str) -> impl Fn(&str) -> String {
    let folder = folder.to_owned();
    move |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The sets of a system, in order: `set.000`, ….
fn sets(tree: &Tree, folder: &str) -> Vec<String> {
    let begin = inside(folder)("set.");
    let mut sets: Vec<String> = tree
        .range(begin.clone()..)
        .take_while(|(path, _)| path.starts_with(&begin))
        .filter_map(|(path, _)| {
            let (set, _) = path[begin.len()..].split_once('/')?;
            Some(format!("{begin}{set}"))
        })
        .collect();
    sets.dedup();
    sets
}

/// Which of the three layouts the first system has.
pub(super) fn detect(tree: &Tree) -> Result<Format> {
    let systems = systems(tree);
    let Some(folder) = systems.first() else {
        return Err(Error::input("", "this folder holds no system: there is no type.raw in it")
            .allowed("A system is type.raw with set.000/coord.npy or coord.raw beside it"));
    };
    let sets = sets(tree, folder);
    let has = |name: &str| sets.iter().any(|set| tree.contains_key(&format!("{set}/{name}")));
    if has("real_atom_types.npy") {
        Ok(Format::DeepmdMixed)
    } else if has("coord.npy") {
        Ok(Format::DeepmdNpy)
    } else if tree.contains_key(&inside(folder)("coord.raw")) {
        Ok(Format::DeepmdRaw)
    } else {
        Err(Error::input(inside(folder)("type.raw"), "there are no coordinates beside it")
            .allowed("A system is type.raw with set.000/coord.npy or coord.raw beside it"))
    }
}

/// Every system of a tree, one after the other.
pub(super) fn read(tree: &Tree, format: Format) -> Result<Read> {
    let mut all = Read::default();
    let folders = systems(tree);
    if folders.is_empty() {
        detect(tree)?;
    }
    for folder in folders {
        let mut one = system(tree, &folder, format)?;
        let said = one.warnings.drain(..).map(|text| match folder.as_str() {
            "" => text,
            folder => format!("{folder}: {text}"),
        });
        all.warnings.extend(said);
        all.frames.append(one.frames);
    }
    Ok(all)
}

fn system(tree: &Tree, folder: &str, format: Format) -> Result<Read> {
    let at = inside(folder);
    let mut warnings = Vec::new();
    let types = types(tree, &at("type.raw"))?;
    let names = if let Some(bytes) = tree.get(&at("type_map.raw")) {
        names(bytes, &at("type_map.raw"))?
    } else {
        let names = unnamed(&types);
        warnings.push(format!("there is no type_map.raw: species are called {}", names.join(", ")));
        names
    };
    if let Some((atom, t)) = types.iter().enumerate().find(|(_, t)| **t as usize >= names.len()) {
        let found =
            format!("atom {} is of type {t}, and type_map.raw has {} names", atom + 1, names.len());
        return Err(Error::input(at("type.raw"), found).allowed("Types are counted from 0"));
    }
    let periodic = !tree.contains_key(&at("nopbc"));
    let system = System { types: types.into(), names: names.clone(), periodic };
    let mut snapshots = Vec::new();
    let places =
        if format == Format::DeepmdRaw { vec![folder.to_owned()] } else { sets(tree, folder) };
    for place in &places {
        let set = match format {
            Format::DeepmdRaw => sets::text(tree, place, &system)?,
            _ => sets::arrays(tree, place, &system, format)?,
        };
        let several = places.len() > 1;
        snapshots.extend(set.snapshots(&system).map_err(|error| match error {
            Error::Input(mut input) if several => {
                input.key = format!("{place}: {}", input.key);
                Error::Input(input)
            }
            other => other,
        })?);
    }
    if places.is_empty() {
        let found = "there is no set.000 beside it";
        return Err(Error::input(at("type.raw"), found)
            .allowed("deepmd/npy keeps arrays in set.000/, deepmd/raw in coord.raw"));
    }
    let left = sets::left_out(tree, &places, format);
    if !left.is_empty() {
        warnings.push(format!("{} left out: no such label is kept here", left.join(", ")));
    }
    Ok(Read { frames: Frames { species: names, snapshots }, warnings })
}

/// Names for species that have none.
pub(super) fn unnamed(types: &[u32]) -> Vec<String> {
    let n = types.iter().max().map_or(0, |&t| t.saturating_add(1));
    // A type beyond the number of atoms is a slip; it is refused, not named.
    let n = n.min(u32::try_from(types.len()).unwrap_or(u32::MAX).saturating_add(64));
    (0..n).map(|t| format!("Type_{t}")).collect()
}

/// The text of a file, without the mark of its encoding.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).into_owned()
}

fn types(tree: &Tree, path: &str) -> Result<Vec<u32>> {
    let text = text(tree.get(path).map_or(&[], Vec::as_slice));
    let one = |word: &str| {
        // numpy.savetxt without a format writes 0.000000000000000000e+00.
        let number = word.parse::<f64>().ok().filter(|v| v.fract() == 0.0 && *v >= 0.0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
        number.filter(|v| *v < f64::from(u32::MAX)).map(|v| v as u32).ok_or_else(|| {
            Error::input(path, format!("`{word}` is no type"))
                .allowed("Write a whole number for each atom, counted from 0")
        })
    };
    let types: Vec<u32> = text.split_whitespace().map(one).collect::<Result<_>>()?;
    if types.is_empty() {
        return Err(Error::input(path, "there are no atoms")
            .allowed("Write a whole number for each atom, counted from 0"));
    }
    Ok(types)
}

fn names(bytes: &[u8], path: &str) -> Result<Vec<String>> {
    let text = text(bytes);
    let names: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    match names.iter().enumerate().find(|(k, name)| names[..*k].contains(name)) {
        Some((_, twice)) => Err(Error::input(path, format!("`{twice}` is there twice"))
            .allowed("Every name once; types are counted in their order")),
        None => Ok(names),
    }
}

/// Frames that may stand in one system.
struct Group<'f> {
    name: String,
    frames: Vec<&'f Snapshot>,
}

/// The folder of frames, one system for each composition and set of labels.
pub(super) fn write(frames: &Frames, format: Format, precision: Precision) -> Tree {
    let groups = groups(frames, format == Format::DeepmdMixed);
    let mut tree = Tree::new();
    for group in &groups {
        let at = |name: &str| match groups.len() {
            1 => name.to_owned(),
            _ => format!("{}/{name}", group.name),
        };
        let first = group.frames[0];
        let types: String = match format {
            Format::DeepmdMixed => "0\n".repeat(first.len()),
            _ => lines(first.types.iter()),
        };
        let names = lines(frames.species.iter());
        tree.insert(at("type.raw"), types.into_bytes());
        tree.insert(at("type_map.raw"), names.into_bytes());
        if first.cell.is_none() {
            tree.insert(at("nopbc"), Vec::new());
        }
        if format == Format::DeepmdRaw {
            sets::write_text(&mut tree, &at, &Block::of(&group.frames), precision);
            continue;
        }
        for (k, chunk) in group.frames.chunks(sets::LARGEST).enumerate() {
            let mut block = Block::of(chunk);
            if format == Format::DeepmdMixed {
                let types = chunk.iter().flat_map(|frame| frame.types.iter());
                block.real = Some(types.map(|&t| f64::from(t)).collect());
            }
            sets::write_arrays(&mut tree, &at(&format!("set.{k:03}")), &block, precision);
        }
    }
    tree
}

/// A line each.
fn lines(words: impl Iterator<Item = impl ToString>) -> String {
    words.flat_map(|word| [word.to_string(), "\n".to_owned()]).collect()
}

/// Frames by composition, in the order of their first frames. Mixed frames need only be as many atoms.
fn groups(frames: &Frames, mixed: bool) -> Vec<Group<'_>> {
    let mut keys: BTreeMap<(Vec<u32>, usize, u8), usize> = BTreeMap::new();
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for frame in &frames.snapshots {
        let labels = FIELDS.iter().enumerate().filter(|(_, field)| (field.of)(frame).is_some());
        let mask = labels.fold(0_u8, |mask, (k, _)| mask | 1 << k);
        let types = if mixed { Vec::new() } else { frame.types.to_vec() };
        let at = *keys.entry((types, frame.len(), mask)).or_insert_with(|| {
            let name = if mixed { frame.len().to_string() } else { formula(frames, frame) };
            let count = taken.entry(name.clone()).or_default();
            *count += 1;
            let name = if *count == 1 { name } else { format!("{name}-{count}") };
            groups.push(Group { name, frames: Vec::new() });
            groups.len() - 1
        });
        groups[at].frames.push(frame);
    }
    groups
}

/// The composition as a word, species in order: `O64H128`.
pub(crate) fn formula(frames: &Frames, frame: &Snapshot) -> String {
    let mut counts = vec![0_usize; frames.species.len()];
    for &t in frame.types.iter() {
        counts[t as usize] += 1;
    }
    let present = frames.species.iter().zip(counts).filter(|(_, count)| *count > 0);
    let plain = |name: &String| name.replace(|c: char| !c.is_alphanumeric() && c != '_', "_");
    present.flat_map(|(name, count)| [plain(name), count.to_string()]).collect()
}
