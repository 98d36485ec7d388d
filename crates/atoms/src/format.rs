//! Snapshots in the files of other programs: which formats there are, which one a file has.
//!
//! ```text
//! deepmd/npy  deepmd/raw  deepmd/npy/mixed   folders; all frames of a system have the same labels
//! npz  extxyz  vasp/poscar  mlearn           files
//! vasp/outcar  vasp/xml                      files, read only
//! ```
//! Everything works on bytes; paths are the caller's. Inside there is one system of units and one sign:
//! Å, eV, and a virial that is positive when compressed. Not here: anything that is computed.

mod deepmd;
mod extxyz;
mod lines;
mod mlearn;
mod notes;
mod npz;
mod outcar;
mod poscar;
mod sound;
mod units;
mod vasprun;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use ground::{Error, Result};

use crate::model::{Frames, Snapshot, in_frame};

pub(crate) use deepmd::formula;
pub use deepmd::systems;

/// The files of a folder: relative path, with `/`, to bytes.
pub type Tree = BTreeMap<String, Vec<u8>>;

/// How snapshots are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// DeePMD-kit: a folder of `set.*/*.npy`.
    DeepmdNpy,
    /// DeePMD-kit: a folder of `*.raw`, text.
    DeepmdRaw,
    /// DeePMD-kit: as npy, each frame with types of its own.
    DeepmdMixed,
    /// NumPy: one file with the arrays coord, box, type, energy, force, virial.
    Npz,
    /// Extended XYZ.
    ExtXyz,
    /// VASP: one structure.
    Poscar,
    /// VASP: what a run printed.
    Outcar,
    /// VASP: the same as XML.
    Vasprun,
    /// The JSON of the mlearn benchmark.
    Mlearn,
}

/// Which frames are kept that a fit is better without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Frames whose electrons had not converged.
    pub keep_unconverged: bool,
    /// Frames that VASP computed with a force field of its own.
    pub keep_force_field: bool,
}

/// Where bytes come from.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// A file.
    File(&'a [u8]),
    /// A folder.
    Folder(&'a Tree),
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    /// The snapshots.
    pub frames: Frames,
    /// What was odd, a sentence each.
    pub warnings: Vec<String>,
}

/// What is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// One file.
    File(Vec<u8>),
    /// A folder.
    Folder(Tree),
}

/// How many digits are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Every number to the last bit.
    Double,
    /// 24 bits of every number but energies, which keep all.
    Single,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::DeepmdNpy,
        Self::DeepmdRaw,
        Self::DeepmdMixed,
        Self::Npz,
        Self::ExtXyz,
        Self::Poscar,
        Self::Outcar,
        Self::Vasprun,
        Self::Mlearn,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::DeepmdNpy => "deepmd/npy",
            Self::DeepmdRaw => "deepmd/raw",
            Self::DeepmdMixed => "deepmd/npy/mixed",
            Self::Npz => "npz",
            Self::ExtXyz => "extxyz",
            Self::Poscar => "vasp/poscar",
            Self::Outcar => "vasp/outcar",
            Self::Vasprun => "vasp/xml",
            Self::Mlearn => "mlearn",
        }
    }

    /// The format of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The format that a word means which is no name, as far as that is plain.
    pub fn meant(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "xyz" | "exyz" | "ase" => Self::ExtXyz,
            "npy" | "deepmd" | "dpdata" => Self::DeepmdNpy,
            "raw" => Self::DeepmdRaw,
            "mixed" | "npy/mixed" | "deepmd/mixed" => Self::DeepmdMixed,
            "outcar" => Self::Outcar,
            "poscar" | "contcar" | "vasp" | "vasp/contcar" => Self::Poscar,
            "vasprun" | "vasprun.xml" | "xml" | "vasp/vasprun" => Self::Vasprun,
            "json" => Self::Mlearn,
            _ => return None,
        })
    }

    /// Whether it is a folder.
    pub fn is_folder(self) -> bool {
        matches!(self, Self::DeepmdNpy | Self::DeepmdRaw | Self::DeepmdMixed)
    }

    /// Whether snapshots can be written in it.
    pub fn is_written(self) -> bool {
        !matches!(self, Self::Outcar | Self::Vasprun | Self::Npz)
    }
}

