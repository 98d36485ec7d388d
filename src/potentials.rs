//! Potentials from files, ready to be asked.

use std::fs;
use std::path::{Path, PathBuf};

use atoms::interchange::{self, Imported, Rules};
use atoms::plan::{Embeddings, Fast, Noted};
use atoms::potential::Evaluation;
use atoms::{Frames, Snapshot};
use clap::{Args, ValueEnum};
use frame::Precision;
use ground::{Error, Result, par};

use crate::frames;
use crate::progress::say;

/// How a potential is to be computed.
#[derive(Args, Clone, Debug)]
pub(crate) struct How {
    /// Embeddings from tables, or by their networks
    #[arg(long, value_enum, default_value = "on", value_name = "ON|OFF")]
    table: Table,
    /// The precision of networks and sums; geometry and forces are added in double
    #[arg(long = "precision", value_enum, default_value = "f64", value_name = "PRECISION")]
    digits: Digits,
    /// Read a model as this back end of DeePMD-kit does, where they disagree; without it the file says
    #[arg(long = "rules", value_enum, value_name = "BACK END")]
    like: Option<Like>,
    /// Threads; 0 is one a core. The numbers do not depend on it
    #[arg(long, default_value_t = 0, value_name = "N")]
    threads: usize,
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

/// The model in a file; what should be known about it goes to stderr.
pub(crate) fn read(path: &Path, how: &How) -> Result<Imported> {
    let name = path.display().to_string();
    let about = |error: Error| error.in_file(&name);
    // A name that tells what is wrong is said before a file is looked for.
    interchange::ModelFormat::of(&name).map_err(about)?;
    let bytes = fs::read(path).map_err(|e| {
        let what = match e.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => format!("this file cannot be read: {e}"),
        };
        about(Error::input("", what))
    })?;
    let imported = interchange::read(&name, &bytes, how.like.map(Like::rules)).map_err(about)?;
    imported.warnings.iter().for_each(|text| say(&format!("{name}: {text}")));
    Ok(imported)
}

impl How {
    /// The precision that was asked for.
    pub(crate) fn precision(&self) -> Precision {
        match self.digits {
            Digits::F32 => Precision::F32,
            Digits::F64 => Precision::F64,
        }
    }

    fn embeddings(&self) -> Embeddings {
        if self.table == Table::On { Embeddings::Tabulated } else { Embeddings::Networks }
    }

    /// The potentials in files, which must know the same species.
    pub(crate) fn committee(&self, paths: &[PathBuf]) -> Result<Committee> {
        let pool = par::pool(self.threads)?;
        let ready = |path: &PathBuf| {
            let imported = read(path, self)?;
            let plan = || Fast::new(&imported.potential, self.precision(), self.embeddings());
            let fast = pool.install(plan);
            Ok(Ready { name: path.display().to_string(), imported, fast })
        };
        let members: Vec<Ready> = paths.iter().map(ready).collect::<Result<_>>()?;
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

    /// Frames in terms of these species; where frames have no names, their types are indices.
    pub(crate) fn understand(&self, frames: Frames) -> Result<Frames> {
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

    /// What every member says of a snapshot, and what came to notice with the first.
    pub(crate) fn evaluate(
        &self,
        snapshot: &Snapshot,
        descriptors: bool,
    ) -> Result<(Vec<Evaluation>, Noted)> {
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
pub(crate) struct Remarks {
    crowded: usize,
    excess: usize,
    close: Vec<(usize, usize, f64)>,
}

/// Atoms that are named before the rest is counted.
const NAMED: usize = 5;

impl Remarks {
    /// Adds what came to notice in a frame.
    pub(crate) fn add(&mut self, frame: usize, noted: &Noted) {
        self.crowded += noted.crowded;
        self.excess = self.excess.max(noted.excess);
        self.close.extend(noted.close.iter().map(|&(atom, r)| (frame, atom, r)));
    }

    /// Sentences about frames of this name.
    pub(crate) fn sentences(&self, name: &str, potential: &atoms::Potential) -> Vec<String> {
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
                    "closer than the tables reach; embeddings came from the networks".to_owned()
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
