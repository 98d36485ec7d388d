//! What `test --json` prints and `test.json` holds.

use std::collections::BTreeMap;

use atoms::score::{Errors, MAGNITUDES, Score};
use ground::{Error, Result};
use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Tested;
use crate::output::TableErrors;

/// What `esperance test --json` prints and `test.json` in the folder of `--out` holds: all frames together,
/// then species, sizes and systems.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Test")]
struct Object {
    /// The version of esperance.
    version: String,
    /// The file of the model.
    model: String,
    /// "f32" or "f64": the precision of networks and sums.
    precision: &'static str,
    /// How far tables are from the embeddings they stand for; null where the networks were asked.
    table: Option<TableErrors>,
    #[serde(flatten)]
    figures: Figures,
    /// What is had without a model.
    without_model: WithoutModel,
    /// Of components of forces on atoms of each species of the model.
    #[schemars(with = "BTreeMap<String, Class>")]
    force_by_species: Map<String, Value>,
    /// Of components of forces by the size |F| of the label.
    force_by_size: Vec<Size>,
    /// The same figures of each file or system.
    systems: Vec<System>,
    /// What should be known of the model and the frames, a sentence each.
    warnings: Vec<String>,
    /// The units of all of it.
    units: Units,
}

/// Errors; each is null where there is no label, each standard error where there is one frame.
#[derive(Debug, Serialize, JsonSchema)]
struct Figures {
    /// √⟨δ²⟩ of E over frames.
    energy_rmse: Option<f64>,
    /// ⟨|δ|⟩ of E over frames.
    energy_mae: Option<f64>,
    /// The standard error of the RMSE, frames taken as independent.
    energy_rmse_stderr: Option<f64>,
    /// Of E/N.
    energy_rmse_per_atom: Option<f64>,
    /// Of E/N.
    energy_mae_per_atom: Option<f64>,
    /// Of E/N.
    energy_rmse_per_atom_stderr: Option<f64>,
    /// Of components of forces.
    force_rmse: Option<f64>,
    /// Of components of forces.
    force_mae: Option<f64>,
    /// Of components of forces.
    force_rmse_stderr: Option<f64>,
    /// Of the nine components of virials.
    virial_rmse: Option<f64>,
    /// Of the nine components of virials.
    virial_mae: Option<f64>,
    /// Of the nine components of virials.
    virial_rmse_stderr: Option<f64>,
    /// Of components of virials over N.
    virial_rmse_per_atom: Option<f64>,
    /// Of components of virials over N.
    virial_mae_per_atom: Option<f64>,
    /// Of components of virials over N.
    virial_rmse_per_atom_stderr: Option<f64>,
    /// How many frames there are.
    n: usize,
    /// How many atoms they have, all together.
    atoms: usize,
}

/// The energy of each frame is the mean label of its composition, and so there are no forces and no
/// virials.
#[derive(Debug, Serialize, JsonSchema)]
struct WithoutModel {
    /// Of E/N.
    energy_rmse_per_atom: Option<f64>,
    /// Of E/N.
    energy_mae_per_atom: Option<f64>,
    /// Of components of forces that are all zero.
    force_rmse: Option<f64>,
    /// Of components of forces that are all zero.
    force_mae: Option<f64>,
    /// Of components of virials over N that are all zero.
    virial_rmse_per_atom: Option<f64>,
    /// Of components of virials over N that are all zero.
    virial_mae_per_atom: Option<f64>,
}

/// Errors of some of the force components.
#[derive(Debug, Serialize, JsonSchema)]
struct Class {
    /// √⟨δ²⟩; null where there is none.
    rmse: Option<f64>,
    /// ⟨|δ|⟩; null where there is none.
    mae: Option<f64>,
    /// The RMSE of forces that are all zero.
    rmse_without_model: Option<f64>,
    /// The MAE of forces that are all zero.
    mae_without_model: Option<f64>,
    /// How many components there are.
    n: usize,
}

/// A class of sizes.
#[derive(Debug, Serialize, JsonSchema)]
struct Size {
    /// |F| from here on, eV/Å.
    from: f64,
    /// And below this; null for the last class.
    to: Option<f64>,
    #[serde(flatten)]
    errors: Class,
}