/// The names of all formats, for sentences.
pub fn names() -> String {
    Format::ALL.map(Format::name).join(", ")
}

/// The names of those that are written.
pub fn written_names() -> String {
    let written = Format::ALL.into_iter().filter(|format| format.is_written());
    written.map(Format::name).collect::<Vec<_>>().join(", ")
}

/// The format of a file or folder, from its name and what is in it.
pub fn detect(name: &str, source: Source<'_>) -> Result<Format> {
    match source {
        Source::Folder(tree) => deepmd::detect(tree),
        Source::File(bytes) => {
            by_name(name)?.or_else(|| by_contents(bytes)).map_or_else(|| unknown(bytes), Ok)
        }
    }
    .map_err(|error| error.in_file(name))
}

/// The format that a name alone tells; none where it tells none, or one that is not read.
pub fn of_name(path: &str) -> Option<Format> {
    by_name(path).ok().flatten()
}

/// From the last part of a path.
fn by_name(path: &str) -> Result<Option<Format>> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ends = |with: &[&str]| {
        let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
        end.is_some_and(|end| with.contains(&end.as_str()))
    };
    if ends(&["h5", "hdf5"]) {
        return Err(Error::input("", "this is HDF5, which is not read")
            .allowed(
                "Convert it to folders: dpdata.MultiSystems.load_systems_from_file(FILE, \
             fmt=\"deepmd/hdf5\").to(\"deepmd/npy\", FOLDER)",
            )
            .in_file(path));
    }
    if ends(&["gz", "bz2", "xz", "zst", "tar", "tgz"]) {
        return Err(Error::input("", "this file is packed")
            .allowed("Unpack it first, with gunzip or tar")
            .in_file(path));
    }
    let of = [
        (ends(&["xyz", "extxyz"]), Format::ExtXyz),
        (ends(&["npz"]), Format::Npz),
        (ends(&["json"]), Format::Mlearn),
        (ends(&["xml"]) || name.contains("vasprun"), Format::Vasprun),
        (name.to_ascii_uppercase().contains("OUTCAR"), Format::Outcar),
        (
            ["POSCAR", "CONTCAR"].iter().any(|word| name.contains(word))
                || ends(&["poscar", "vasp"]),
            Format::Poscar,
        ),
    ];
    Ok(of.into_iter().find(|(is, _)| *is).map(|(_, format)| format))
}

/// The format that contents alone tell.
pub fn of_contents(bytes: &[u8]) -> Option<Format> {
    by_contents(bytes)
}

/// From the first lines.
fn by_contents(bytes: &[u8]) -> Option<Format> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1 << 14)]).into_owned();
    let lines: Vec<&str> = head.lines().take(6).collect();
    let line = |k: usize| lines.get(k).copied().unwrap_or("");
    let numbers = |k: usize| lines::numbers(line(k)).is_some_and(|row| row.len() >= 3);
    let of = [
        (bytes.starts_with(b"PK\x03\x04"), Format::Npz),
        (head.trim_start().starts_with('<') && head.contains("<modeling"), Format::Vasprun),
        (head.contains("POTCAR:") || head.starts_with(" vasp."), Format::Outcar),
        (head.contains("\"structure\"") && head.trim_start().starts_with('['), Format::Mlearn),
        (line(0).trim().parse::<usize>().is_ok() && !numbers(1), Format::ExtXyz),
        (numbers(2) && numbers(3) && numbers(4), Format::Poscar),
    ];
    of.into_iter().find(|(is, _)| *is).map(|(_, format)| format)
}

fn unknown(bytes: &[u8]) -> Result<Format> {
    let found = if bytes.is_empty() {
        "this file is empty"
    } else {
        "neither its name nor its first lines say which format this file has"
    };
    Err(Error::input("", found).allowed(format!("Give --from one of {}", names())))
}

