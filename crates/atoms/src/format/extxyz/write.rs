//! Snapshots as extended XYZ: keys that ASE reads, and the virial under our sign.

use std::fmt::Write as _;

use crate::format::Precision;
use crate::format::deepmd::word;
use crate::model::{Frames, Mat3, Snapshot};

/// The text of all frames.
pub(in crate::format) fn write(frames: &Frames, precision: Precision) -> Vec<u8> {
    let mut text = String::new();
    for frame in &frames.snapshots {
        // Writing to a string cannot fail.
        let _done = one(&mut text, frame, &frames.species, precision == Precision::Single);
    }
    text.into_bytes()
}

fn one(text: &mut String, frame: &Snapshot, species: &[String], single: bool) -> std::fmt::Result {
    let rows =
        |m: &Mat3| m.iter().flatten().map(|&v| word(v, single)).collect::<Vec<_>>().join(" ");
    let labels = &frame.labels;
    writeln!(text, "{}", frame.len())?;
    match &frame.cell {
        Some(cell) => write!(text, "Lattice=\"{}\" pbc=\"T T T\" ", rows(&cell.rows()))?,
        None => write!(text, "pbc=\"F F F\" ")?,
    }
    write!(text, "Properties=species:S:1:pos:R:3")?;
    if labels.forces.is_some() {
        write!(text, ":forces:R:3")?;
    }
    if labels.atomic_energies.is_some() {
        write!(text, ":atomic_energies:R:1")?;
    }
    if let Some(energy) = labels.energy {
        write!(text, " energy={}", word(energy, false))?;
    }
    if let Some(virial) = &labels.virial {
        write!(text, " virial=\"{}\"", rows(virial))?;
    }
    if let (Some(virial), Some(cell)) = (&labels.virial, &frame.cell) {
        // What ASE and those that use it look for.
        let stress = virial.map(|row| row.map(|v| -v / cell.volume()));
        write!(text, " stress=\"{}\"", rows(&stress))?;
    }
    if let Some(converged) = labels.converged {
        write!(text, " converged={}", if converged { "T" } else { "F" })?;
    }
    writeln!(text)?;
    for i in 0..frame.len() {
        write!(text, "{}", species[frame.types[i] as usize])?;
        let forces = labels.forces.as_ref().map(|forces| forces[i]);
        for v in frame.positions[i].into_iter().chain(forces.into_iter().flatten()) {
            write!(text, " {}", word(v, single))?;
        }
        if let Some(energies) = &labels.atomic_energies {
            write!(text, " {}", word(energies[i], false))?;
        }
        writeln!(text)?;
    }
    Ok(())
}
