//! What a frame says of its energy, forces and virial, under the names that programs give them.

use ground::{Error, Result};

use super::comment::{Comment, Property};
use crate::cell::Cell;
use crate::format::lines::six;
use crate::format::notes::Notes;
use crate::format::units::{Quantity, factor};
use crate::model::{Labels, Mat3};

/// The first that is there is taken; others that differ are said.
const ENERGY: [&str; 13] = [
    "energy",
    "Energy",
    "E",
    "free_energy",
    "REF_energy",
    "ref_energy",
    "dft_energy",
    "DFT_energy",
    "total_energy",
    "potential_energy",
    "Potential_energy",
    "TotEnergy",
    "energies",
];
const FORCES: [&str; 9] = [
    "forces",
    "force",
    "Forces",
    "REF_forces",
    "ref_forces",
    "dft_forces",
    "DFT_forces",
    "dft_force",
    "DFT_force",
];
const ATOMIC: [&str; 5] =
    ["atomic_energies", "atomic_energy", "local_energy", "local_energies", "energies"];
const VIRIAL: [&str; 6] =
    ["virial", "virials", "REF_virial", "ref_virial", "dft_virial", "DFT_virial"];
const STRESS: [&str; 6] =
    ["stress", "stresses", "REF_stress", "ref_stress", "dft_stress", "DFT_stress"];
/// Energies that differ by less than this many eV are the same.
const SAME_ENERGY: f64 = 1e-6;
/// A virial and a stress agree up to this part, and to this many eV.
const SAME_VIRIAL: [f64; 2] = [1e-2, 1e-3];

/// Where the columns of atoms begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    pub(super) species: usize,
    pub(super) positions: usize,
    pub(super) forces: Option<usize>,
    pub(super) energies: Option<usize>,
    /// A symbol and a position; what follows them is passed over.
    pub(super) plain: bool,
}

impl Columns {
    /// From what the columns hold.
    pub(super) fn find(properties: &[Property], plain: bool, notes: &mut Notes) -> Result<Self> {
        let begin = |at: usize| properties[..at].iter().map(|p| p.width).sum::<usize>();
        let find = |names: &[&str], kinds: &str, width: usize| {
            names.iter().find_map(|name| {
                let fits =
                    |p: &Property| p.name == *name && kinds.contains(p.kind) && p.width == width;
                properties.iter().position(fits)
            })
        };
        let missing = |what: &str, example: &str| {
            Error::input("Properties", format!("there are no {what}"))
                .allowed(format!("Among the columns there must be {example}"))
        };
        let species = find(&["species", "symbols", "element"], "S", 1)
            .or_else(|| find(&["Z", "numbers", "atomic_number"], "I", 1))
            .ok_or_else(|| missing("species", "species:S:1 or Z:I:1"))?;
        let positions =
            find(&["pos", "positions"], "R", 3).ok_or_else(|| missing("positions", "pos:R:3"))?;
        let forces = find(&FORCES, "R", 3);
        let energies = find(&ATOMIC, "R", 1);
        let used = [Some(species), Some(positions), forces, energies];
        let left: Vec<&str> = properties
            .iter()
            .enumerate()
            .filter(|(k, p)| !used.contains(&Some(*k)) && !["Z", "numbers"].contains(&&*p.name))
            .map(|(_, p)| p.name.as_str())
            .collect();
        if !left.is_empty() {
            notes.say(format!("columns left out: {}", left.join(", ")));
        }
        Ok(Self {
            species: begin(species),
            positions: begin(positions),
            forces: forces.map(begin),
            energies: energies.map(begin),
            plain,
        })
    }
}

/// What the comment says; forces are columns.
pub(super) fn of(comment: &Comment, cell: Option<&Cell>, notes: &mut Notes) -> Result<Labels> {
    let converged =
        comment.get("converged").map(|word| !["F", "False", "false", "0"].contains(&word));
    Ok(Labels {
        energy: energy(comment, notes)?,
        virial: virial(comment, cell, notes)?,
        converged,
        ..Labels::default()
    })
}

/// What numbers are multiplied by, from a key such as `energy-unit`.
fn unit(comment: &Comment, keys: [&str; 2], quantity: Quantity) -> Result<f64> {
    comment.first(&keys).map_or(Ok(1.0), |(key, unit)| {
        factor(unit, quantity).map_err(|error| match error {
            Error::Input(input) => Error::input(key, input.found).allowed(input.allowed),
            other => other,
        })
    })
}

