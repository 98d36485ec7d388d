//! The JSON of the mlearn benchmark: structures of pymatgen with what VASP gave for them.
//!
//! ```text
//! [{structure: {lattice: {matrix}, sites: [{species: [{element, occu}], abc, xyz}]},
//!   outputs: {energy, forces, virial_stress: [xx, yy, zz, xy, yz, xz]}, num_atoms, …}, …]
//! ```
//! Å, eV, eV/Å. `virial_stress` is taken as kbar, positive when compressed: Ξ = σ V/1602.176634. The
//! files do not say so. Unit and sign were inferred from the data set, where strained crystals have the
//! pressure that their energies imply, and so was the order of the last three: a pair potential fitted
//! to the forces alone gives a virial whose shear parts agree with this order and with no other.

use ground::{Error, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Read;
use super::units::KBAR;
use crate::cell::Cell;
use crate::elements;
use crate::model::{Frames, Labels, Mat3, Snapshot, Vec3, in_frame};

#[derive(Deserialize)]
struct Entry {
    structure: Structure,
    #[serde(default)]
    outputs: Outputs,
}

#[derive(Deserialize)]
struct Structure {
    lattice: Lattice,
    sites: Vec<Site>,
}

#[derive(Deserialize)]
struct Lattice {
    matrix: Mat3,
}

#[derive(Deserialize)]
struct Site {
    species: Vec<Species>,
    abc: Vec3,
    xyz: Option<Vec3>,
}

#[derive(Deserialize)]
struct Species {
    element: String,
    occu: f64,
}

#[derive(Default, Deserialize)]
struct Outputs {
    energy: Option<f64>,
    forces: Option<Vec<Vec3>>,
    virial_stress: Option<[f64; 6]>,
}

/// The snapshots in the bytes of a file.
pub(super) fn read(bytes: &[u8]) -> Result<Read> {
    let entries: Vec<Entry> = serde_json::from_slice(bytes).map_err(|e| {
        Error::input("", format!("this is not the JSON of mlearn: {e}"))
            .allowed("A list of {structure: {lattice, sites}, outputs: {energy, forces}}")
    })?;
    let mut frames = Frames::default();
    for (k, entry) in entries.into_iter().enumerate() {
        let snapshot = snapshot(entry, &mut frames.species).map_err(|error| in_frame(error, k))?;
        frames.snapshots.push(snapshot);
    }
    Ok(Read { frames, warnings: Vec::new() })
}

fn snapshot(entry: Entry, names: &mut Vec<String>) -> Result<Snapshot> {
    let cell = Cell::new(entry.structure.lattice.matrix)?;
    let (mut types, mut positions) = (Vec::new(), Vec::new());
    for (k, site) in entry.structure.sites.iter().enumerate() {
        let [Species { element, occu: 1.0 }] = &site.species[..] else {
            return Err(Error::input("", format!("site {} is occupied in part", k + 1))
                .allowed("Every site holds one atom"));
        };
        let at = names.iter().position(|known| known == element).unwrap_or_else(|| {
            names.push(element.clone());
            names.len() - 1
        });
        types.push(u32::try_from(at).unwrap_or(u32::MAX));
        positions.push(site.xyz.unwrap_or_else(|| cell.position(site.abc)));
    }
    if types.is_empty() {
        return Err(Error::input("", "there are no atoms").allowed("Every structure has sites"));
    }
    let Outputs { energy, forces, virial_stress } = entry.outputs;
    let virial = virial_stress.map(|kbar| {
        let [xx, yy, zz, xy, yz, xz] = kbar.map(|s| s * cell.volume() / KBAR);
        [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]
    });
    let labels = Labels { energy, forces, virial, ..Labels::default() };
    Ok(Snapshot { types: types.into(), positions, cell: Some(cell), labels })
}

/// The text of all frames.
pub(super) fn write(frames: &Frames) -> Result<Vec<u8>> {
    let one = |(k, frame)| entry(frame, &frames.species).map_err(|error| in_frame(error, k));
    let all: Vec<Value> = frames.snapshots.iter().enumerate().map(one).collect::<Result<_>>()?;
    serde_json::to_vec(&all).map_err(|e| Error::bug(format!("frames cannot be written: {e}")))
}

fn entry(frame: &Snapshot, names: &[String]) -> Result<Value> {
    let Some(cell) = &frame.cell else {
        return Err(Error::input("", "a molecule in free space has no cell")
            .allowed("The JSON of mlearn needs one; write extxyz"));
    };
    let sites: Vec<Value> = (0..frame.len())
        .map(|i| {
            let (name, x) = (&names[frame.types[i] as usize], frame.positions[i]);
            let species = json!([{ "element": name, "occu": 1 }]);
            json!({ "species": species, "abc": cell.fractions(x), "xyz": x, "label": name })
        })
        .collect();
    let mut outputs = serde_json::Map::new();
    let labels = &frame.labels;
    outputs.extend(labels.energy.map(|e| ("energy".to_owned(), json!(e))));
    outputs.extend(labels.forces.as_ref().map(|f| ("forces".to_owned(), json!(f))));
    let stress = labels.virial.map(|xi| {
        let mean = |i: usize, k: usize| 0.5 * (xi[i][k] + xi[k][i]) * KBAR / cell.volume();
        json!([mean(0, 0), mean(1, 1), mean(2, 2), mean(0, 1), mean(1, 2), mean(0, 2)])
    });
    outputs.extend(stress.map(|s| ("virial_stress".to_owned(), s)));
    let known = names.iter().all(|name| elements::charge(name).is_some());
    let element = names.first().filter(|_| known && names.len() == 1);
    Ok(json!({
        "structure": {
            "@module": "pymatgen.core.structure", "@class": "Structure", "charge": null,
            "lattice": { "matrix": cell.rows(), "volume": cell.volume() },
            "sites": sites,
        },
        "outputs": outputs,
        "num_atoms": frame.len(),
        "element": element,
    }))
}
