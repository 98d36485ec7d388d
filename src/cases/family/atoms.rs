//! The sections of molecules, and the data they name.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use atoms::answer::MODEL;
use atoms::case::data::Data;
use atoms::case::{Model, Paths, Problem, Representation, Start};
use atoms::format::Options;
use atoms::interchange;
use atoms::problem::System;
use frame::{Precision, Schedule};
use ground::{Error, Result};
use sha2::{Digest, Sha256};
use toml::{Table, Value};

use super::Made;
use crate::cases::Case;
use crate::cases::descent::Descents;
use crate::cases::expect::Expect;
use crate::cases::registry::section;
use crate::cases::sections::RunSection;
use crate::frames::{self, Loaded, SHIPPED};

/// Keys of `[run]` that mean nothing here, and what to write instead.
const FOREIGN: [(&str, &str); 2] = [
    ("batch", "Frames of a batch are said by problem.batch, such as { atoms = 32 }"),
    ("fresh-paths", "The answer is read off the validation frames: see problem.validation"),
];

/// The sections, read.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    model: Model,
    problem: Problem,
    representation: Representation,
    descent: Descents,
    /// The rate, over so many iterations.
    pub(crate) rate: (Schedule, u64),
    precision: Precision,
    seed: u64,
    /// The key and the place of the potential to start from.
    start: Option<(&'static str, PathBuf)>,
    /// What was read, once.
    data: OnceLock<Known>,
}

/// Data that were read.
#[derive(Clone, Debug)]
struct Known {
    training: Vec<System>,
    validation: Vec<System>,
    digest: String,
    /// What was odd in the files, a sentence each.
    notes: Vec<String>,
}

/// Reads the sections; what is returned beside them are the complete tables.
pub(crate) fn read(
    case: &Case,
    tables: &Table,
    run: &RunSection,
    descent: Descents,
) -> Result<(Parts, [Table; 3])> {
    let (model, model_table) = section::<Model>(tables, "model")?;
    let (mut problem, mut problem_table) = section::<Problem>(tables, "problem")?;
    let (representation, form_table) = section::<Representation>(tables, "representation")?;
    if problem.data.all().is_empty() && problem.source.is_none() {
        return Err(Error::input("problem.data", "there are no data").allowed(
            "Write files or folders of labelled frames: text in quotes, or a list of it",
        ));
    }
    for (key, paths) in [("data", &mut problem.data), ("validation", &mut problem.validation)] {
        let folder = case.folder(&format!("problem.{key}"));
        *paths = Paths::Many(paths.all().iter().map(|path| place(&folder, path)).collect());
        let all = paths.all().iter().cloned().map(Value::String).collect();
        problem_table.insert(key.to_owned(), Value::Array(all));
    }
    let start = match (&run.init, &run.finetune) {
        (None, None) => None,
        (Some(path), None) => Some(("run.init", case.folder("run.init").join(path))),
        (None, Some(path)) => Some(("run.finetune", case.folder("run.finetune").join(path))),
        (Some(_), Some(_)) => {
            return Err(Error::input("run.finetune", "`init` and `finetune` do not go together")
                .allowed(
                    "init goes on with the same species and energies of atoms, finetune fits them",
                ));
        }
    };
    let precision = run.run().precision;
    let rate = descent.rate().ok_or_else(|| Error::bug("a potential is trained at a rate"))?;
    let rate = (rate.clone(), run.iterations);
    let seed = run.seed;
    let data = OnceLock::new();
    let parts =
        Parts { model, problem, representation, descent, rate, precision, seed, start, data };
    Ok((parts, [model_table, problem_table, form_table]))
}

/// A path as it can be found from anywhere.
fn place(folder: &Path, path: &str) -> String {
    if path.starts_with(SHIPPED) {
        return path.to_owned();
    }
    let path = folder.join(path);
    std::path::absolute(&path).unwrap_or(path).display().to_string()
}

/// Refuses what `[run]` and `[expect]` say where it means nothing for molecules.
pub(crate) fn sound(tables: &Table, run: &RunSection, expect: Option<&Expect>) -> Result<()> {
    let said = tables.get("run").and_then(Value::as_table);
    for (key, instead) in FOREIGN {
        if said.is_some_and(|said| said.contains_key(key)) {
            return Err(Error::input(
                format!("run.{key}"),
                "model.kind = \"atoms\" draws no paths",
            )
            .allowed(instead));
        }
    }
    if run.look < 1 {
        return Err(Error::input("run.look", "a look at no frames")
            .allowed("Write a whole number, 1 or more"));
    }
    expect.map_or(Ok(()), Expect::of_atoms)
}

/// `[run]` without what means nothing here, its paths as they can be found from anywhere.
pub(crate) fn own(case: &Case, mut run: Table) -> Table {
    for (key, _) in FOREIGN {
        run.remove(key);
    }
    for key in ["init", "finetune"] {
        if let Some(Value::String(path)) = run.get_mut(key) {
            *path = place(&case.folder(&format!("run.{key}")), path);
        }
    }
    run
}

impl Parts {
    /// The job, and the weights of the potential it starts from.
    pub(crate) fn job(&self, case: &Case) -> Result<Made> {
        let known = self.known(case)?;
        let data = Data {
            training: known.training.clone(),
            validation: known.validation.clone(),
            held_out: self.problem.held_out,
            seed: self.seed,
            start: self.potential(case)?,
        };
        let sections = (&self.model, &self.problem, &self.representation);
        let (job, theta) =
            atoms::case::job(sections, data, self.rate.clone(), self.descent.clone().boxed())
                .map_err(|error| case.locate(error))?;
        Ok((job, theta))
    }

