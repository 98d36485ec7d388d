//! What `eval --json` prints of potentials on frames.

use std::fmt::Write as _;

use atoms::deviation::Deviation;
use ground::{Error, Result};
use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde_json::Value;

use super::frames::System;
use crate::output::TableErrors;
use crate::potentials::Committee;

/// What `esperance eval MODEL --json` prints: potentials on frames, in eV and Å.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Eval")]
#[expect(
    dead_code,
    reason = "it is the documentation of the object, which is written frame by frame"
)]
struct Object {
    /// What the first model says of each frame, in the order in which they were given.
    frames: Vec<Frame<'static>>,
    /// Of several models: how far they are apart, frame by frame.
    deviation: Option<Vec<Row<'static>>>,
    /// How far tables are from the embeddings they stand for; null where the networks were asked.
    table: Option<TableErrors>,
}

/// A frame.
#[derive(Debug, Serialize, JsonSchema)]
struct Frame<'a> {
    /// E, eV.
    energy: f64,
    /// −∂E/∂x of each atom, eV/Å.
    forces: &'a [[f64; 3]],
    /// −∂E/∂ε, nine numbers, row by row, eV; positive when compressed.
    virial: Vec<f64>,
    /// Their sum is E, eV.
    atomic_energies: &'a [f64],
    /// D of each atom, with --descriptor.
    #[serde(skip_serializing_if = "Option::is_none")]
    descriptor: Option<&'a [Vec<f64>]>,
    /// Atoms outside what the model was trained on.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    outside: Vec<Outside>,
}

/// An atom with a neighbour closer than any in the training data, or than the tables reach.
#[derive(Debug, Serialize, JsonSchema)]
struct Outside {
    /// Which, counted from 0.
    atom: usize,
    /// That distance, Å.
    distance: f64,
}

/// How far several models are apart on a frame, under the names of `model_devi.out`.
#[derive(Debug, Serialize, JsonSchema)]
struct Row<'a> {
    /// Of components of virials over N, eV.
    max_devi_v: f64,
    /// Of components of virials over N, eV.
    min_devi_v: f64,
    /// Of components of virials over N, eV.
    avg_devi_v: f64,
    /// Of forces, eV/Å.
    max_devi_f: f64,
    /// Of forces, eV/Å.
    min_devi_f: f64,
    /// Of forces, eV/Å.
    avg_devi_f: f64,
    /// Of the energy over N, eV.
    devi_e: f64,
    /// Of the force on each atom, eV/Å, with --atomic.
    #[serde(skip_serializing_if = "Option::is_none")]
    atm_devi_f: Option<&'a [f64]>,
}

impl<'a> Row<'a> {
    fn of(found: &'a Deviation, atomic: bool) -> Self {
        let (virial, forces) = (&found.virial, &found.forces);
        Self {
            max_devi_v: virial.max,
            min_devi_v: virial.min,
            avg_devi_v: virial.mean,
            max_devi_f: forces.max,
            min_devi_f: forces.min,
            avg_devi_f: forces.mean,
            devi_e: found.energy,
            atm_devi_f: atomic.then_some(&found.atoms[..]),
        }
    }
}

/// The object, a line a frame.
pub(super) fn text(committee: &Committee, atomic: bool, systems: &[System]) -> Result<String> {
    let written = |e: serde_json::Error| Error::bug(format!("a frame cannot be written: {e}"));
    let mut text = String::from("{\n  \"frames\": [");
    let mut mark = "\n    ";
    for system in systems {
        for (found, noted) in system.found.iter().zip(&system.noted) {
            let outside = noted.close.iter().map(|&(atom, distance)| Outside { atom, distance });
            let frame = Frame {
                energy: found.energy,
                forces: &found.forces,
                virial: found.virial.concat(),
                atomic_energies: &found.atomic_energies,
                descriptor: found.descriptors.as_deref(),
                outside: outside.collect(),
            };
            text.push_str(mark);
            text.push_str(&serde_json::to_string(&frame).map_err(written)?);
            mark = ",\n    ";
        }
    }
    text.push_str("\n  ]");
    if committee.members.len() > 1 {
        let rows = systems.iter().flat_map(|system| &system.deviations);
        let rows: Vec<Row<'_>> = rows.map(|found| Row::of(found, atomic)).collect();
        let rows = serde_json::to_string(&rows).map_err(written)?;
        let _infallible = write!(text, ",\n  \"deviation\": {rows}");
    }
    let table = committee.members[0].fast.table_errors().map(TableErrors::from);
    let table = serde_json::to_string(&table).map_err(written)?;
    let _infallible = write!(text, ",\n  \"table\": {table}\n}}");
    Ok(text)
}

/// Its schema.
pub(crate) fn schema() -> Value {
    schema_for!(Object).to_value()
}
