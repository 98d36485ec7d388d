//! The answer of a training for machines: keys of the published schema.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Trained;
use crate::score::{Errors, Score};

/// The part of the output that a training of a potential owns. Energies are in eV, forces in eV/Å.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Training")]
pub struct Json {
    /// The error of the potential.
    answer: Judged,
    /// Errors of the potential.
    accuracy: Accuracy,
    /// The same of no potential: every frame has the mean energy of its composition, and no force and no
    /// virial.
    baseline: Accuracy,
    /// How many frames and atoms there were.
    data: Counts,
}

/// The RMSE that is the answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Judged {
    /// √⟨δ²⟩; null where no frame has the label.
    value: Option<f64>,
    /// Its standard error, frames taken as independent; null where there is one frame.
    stderr: Option<f64>,
    /// Frames behind it.
    n: usize,
    /// "force_rmse", or "energy_rmse_per_atom" where no frame has forces.
    quantity: String,
    /// "eV/Å" or "eV/atom".
    unit: String,
    /// "validation", or "training" where there are no others.
    frames: String,
}

/// Errors by what the frames are for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Accuracy {
    /// On the frames that were learned from.
    train: Part,
    /// On those that were not; null where there are none.
    validation: Option<Part>,
}

/// Errors, each null where there is no label.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Part {
    /// √⟨δ²⟩ of E/N over frames, eV.
    energy_rmse_per_atom: Option<f64>,
    /// Of components of forces, eV/Å.
    force_rmse: Option<f64>,
    /// Of components of virials over N, eV.
    virial_rmse_per_atom: Option<f64>,
}

/// How many there are.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Counts {
    /// Frames that were learned from.
    training_frames: usize,
    /// Frames that were not.
    validation_frames: usize,
    /// Atoms in all of them.
    atoms: usize,
    /// Numbers of the potential that were trained.
    parameters: usize,
}

/// Errors of a potential.
fn part(score: &Score) -> Part {
    Part {
        energy_rmse_per_atom: score.energy_per_atom.rmse(),
        force_rmse: score.force.rmse(),
        virial_rmse_per_atom: score.virial_per_atom.rmse(),
    }
}

/// Errors of none.
fn without(score: &Score) -> Part {
    Part {
        energy_rmse_per_atom: score.mean_energy().map(|[rmse, _]| rmse),
        force_rmse: score.force.zero_rmse(),
        virial_rmse_per_atom: score.virial_per_atom.zero_rmse(),
    }
}

/// The object.
pub(super) fn object(trained: &Trained) -> Map<String, Value> {
    let (judged, quantity) = (trained.judged(), trained.quantity());
    let errors: &Errors = quantity.of(judged);
    let both = |part: fn(&Score) -> Part| Accuracy {
        train: part(&trained.training),
        validation: trained.validation.as_ref().map(part),
    };
    let other = trained.validation.as_ref();
    let json = Json {
        answer: Judged {
            value: errors.rmse(),
            stderr: errors.stderr(),
            n: judged.frames,
            quantity: quantity.name().to_owned(),
            unit: quantity.unit().to_owned(),
            frames: trained.frames().to_owned(),
        },
        accuracy: both(part),
        baseline: both(without),
        data: Counts {
            training_frames: trained.training.frames,
            validation_frames: other.map_or(0, |score| score.frames),
            atoms: trained.training.atoms + other.map_or(0, |score| score.atoms),
            parameters: trained.potential.theta.flat().len(),
        },
    };
    match serde_json::to_value(json) {
        Ok(Value::Object(map)) => map,
        other => unreachable!("a struct is an object: {other:?}"),
    }
}
