//! One set of snapshots as a NumPy file of several arrays: coord, box, type, energy, force, virial.
//!
//! ```text
//! coord [F, N, 3] or [F, 3N]   box [F, 3, 3] or [F, 9], absent without a cell   type [N]
//! energy [F]   force as coord   virial as box   atom_ener or atom_energy [F, N]
//! ```
//! Å, eV, eV/Å, the virial positive when compressed. Entries may be stored or deflated. The species
//! have no names in such a file.

use std::io::{Cursor, Read as _};

use ground::npy::{self, Array};
use ground::{Error, Result};
use zip::ZipArchive;

use super::Read;
use super::deepmd::{Block, FIELDS, System, unnamed};
use crate::model::Frames;

const ALLOWED: &str = "Write it with numpy.savez(FILE, coord=…, box=…, type=…, energy=…, force=…)";

/// An array under its name.
type Entry = (String, Array);

/// The arrays in the bytes of a file that mean something here, and the names of the others.
fn arrays(bytes: &[u8]) -> Result<(Vec<Entry>, Vec<String>)> {
    let broken = |e: &dyn std::fmt::Display| {
        Error::input("", format!("this is not an .npz file, or it is cut: {e}")).allowed(ALLOWED)
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
    let mut arrays: Vec<Entry> = Vec::new();
    let mut left = Vec::new();
    for k in 0..archive.len() {
        let mut entry = archive.by_index(k).map_err(|e| broken(&e))?;
        let name = entry.name().trim_end_matches(".npy").to_owned();
        let name = if name == "atom_energy" { "atom_ener".to_owned() } else { name };
        if name != "type" && FIELDS.iter().all(|field| field.name != name) {
            left.push(name);
            continue;
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(|e| broken(&e))?;
        let array = npy::read(&bytes).map_err(|error| match error {
            Error::Input(input) => Error::input(&name, input.found).allowed(input.allowed),
            other => other,
        })?;
        arrays.push((name, array));
    }
    Ok((arrays, left))
}

/// The snapshots in the bytes of a file.
pub(super) fn read(bytes: &[u8]) -> Result<Read> {
    let (mut arrays, left) = arrays(bytes)?;
    let mut warnings = Vec::new();
    if !left.is_empty() {
        warnings.push(format!("{} left out: no such label is kept here", left.join(", ")));
    }
    let mut take = |name: &str| {
        let at = arrays.iter().position(|(found, _)| found == name)?;
        Some(arrays.swap_remove(at).1)
    };
    let absent =
        |name: &str| Error::input(name, "there is no such array in this file").allowed(ALLOWED);
    let types = take("type").ok_or_else(|| absent("type"))?;
    let types = whole(&types)?;
    let names = unnamed(&types);
    warnings.push(format!("this format names no species: they are called {}", names.join(", ")));
    let n = types.len();
    let mut block = Block::default();
    for (k, field) in FIELDS.iter().enumerate() {
        let Some(array) = take(field.name) else {
            if k == 0 {
                return Err(absent("coord"));
            }
            continue;
        };
        let count = array.numbers.len();
        if k == 0 {
            block.frames = count / (3 * n).max(1);
        }
        let found = || format!("an array of shape {:?}, and type has {n} atoms", array.shape);
        if let Some(allowed) = field.misfit(&array.shape, n) {
            return Err(Error::input(field.name, found()).allowed(allowed));
        }
        if count != block.frames * field.width(n) {
            let due = format!("{} frames have {} numbers each here", block.frames, field.width(n));
            return Err(Error::input(field.name, found()).allowed(due));
        }
        block.arrays[k] = Some(array.numbers);
    }
    let periodic = block.arrays[1].is_some();
    let system = System { types: types.into(), names: names.clone(), periodic };
    let flat = |error| match error {
        Error::Input(mut input) if input.found.ends_with("span no volume") => {
            "A molecule has no array `box`".clone_into(&mut input.allowed);
            Error::Input(input)
        }
        other => other,
    };
    let snapshots = block.snapshots(&system).map_err(flat)?;
    Ok(Read { frames: Frames { species: names, snapshots }, warnings })
}

/// Types: whole numbers that can be counted.
fn whole(array: &Array) -> Result<Vec<u32>> {
    let n = array.numbers.len();
    let one = |&v: &f64| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
        Some(v as u32).filter(|&t| f64::from(t) == v && (t as usize) < n + 64)
    };
    let types: Option<Vec<u32>> = array.numbers.iter().map(one).collect();
    types.filter(|types| !types.is_empty()).ok_or_else(|| {
        Error::input("type", "these are no types of atoms")
            .allowed("Write a whole number for each atom, counted from 0")
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use ground::npy::{Width, write};
    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;

    /// An archive as numpy.savez or numpy.savez_compressed writes it.
    fn archive(method: CompressionMethod, arrays: &[(&str, &[usize], &[f64], Width)]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, shape, numbers, width) in arrays {
            let options = SimpleFileOptions::default().compression_method(method);
            zip.start_file(format!("{name}.npy"), options).unwrap();
            zip.write_all(&write(shape, numbers, *width)).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    const TWO: [f64; 6] = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0];

    #[test]
    fn stored_and_deflated() {
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let bytes = archive(
                method,
                &[
                    ("coord", &[1, 2, 3], &TWO, Width::Double),
                    ("type", &[2], &[1.0, 0.0], Width::Integer),
                    ("energy", &[1, 1], &[-3.5], Width::Double),
                    ("atom_energy", &[1, 2, 1], &[-1.5, -2.0], Width::Double),
                    ("descriptor", &[1, 2, 1], &[0.0, 0.0], Width::Single),
                ],
            );
            let found = read(&bytes).unwrap();
            let frame = &found.frames.snapshots[0];
            assert_eq!((&*frame.types, frame.cell), (&[1, 0][..], None));
            assert_eq!(frame.labels.energy, Some(-3.5));
            assert_eq!(frame.labels.atomic_energies, Some(vec![-1.5, -2.0]));
            assert_eq!(found.warnings.len(), 2);
            for end in 0..bytes.len() {
                assert!(read(&bytes[..end]).is_err(), "the first {end} bytes");
            }
            for at in 0..bytes.len() {
                let mut bytes = bytes.clone();
                bytes[at] ^= 0x10;
                // It may be an array that is left out.
                read(&bytes).ok();
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let said = |arrays: &[_]| {
            read(&archive(CompressionMethod::Stored, arrays)).unwrap_err().to_string()
        };
        let coord = ("coord", &[1_usize, 6][..], &TWO[..], Width::Double);
        assert!(said(&[coord]).starts_with("type: there is no such array in this file."));
        let types = ("type", &[2_usize][..], &[0.0, 0.5][..], Width::Double);
        assert!(said(&[coord, types]).starts_with("type: these are no types of atoms."));
        let types = ("type", &[2_usize][..], &[0.0, 1.0][..], Width::Integer);
        let turned = ("coord", &[2_usize, 3, 1][..], &TWO[..], Width::Double);
        assert_eq!(
            said(&[turned, types]),
            "coord: an array of shape [2, 3, 1], and type has 2 atoms. coord of F frames of 2 atoms has the shape [F, 6] or [F, 2, 3]."
        );
        let force = ("force", &[1_usize, 3][..], &TWO[..3], Width::Double);
        assert_eq!(
            said(&[coord, types, force]),
            "force: an array of shape [1, 3], and type has 2 atoms. force of F frames of 2 atoms has the shape [F, 6] or [F, 2, 3]."
        );
    }
}
