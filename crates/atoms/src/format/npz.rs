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

/// The snapshots in the bytes of a file.
pub(super) fn read(bytes: &[u8]) -> Result<Read> {
    let broken = |e: &dyn std::fmt::Display| {
        Error::input("", format!("this is not an .npz file, or it is cut: {e}")).allowed(ALLOWED)
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
    let mut arrays: Vec<(String, Array)> = Vec::new();
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
        if count != block.frames * field.width(n) {
            let found = format!("an array of shape {:?}, and type has {n} atoms", array.shape);
            let due = format!("{} frames have {} numbers each here", block.frames, field.width(n));
            return Err(Error::input(field.name, found).allowed(due));
        }
        block.arrays[k] = Some(array.numbers);
    }
    let periodic = block.arrays[1].is_some();
    let system = System { types: types.into(), names: names.clone(), periodic };
    let snapshots = block.snapshots(&system)?;
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
