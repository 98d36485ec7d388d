//! A Deep Potential: energy, forces and virial of the first frame of a system.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads files")]

use std::path::Path;

use esperance::atoms::format::{self, Format, Options, Source, Tree};
use esperance::atoms::plan::{Embeddings, Plan};
use esperance::atoms::potential::Evaluation;
use esperance::atoms::{Frames, Snapshot, interchange};
use ground::kernel::lane::{Real, level_named};
use ground::{Error, Result, par};

use crate::windows::Windows;

/// Evaluates while windows are asked for. The loss is how far the result is from the labels: eV an atom
/// or eV/Å, whichever is more.
pub(crate) fn evaluate<T: Real>(
    (threads, level): (usize, &str),
    [model, system]: [&str; 2],
    embeddings: Embeddings,
    windows: &mut Windows,
) -> Result<()> {
    let level = level_named(level).ok_or_else(|| {
        Error::input("", format!("this machine has no level `{level}`")).allowed("native, portable")
    })?;
    let bytes = std::fs::read(model).map_err(|e| Error::io(model, e))?;
    let potential = interchange::read(model, &bytes, None)?.potential;
    let snapshot = first(system, &potential.form.species)?;
    let pool = par::pool(threads)?;
    pool.install(|| {
        let plan = Plan::<T>::at_level(&potential, embeddings, level);
        let (found, _) = plan.evaluate(&snapshot, false)?;
        let apart = off(&found, &snapshot);
        while windows.before(|| apart).is_continue() {
            plan.evaluate(&snapshot, false)?;
        }
        Ok(())
    })
}

/// The first frame of a system, in terms of the species of a model.
fn first(folder: &str, species: &[String]) -> Result<Snapshot> {
    let frames = system(folder)?.in_terms_of(species)?;
    let first = frames.snapshots.into_iter().next();
    first.ok_or_else(|| Error::input("", "there are no frames").in_file(folder))
}

/// A system of DeePMD-kit.
pub(crate) fn system(folder: &str) -> Result<Frames> {
    let mut tree = Tree::new();
    gather(Path::new(folder), "", &mut tree).map_err(|e| Error::io(folder, e))?;
    let source = Source::Folder(&tree);
    Ok(format::read(Format::DeepmdNpy, folder, source, Options::default())?.frames)
}

fn gather(folder: &Path, under: &str, tree: &mut Tree) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = if under.is_empty() { name.into_owned() } else { format!("{under}/{name}") };
        if path.is_dir() {
            gather(&path, &name, tree)?;
        } else {
            tree.insert(name, std::fs::read(&path)?);
        }
    }
    Ok(())
}

/// How far a result is from the labels.
fn off(found: &Evaluation, snapshot: &Snapshot) -> f64 {
    let (Some(energy), Some(forces)) = (snapshot.labels.energy, &snapshot.labels.forces) else {
        return f64::NAN;
    };
    let forces = found.forces.iter().flatten().zip(forces.iter().flatten());
    let apart = (found.energy - energy).abs() / snapshot.len() as f64;
    forces.map(|(found, due)| (found - due).abs()).fold(apart, f64::max)
}