    /// The digest of the data, where the case says any.
    pub(crate) fn digest(&self, case: &Case) -> Result<Option<&str>> {
        if self.problem.data.all().is_empty() {
            return Ok(None);
        }
        Ok(Some(&self.known(case)?.digest))
    }

    /// What was odd in the data that were read.
    pub(crate) fn notes(&self) -> &[String] {
        self.data.get().map_or(&[], |known| &known.notes)
    }

    /// The data, read at the first call.
    fn known(&self, case: &Case) -> Result<&Known> {
        if let Some(known) = self.data.get() {
            return Ok(known);
        }
        let known = self.load(case)?;
        Ok(self.data.get_or_init(|| known))
    }

    fn load(&self, case: &Case) -> Result<Known> {
        if let (true, Some(source)) = (self.problem.data.all().is_empty(), &self.problem.source) {
            let lacking = Error::input("problem.data", "this case does not bring its data");
            let source = source.trim_end_matches('.');
            return Err(case
                .locate(lacking.allowed(format!("{source}; then add --set problem.data=FOLDER"))));
        }
        let mut notes = Vec::new();
        let mut all = |key: &str, paths: &Paths| {
            let loaded = load(key, paths).map_err(|error| case.locate(error))?;
            let system = |one: Loaded| {
                notes.extend(one.warnings.iter().map(|text| format!("{}: {text}", one.name)));
                if one.frames.is_empty() {
                    notes.push(format!("{}: there are no frames in it", one.name));
                }
                let names = &self.model.species;
                let unnamed = one.frames.species.iter().all(|name| name.starts_with("Type_"));
                let frames = if unnamed && !names.is_empty() {
                    frames::with_species(one.frames, names)
                        .map_err(|error| error.in_file(&one.name))?
                } else {
                    one.frames
                };
                Ok(System { name: one.name, frames })
            };
            loaded.into_iter().map(system).collect::<Result<Vec<System>>>()
        };
        let training = all("problem.data", &self.problem.data)?;
        let validation = all("problem.validation", &self.problem.validation)?;
        let digest = digest(&[&training, &validation]);
        if let Some(due) = self.problem.digest.as_ref().filter(|due| **due != digest) {
            let found = format!("the data are others: their digest is {digest}, not {due}");
            return Err(case.locate(
                Error::input("problem.digest", found)
                    .allowed("Give the data that were meant, or leave the key out to use these"),
            ));
        }
        Ok(Known { training, validation, digest, notes })
    }

    /// The potential to start from, in a model file or a run folder.
    fn potential(&self, case: &Case) -> Result<Option<Start>> {
        let Some((key, path)) = &self.start else { return Ok(None) };
        let file = if path.is_dir() { path.join(MODEL) } else { path.clone() };
        let name = file.display().to_string();
        let bytes =
            std::fs::read(&file).map_err(|_| {
                case.locate(Error::input(*key, format!("there is no model `{name}`")).allowed(
                    "Give a model of DeePMD-kit, .dp or .yaml, or a run folder of a training",
                ))
            })?;
        let potential =
            interchange::read(&name, &bytes, None).map_err(|error| error.in_file(&name))?.potential;
        let finetune = *key == "run.finetune";
        Ok(Some(Start { potential, finetune, precision: self.precision }))
    }
}

/// The frames of every path of a key.
fn load(key: &str, paths: &Paths) -> Result<Vec<Loaded>> {
    let mut all = Vec::new();
    for path in paths.all() {
        if let Some(brought) = frames::brought(path) {
            all.push(brought.map_err(|mut error| {
                if let Error::Input(input) = &mut error {
                    key.clone_into(&mut input.key);
                }
                error
            })?);
            continue;
        }
        let path = PathBuf::from(path);
        if !path.exists() {
            let found = format!("there is no file or folder `{}`", path.display());
            return Err(Error::input(key, found).allowed(
                "Paths begin at the folder of the case file, those of --set and of an input.json where you are",
            ));
        }
        all.extend(frames::read(std::slice::from_ref(&path), None, Options::default())?);
    }
    Ok(all)
}

/// The SHA-256 of frames and labels, system by system.
fn digest(all: &[&[System]]) -> String {
    let mut hash = Sha256::new();
    let mut put = |numbers: &mut dyn Iterator<Item = f64>| {
        let mut n = 0_u64;
        for number in numbers {
            hash.update(number.to_le_bytes());
            n += 1;
        }
        hash.update(n.to_le_bytes());
    };
    for systems in all {
        put(&mut std::iter::once(systems.len() as f64));
        for System { frames, .. } in *systems {
            put(&mut frames.species.join(" ").bytes().map(f64::from));
            for snapshot in &frames.snapshots {
                let labels = &snapshot.labels;
                put(&mut snapshot.types.iter().map(|&t| f64::from(t)));
                put(&mut snapshot.positions.iter().flatten().copied());
                let cell = snapshot.cell.as_ref().map(atoms::cell::Cell::rows);
                put(&mut cell.iter().flatten().flatten().copied());
                put(&mut labels.energy.into_iter());
                put(&mut labels.forces.iter().flatten().flatten().copied());
                put(&mut labels.virial.iter().flatten().flatten().copied());
                put(&mut labels.atomic_energies.iter().flatten().copied());
            }
        }
    }
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