/// Reads snapshots and checks them.
///
/// `name` is what errors call the file.
pub fn read(format: Format, name: &str, source: Source<'_>, options: Options) -> Result<Read> {
    let read =
        match (format, source) {
            (Format::DeepmdNpy | Format::DeepmdMixed | Format::DeepmdRaw, Source::Folder(tree)) => {
                deepmd::read(tree, format)
            }
            (_, Source::Folder(_)) => Err(Error::input("", "this is a folder")
                .allowed(format!("{} is a file", format.name()))),
            (Format::DeepmdNpy | Format::DeepmdMixed | Format::DeepmdRaw, Source::File(_)) => {
                Err(Error::input("", "this is a file")
                    .allowed(format!("{} is a folder that holds type.raw", format.name())))
            }
            (Format::Npz, Source::File(bytes)) => npz::read(bytes),
            (Format::ExtXyz, Source::File(bytes)) => extxyz::read(bytes),
            (Format::Poscar, Source::File(bytes)) => poscar::read(bytes),
            (Format::Outcar, Source::File(bytes)) => outcar::read(bytes, options),
            (Format::Vasprun, Source::File(bytes)) => vasprun::read(bytes, options),
            (Format::Mlearn, Source::File(bytes)) => mlearn::read(bytes),
        };
    let checked = read.and_then(|read| check(&read.frames).map(|()| read));
    checked.map_err(|error| error.in_file(name))
}

/// Refuses what does not hold together, and frames without atoms.
fn check(frames: &Frames) -> Result<()> {
    for (k, frame) in frames.snapshots.iter().enumerate() {
        sound::positions(frame).map_err(|error| in_frame(error, k))?;
    }
    frames.check()?;
    match frames.snapshots.iter().position(Snapshot::is_empty) {
        Some(k) => Err(in_frame(Error::input("", "there are no atoms"), k)),
        None => Ok(()),
    }
}

/// Writes snapshots; also what the format has no place for, a sentence each.
pub fn write(
    frames: &Frames,
    format: Format,
    precision: Precision,
) -> Result<(Written, Vec<String>)> {
    check(frames)?;
    if frames.is_empty() {
        return Err(Error::input("", "there are no frames to write"));
    }
    let lost = lost(frames, format);
    let written = match format {
        Format::DeepmdNpy | Format::DeepmdMixed | Format::DeepmdRaw => {
            Written::Folder(deepmd::write(frames, format, precision))
        }
        Format::ExtXyz => Written::File(extxyz::write(frames, precision)),
        Format::Poscar => poscar::write(frames)?,
        Format::Mlearn => Written::File(mlearn::write(frames)?),
        Format::Npz | Format::Outcar | Format::Vasprun => {
            return Err(Error::input("--to", format!("{} is only read", format.name()))
                .allowed(format!("Written are {}", written_names())));
        }
    };
    Ok((written, lost))
}

/// What a format has no place for.
fn lost(frames: &Frames, format: Format) -> Vec<String> {
    let count = |has: fn(&crate::model::Labels) -> bool| {
        frames.snapshots.iter().filter(|snapshot| has(&snapshot.labels)).count()
    };
    let labels = [
        ("energies", count(|l| l.energy.is_some()), format == Format::Poscar),
        ("forces", count(|l| l.forces.is_some()), format == Format::Poscar),
        ("virials", count(|l| l.virial.is_some()), format == Format::Poscar),
        (
            "atomic energies",
            count(|l| l.atomic_energies.is_some()),
            matches!(format, Format::Poscar | Format::Mlearn),
        ),
        (
            "marks that electrons had not converged",
            count(|l| l.converged == Some(false)),
            format != Format::ExtXyz,
        ),
    ];
    let lost = labels.into_iter().filter(|(_, count, lost)| *lost && *count > 0);
    let mut said: Vec<String> = lost
        .map(|(what, count, _)| {
            let frames = if count == 1 { "frame" } else { "frames" };
            let name = format.name();
            format!("{name} has no place for {what}: those of {count} {frames} are left out")
        })
        .collect();
    if format == Format::Poscar && poscar::sorts(frames) {
        said.push("atoms are sorted by species, as vasp/poscar counts them".to_owned());
    }
    said
}
