//! A folder with models and labelled frames, for tests of the command.
#![allow(dead_code, clippy::unwrap_used, clippy::disallowed_methods, reason = "test support")]

use std::fs;
use std::path::Path;

use atoms::form::on_tape;
use atoms::format::{self, Format, Precision, Written};
use atoms::{Frames, Potential, interchange};
use tempfile::tempdir;

use crate::drawn;

/// A model and three labelled frames in a folder: model.dp, other.yaml, frames.xyz.
pub(crate) fn folder() -> (tempfile::TempDir, Potential, Frames) {
    let here = tempdir().unwrap();
    let kind = drawn::KINDS[1];
    let [one, two] = [1, 2].map(|seed| drawn::potential(kind, seed));
    for (name, potential) in [("model.dp", &one), ("other.yaml", &two)] {
        fs::write(here.path().join(name), interchange::write(name, potential).unwrap()).unwrap();
    }
    let snapshot = |seed: u64| {
        let mut snapshot = drawn::snapshot(14, 2, Some(drawn::skew(14)), seed);
        let found = on_tape::evaluate(&one, &snapshot);
        // Labels are off by what is known.
        snapshot.labels.energy = Some(found.energy + 1.4);
        let off = found.forces.iter().map(|f| [f[0] + 0.3, f[1], f[2]]);
        snapshot.labels.forces = Some(off.collect());
        snapshot.labels.virial = Some(found.virial);
        snapshot
    };
    let frames =
        Frames { species: one.form.species.clone(), snapshots: (0..3).map(snapshot).collect() };
    write(here.path(), "frames.xyz", &frames);
    (here, one, frames)
}

/// Writes frames as extended XYZ.
pub(crate) fn write(here: &Path, name: &str, frames: &Frames) {
    let (written, _) = format::write(frames, Format::ExtXyz, Precision::Double).unwrap();
    let Written::File(bytes) = written else { panic!("extended XYZ is one file") };
    fs::write(here.join(name), bytes).unwrap();
}
