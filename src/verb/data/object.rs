//! What `data info --json` and `data check --json` print.

use std::collections::BTreeMap;

use atoms::findings::Finding;
use atoms::survey::{Span, survey};
use ground::units::KILOBAR;
use ground::{Error, Result};
use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::frames::Loaded;

/// What `esperance data info --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DataInfo")]
struct Info<'a> {
    /// How many frames there are.
    frames: usize,
    /// Of each file or system.
    systems: Vec<System<'a>>,
}

/// What a file or system holds; two numbers are the least and the largest, null is nothing to say.
#[derive(Debug, Serialize, JsonSchema)]
struct System<'a> {
    /// Its path.
    name: &'a str,
    /// Its format, as --from says it.
    format: &'a str,
    /// How many frames.
    frames: usize,
    /// How many atoms a frame has.
    atoms: Option<[f64; 2]>,
    /// Atoms of each species, in all frames.
    #[schemars(with = "BTreeMap<String, usize>")]
    species: Map<String, Value>,
    /// Frames of each composition.
    #[schemars(with = "BTreeMap<String, usize>")]
    compositions: Map<String, Value>,
    /// Frames with each label.
    #[schemars(with = "BTreeMap<String, usize>")]
    labels: Map<String, Value>,
    /// Frames with a cell.
    cells: usize,
    /// Frames whose electrons had not converged.
    unconverged: usize,
    /// E/N, eV.
    energy_per_atom: Option<[f64; 2]>,
    /// Root of the mean square of all components of forces, eV/Å.
    force_rms: Option<f64>,
    /// The largest force, eV/Å.
    force_max: Option<f64>,
    /// Å³.
    volume: Option<[f64; 2]>,
    /// g/cm³.
    density: Option<[f64; 2]>,
    /// Of the labelled virial, kbar.
    pressure_kbar: Option<[f64; 2]>,
    /// The two atoms that are nearest.
    closest: Option<Closest>,
    /// What was odd, a sentence each.
    warnings: &'a [String],
}

/// Two atoms that are near.
#[derive(Debug, Serialize, JsonSchema)]
struct Closest {
    /// Their distance, Å.
    distance: f64,
    /// The frame, counted from 0.
    frame: usize,
    /// The atoms, counted from 0; the same twice for an atom and its own image.
    atoms: [usize; 2],
}

/// What `esperance data check --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DataCheck")]
struct Check<'a> {
    /// How many frames there are.
    frames: usize,
    /// What is doubtful; empty where nothing is.
    findings: Vec<Doubtful<'a>>,
}

/// Something doubtful.
#[derive(Debug, Serialize, JsonSchema)]
struct Doubtful<'a> {
    /// The path of the file or system; empty where it is about several.
    name: &'a str,
    /// A word for programs.
    kind: &'a str,
    /// A sentence.
    text: &'a str,
    /// The frames it is about, counted from 0; empty where it is about all.
    frames: &'a [usize],
}

fn system(one: &Loaded) -> System<'_> {
    let found = survey(&one.frames);
    let both = |span: Option<Span>| span.map(|span| [span.least, span.most]);
    let named = |counts: &[(String, usize)]| -> Map<String, Value> {
        counts.iter().map(|(name, n)| (name.clone(), Value::from(*n))).collect()
    };
    let labels: Vec<(String, usize)> =
        found.labels.iter().map(|(name, n)| (name.replace(' ', "_"), *n)).collect();
    System {
        name: &one.name,
        format: one.format.name(),
        frames: found.frames,
        atoms: both(found.atoms),
        species: named(&found.species),
        compositions: named(&found.compositions),
        labels: named(&labels),
        cells: found.cells,
        unconverged: found.unconverged,
        energy_per_atom: both(found.energy_per_atom),
        force_rms: found.force_rms,
        force_max: found.force_most,
        volume: both(found.volume),
        density: both(found.density),
        pressure_kbar: both(found.pressure).map(|both| both.map(|p| p / KILOBAR)),
        closest: found.closest.map(|pair| Closest {
            distance: pair.distance,
            frame: pair.frame,
            atoms: pair.atoms,
        }),
        warnings: &one.warnings,
    }
}

/// The object of `data info`.
pub(super) fn info(all: &[Loaded]) -> Result<String> {
    let frames = all.iter().map(|one| one.frames.len()).sum();
    text(&Info { frames, systems: all.iter().map(system).collect() })
}

/// The object of `data check`; every finding with the name of its system.
pub(super) fn check(frames: usize, found: &[(String, Finding)]) -> Result<String> {
    let findings = found.iter().map(|(name, finding)| Doubtful {
        name,
        kind: finding.kind,
        text: &finding.text,
        frames: &finding.frames,
    });
    text(&Check { frames, findings: findings.collect() })
}

fn text(object: &impl Serialize) -> Result<String> {
    serde_json::to_string(object)
        .map_err(|e| Error::bug(format!("what frames hold cannot be written: {e}")))
}

/// The schema of the object of `data info`.
pub(crate) fn info_schema() -> Value {
    schema_for!(Info<'_>).to_value()
}

/// The schema of the object of `data check`.
pub(crate) fn check_schema() -> Value {
    schema_for!(Check<'_>).to_value()
}
