//! Potentials from files, ready to be asked.

use std::path::{Path, PathBuf};

use atoms::interchange::{self, Imported, ModelFormat, Rules};
use atoms::model::in_frame;
use atoms::plan::{Embeddings, Fast, Noted};
use atoms::potential::Evaluation;
use atoms::{Frames, Snapshot};
use clap::{Args, ValueEnum};
use frame::Precision;
use ground::{Error, Result, par};

use crate::frames::{self, Loaded};
use crate::progress::say;
use crate::run_folder::{CASE, MODEL, SEED};

/// How a model is to be read.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// Read a model as this back end of DeePMD-kit does, where they disagree; without it the file says
    #[arg(long = "rules", value_enum, value_name = "BACK END")]
    like: Option<Like>,
}

/// How a potential is to be computed.
#[derive(Args, Clone, Debug)]
pub(crate) struct How {
    /// Embeddings from tables (on, the default), or by their networks
    #[arg(long, value_enum, value_name = "ON|OFF")]
    table: Option<Table>,
    /// The precision of networks and sums, f64 without it; geometry and forces are added in double
    #[arg(long = "precision", value_enum, value_name = "PRECISION")]
    digits: Option<Digits>,
    #[command(flatten)]
    reading: Reading,
    /// Threads, at most 1024; one a core without it, or with 0. The numbers do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(..=1024))]
    threads: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Table {
    On,
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Digits {
    F32,
    F64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Like {
    #[value(name = "tensorflow")]
    TensorFlow,
    #[value(name = "numpy", alias = "pytorch", alias = "jax")]
    NumPy,
}

impl Like {
    fn rules(self) -> Rules {
        match self {
            Self::TensorFlow => Rules::TensorFlow,
            Self::NumPy => Rules::NumPy,
        }
    }
}

/// A folder that is not of one model.
pub fn not_one(path: &Path, models: &[PathBuf]) -> Error {
    let name = path.display().to_string();
    let error = match models {
        [] => Error::input("", "there is no model in this folder").allowed(
            "Give a model of DeePMD-kit, .dp or .yaml, or the folder of a finished training",
        ),
        [first, ..] => {
            Error::input("", format!("there are {} models in this folder", models.len()))
                .allowed(format!("Give one of them, such as {}", first.display()))
        }
    };
    error.in_file(&name)
}

/// A potential and its plan.
#[derive(Debug)]
pub(crate) struct Ready {
    /// Its path.
    pub(crate) name: String,
    /// What was read.
    pub(crate) imported: Imported,
    /// What computes.
    pub(crate) fast: Fast,
}

/// Potentials, and the threads they run on.
#[derive(Debug)]
pub(crate) struct Committee {
    /// At least one, of the same species.
    pub(crate) members: Vec<Ready>,
    pool: par::ThreadPool,
}

/// The models that a path stands for: a file is one, the folder of a training holds one, that of several
/// seeds holds one for each, in their order.
pub fn models(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let trained = |folder: &Path| folder.join(MODEL).is_file() && folder.join(CASE).is_file();
    if trained(path) {
        return Ok(vec![path.join(MODEL)]);
    }
    let name = path.display().to_string();
    let failed = |e: std::io::Error| Error::io(&name, e);
    let seed = |folder: &PathBuf| {
        let last = folder.file_name()?.to_str()?;
        last.strip_prefix(SEED)?.parse::<u64>().ok()
    };
    let mut all = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let folder = entry.map_err(failed)?.path();
        if let Some(seed) = seed(&folder).filter(|_| trained(&folder)) {
            all.push((seed, folder.join(MODEL)));
        }
    }
    all.sort();
    Ok(all.into_iter().map(|(_, model)| model).collect())
}

/// The model in a file, which may have warnings about it.
pub fn imported(path: &Path, rules: Option<Rules>) -> Result<Imported> {
    let name = path.display().to_string();
    let about = |error: Error| error.in_file(&name);
    // A name that tells what is wrong is said before a file is looked for.
    ModelFormat::of(&name).map_err(about)?;
    let bytes =
        frames::bytes(path).map_err(|e| e.allowed("Give a model of DeePMD-kit, .dp or .yaml"))?;
    interchange::read(&name, &bytes, rules).map_err(about)
}

impl Reading {
    /// The model that a path stands for, which must be one.
    pub(crate) fn one(self, path: &Path) -> Result<Imported> {
        match models(path)?.as_slice() {
            [model] => self.read(model),
            all => Err(not_one(path, all)),
        }
    }

    /// The model in a file; what should be known about it goes to stderr.
    pub(crate) fn read(self, path: &Path) -> Result<Imported> {
        let imported = imported(path, self.like.map(Like::rules))?;
        let name = path.display();
        imported.warnings.iter().for_each(|text| say(&format!("{name}: {text}")));
        Ok(imported)
    }

    /// The option that was given, if one was.
    pub(crate) fn given(self) -> Option<&'static str> {
        self.like.map(|_| "--rules")
    }
}

impl How {
    /// The option that was given, if one was.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let all = [
            (self.table.is_some(), "--table"),
            (self.digits.is_some(), "--precision"),
            (self.threads.is_some(), "--threads"),
        ];
        all.iter().find(|(given, _)| *given).map(|(_, name)| *name).or(self.reading.given())
    }

    fn precision(&self) -> Precision {
        match self.digits {
            Some(Digits::F32) => Precision::F32,
            Some(Digits::F64) | None => Precision::F64,
        }
    }

    fn embeddings(&self) -> Embeddings {
        if self.table == Some(Table::Off) { Embeddings::Networks } else { Embeddings::Tabulated }
    }

    /// The potential that a path stands for, alone.
    pub(crate) fn alone(&self, path: &Path) -> Result<Committee> {
        let all = models(path)?;
        if all.len() != 1 {
            return Err(not_one(path, &all));
        }
        self.committee(&all)
    }

    /// The potentials that paths stand for, which must know the same species.
    pub(crate) fn committee(&self, paths: &[PathBuf]) -> Result<Committee> {
        let mut files = Vec::new();
        for path in paths {
            let own = models(path)?;
            if own.is_empty() {
                return Err(not_one(path, &own));
            }
            files.extend(own);
        }
        let pool = par::pool(self.threads.map_or(0, usize::from))?;
        let ready = |path: &PathBuf| {
            let imported = self.reading.read(path)?;
            let plan = || Fast::new(&imported.potential, self.precision(), self.embeddings());
            let fast = pool.install(plan);
            Ok(Ready { name: path.display().to_string(), imported, fast })
        };
        let members: Vec<Ready> = files.iter().map(ready).collect::<Result<_>>()?;
        let species = |ready: &Ready| ready.imported.potential.form.species.clone();
        let first = species(&members[0]);
        if let Some(other) = members.iter().find(|ready| species(ready) != first) {
            let found = format!("its species are {}", species(other).join(", "));
            return Err(Error::input("", found)
                .allowed(format!("Those of {} are {}", members[0].name, first.join(", ")))
                .in_file(&other.name));
        }
        Ok(Committee { members, pool })
    }
}