fn energy(comment: &Comment, notes: &mut Notes) -> Result<Option<f64>> {
    let scale = unit(comment, ["energy-unit", "energy_unit"], Quantity::Energy)?;
    let mut taken: Option<(&str, f64)> = None;
    for key in ENERGY {
        let Some(numbers) = comment.numbers(key)? else { continue };
        let [energy] = numbers[..] else {
            return Err(Error::input(key, format!("{} numbers", numbers.len()))
                .allowed("An energy is one number, eV"));
        };
        match taken {
            None => taken = Some((key, energy)),
            Some((first, used)) if (energy - used).abs() > SAME_ENERGY => {
                notes.say_once(&format!("{first} and {key} differ, {first} is used"), || {
                    let hint = match key {
                        "free_energy" => "; forces are derivatives of a free energy",
                        _ => "",
                    };
                    format!(" (in the first, {used} and {energy}{hint})")
                });
            }
            Some(_) => {}
        }
    }
    Ok(taken.map(|(_, energy)| energy * scale))
}

/// Forces in eV/Å.
pub(super) fn scale_forces(comment: &Comment, labels: &mut Labels) -> Result<()> {
    let scale = unit(comment, ["force-unit", "force_unit"], Quantity::Force)?;
    if let Some(forces) = labels.forces.as_mut().filter(|_| scale != 1.0) {
        forces.iter_mut().flatten().for_each(|f| *f *= scale);
    }
    let scale = unit(comment, ["energy-unit", "energy_unit"], Quantity::Energy)?;
    if let Some(energies) = &mut labels.atomic_energies {
        for energy in energies {
            *energy *= scale;
        }
    }
    Ok(())
}

fn virial(comment: &Comment, cell: Option<&Cell>, notes: &mut Notes) -> Result<Option<Mat3>> {
    let scale = unit(comment, ["energy-unit", "energy_unit"], Quantity::Energy)?;
    let said = matrix(comment, &VIRIAL)?.map(|(key, m)| (key, m.map(|row| row.map(|v| v * scale))));
    let scale = unit(comment, ["stress-unit", "stress_unit"], Quantity::Stress)?;
    let stress = matrix(comment, &STRESS)?;
    let Some(cell) = cell else {
        if let Some((key, _)) = stress {
            notes.say(format!("{key} left out: a molecule in free space has no volume"));
        }
        return Ok(said.map(|(_, xi)| xi));
    };
    let volume = cell.volume();
    let found = stress.map(|(key, s)| (key, s.map(|row| row.map(|s| -volume * scale * s))));
    let (Some((virial, xi)), Some((stress, other))) = (said, found) else {
        return Ok(said.or(found).map(|(_, xi)| xi));
    };
    let norm = |m: &Mat3| m.iter().flatten().map(|v| v * v).sum::<f64>().sqrt();
    let apart: Mat3 = std::array::from_fn(|i| std::array::from_fn(|k| xi[i][k] - other[i][k]));
    if norm(&apart) <= SAME_VIRIAL[0] * norm(&xi).max(norm(&other)) + SAME_VIRIAL[1] {
        return Ok(Some(xi));
    }
    let trace = |m: &Mat3| six(m[0][0] + m[1][1] + m[2][2]);
    let found = format!(
        "{virial} has the trace {} eV, and −V {stress} has {} eV",
        trace(&xi),
        trace(&other)
    );
    Err(Error::input(virial, found).allowed(
        "Here a virial is positive when compressed, a stress (eV/Å³) positive under tension; \
         change the sign of one or remove it",
    ))
}

/// Nine numbers, or six: xx yy zz yz xz xy.
fn matrix(comment: &Comment, keys: &[&'static str]) -> Result<Option<(&'static str, Mat3)>> {
    let Some((key, _)) = comment.first(keys) else { return Ok(None) };
    let numbers = comment.numbers(key)?.unwrap_or_default();
    let m = match numbers[..] {
        [xx, xy, xz, yx, yy, yz, zx, zy, zz] => [[xx, xy, xz], [yx, yy, yz], [zx, zy, zz]],
        [xx, yy, zz, yz, xz, xy] => [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]],
        _ => {
            return Err(Error::input(key, format!("{} numbers", numbers.len()))
                .allowed("Nine, row by row, or six: xx yy zz yz xz xy"));
        }
    };
    Ok(Some((key, m)))
}