/// A file or system.
#[derive(Debug, Serialize, JsonSchema)]
struct System {
    /// Its path.
    system: String,
    #[serde(flatten)]
    figures: Figures,
}

/// Units.
#[derive(Debug, Serialize, JsonSchema)]
struct Units {
    /// Of energies.
    energy: &'static str,
    /// Of forces.
    force: &'static str,
    /// Of virials.
    virial: &'static str,
    /// What `n` of all frames and of a system counts.
    n: &'static str,
}

impl Figures {
    fn of(score: &Score) -> Self {
        let all = |errors: &Errors| (errors.rmse(), errors.mae(), errors.stderr());
        let (energy_rmse, energy_mae, energy_rmse_stderr) = all(&score.energy);
        let (energy_rmse_per_atom, energy_mae_per_atom, energy_rmse_per_atom_stderr) =
            all(&score.energy_per_atom);
        let (force_rmse, force_mae, force_rmse_stderr) = all(&score.force);
        let (virial_rmse, virial_mae, virial_rmse_stderr) = all(&score.virial);
        let (virial_rmse_per_atom, virial_mae_per_atom, virial_rmse_per_atom_stderr) =
            all(&score.virial_per_atom);
        Self {
            energy_rmse,
            energy_mae,
            energy_rmse_stderr,
            energy_rmse_per_atom,
            energy_mae_per_atom,
            energy_rmse_per_atom_stderr,
            force_rmse,
            force_mae,
            force_rmse_stderr,
            virial_rmse,
            virial_mae,
            virial_rmse_stderr,
            virial_rmse_per_atom,
            virial_mae_per_atom,
            virial_rmse_per_atom_stderr,
            n: score.frames,
            atoms: score.atoms,
        }
    }
}

impl Class {
    fn of(errors: &Errors) -> Self {
        Self {
            rmse: errors.rmse(),
            mae: errors.mae(),
            rmse_without_model: errors.zero_rmse(),
            mae_without_model: errors.zero_mae(),
            n: errors.n,
        }
    }
}

impl WithoutModel {
    fn of(total: &Score) -> Self {
        let energy = total.mean_energy();
        Self {
            energy_rmse_per_atom: energy.map(|[rmse, _]| rmse),
            energy_mae_per_atom: energy.map(|[_, mae]| mae),
            force_rmse: total.force.zero_rmse(),
            force_mae: total.force.zero_mae(),
            virial_rmse_per_atom: total.virial_per_atom.zero_rmse(),
            virial_mae_per_atom: total.virial_per_atom.zero_mae(),
        }
    }
}

/// The object as text.
pub(super) fn text(tested: &Tested) -> Result<String> {
    let unwritten = |e: serde_json::Error| Error::bug(format!("a score cannot be written: {e}"));
    let (model, total) = (&tested.committee.members[0], &tested.total);
    let mut force_by_species = Map::new();
    for (name, errors) in tested.committee.species().iter().zip(&total.by_species) {
        let class = serde_json::to_value(Class::of(errors)).map_err(unwritten)?;
        force_by_species.insert(name.clone(), class);
    }
    let size = |(k, errors): (usize, &Errors)| {
        let (from, to) = (MAGNITUDES[k], MAGNITUDES.get(k + 1).copied());
        Size { from, to, errors: Class::of(errors) }
    };
    let system = |(name, score): &(String, Score)| System {
        system: name.clone(),
        figures: Figures::of(score),
    };
    let object = Object {
        version: crate::VERSION.to_owned(),
        model: model.name.clone(),
        precision: tested.committee.precision(),
        table: model.fast.table_errors().map(TableErrors::from),
        figures: Figures::of(total),
        without_model: WithoutModel::of(total),
        force_by_species,
        force_by_size: total.by_magnitude.iter().enumerate().map(size).collect(),
        systems: tested.systems.iter().map(system).collect(),
        warnings: tested.warnings.clone(),
        units: Units { energy: "eV", force: "eV/Å", virial: "eV", n: "frames" },
    };
    serde_json::to_string_pretty(&object).map_err(unwritten)
}

/// Its schema.
pub(crate) fn schema() -> Value {
    schema_for!(Object).to_value()
}