impl Committee {
    /// The names of the species.
    pub(crate) fn species(&self) -> &[String] {
        &self.members[0].imported.potential.form.species
    }

    /// How the first computes its embeddings, in words.
    pub(crate) fn embeddings(&self) -> String {
        match self.members[0].fast.table_errors() {
            Some([value, slope]) => format!(
                "embeddings from tables: errors at most {value:.1e}, of slopes {slope:.1e} (measured \
                 between the nodes)"
            ),
            None => "embeddings by their networks".to_owned(),
        }
    }

    /// The precision of the first, as `--precision` says it.
    pub(crate) fn precision(&self) -> &'static str {
        match self.members[0].fast {
            Fast::F32(_) => "f32",
            Fast::F64(_) => "f64",
        }
    }

    /// Threads at work.
    pub(crate) fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Frames in terms of these species; where frames have no names, their types are indices.
    fn understand(&self, frames: Frames) -> Result<Frames> {
        let known = self.species();
        let unnamed = frames.species.iter().all(|name| name.starts_with("Type_"));
        if unnamed && frames.species.len() > known.len() {
            let found = format!("there are {} types without names", frames.species.len());
            return Err(Error::input("", found).allowed(format!(
                "The model knows {}: {}",
                known.len(),
                known.join(", ")
            )));
        }
        frames::with_species(frames, known)
    }

    /// Every frame of a file or system, in order: its number, the snapshot, what every member says, and
    /// what came to notice with the first. That goes to stderr as well, once, and is returned in words.
    pub(crate) fn each(
        &self,
        loaded: Loaded,
        descriptors: bool,
        mut take: impl FnMut(usize, &Snapshot, Vec<Evaluation>, Noted),
    ) -> Result<Vec<String>> {
        let Loaded { name, frames, numbers, .. } = loaded;
        let about = |error: Error| error.in_file(&name);
        let frames = self.understand(frames).map_err(about)?;
        let mut remarks = Remarks::default();
        for (snapshot, number) in frames.snapshots.iter().zip(numbers) {
            let (found, noted) = self
                .evaluate(snapshot, descriptors)
                .map_err(|error| about(in_frame(error, number)))?;
            remarks.add(number, &noted);
            take(number, snapshot, found, noted);
        }
        let potential = &self.members[0].imported.potential;
        let sentences = remarks.sentences(&name, potential);
        for text in &sentences {
            say(text);
        }
        Ok(sentences)
    }

    /// What every member says of a snapshot, and what came to notice with the first.
    fn evaluate(&self, snapshot: &Snapshot, descriptors: bool) -> Result<(Vec<Evaluation>, Noted)> {
        self.pool.install(|| {
            let mut all = Vec::with_capacity(self.members.len());
            let mut first = None;
            for member in &self.members {
                let (found, noted) =
                    member.fast.evaluate(snapshot, descriptors && first.is_none())?;
                all.push(found);
                first.get_or_insert(noted);
            }
            Ok((all, first.unwrap_or_default()))
        })
    }
}

/// What should be known of all frames, said once.
#[derive(Debug, Default)]
struct Remarks {
    crowded: usize,
    excess: usize,
    close: Vec<(usize, usize, f64)>,
}

/// Atoms that are named before the rest is counted.
const NAMED: usize = 5;

impl Remarks {
    /// Adds what came to notice in a frame.
    fn add(&mut self, frame: usize, noted: &Noted) {
        self.crowded += noted.crowded;
        self.excess = self.excess.max(noted.excess);
        self.close.extend(noted.close.iter().map(|&(atom, r)| (frame, atom, r)));
    }

    /// Sentences about frames of this name.
    fn sentences(&self, name: &str, potential: &atoms::Potential) -> Vec<String> {
        let mut all = Vec::new();
        if self.crowded > 0 {
            all.push(format!(
                "{name}: {} atoms have more neighbours than the model's sel, {} at most; DeePMD-kit \
                 drops the farthest, nothing is dropped here",
                self.crowded, self.excess
            ));
        }
        if !self.close.is_empty() {
            let known = match potential.nearest {
                Some(nearest) => format!("closer than any in the training data ({nearest:.3} Å)"),
                None => {
                    "closer than tables reach; embeddings come from the networks there".to_owned()
                }
            };
            let named = self.close.iter().take(NAMED);
            let named: Vec<String> = named
                .map(|(frame, atom, r)| format!("frame {frame} atom {} ({r:.3} Å)", atom + 1))
                .collect();
            let more = match self.close.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            all.push(format!("{name}: neighbours {known}: {}{more}", named.join(", ")));
        }
        all
    }
}
