//! `eval`: the trained function of a run at points, or potentials on frames.

mod frames;
mod object;
mod points;

use std::path::{Path, PathBuf};

use clap::Args;
use ground::{Error, Result};

use crate::failure::Outcome;
use crate::frames::Chosen;
use crate::potentials::{self, How};
pub(super) use object::schema;

/// The arguments of `eval`.
#[derive(Args, Debug)]
pub(crate) struct Eval {
    /// The folder of a finished run, or models of DeePMD-kit (.dp, .yaml); several models give
    /// their deviation. The folder of a training is its model, that of --repeats its models
    #[arg(required = true, value_name = "RUN|MODEL")]
    what: Vec<PathBuf>,
    /// Points of a run: a CSV file with a header, for a parabolic equation t, x1, x2, …; frames of
    /// models: files or folders, as `data` reads them
    #[arg(long, value_name = "POINTS.CSV|FRAMES", num_args = 1.., required = true)]
    at: Vec<PathBuf>,
    /// Write to a new file instead of standard output: the table of a run; of models arrays to a
    /// name in .npz, or the deviation to any other
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Of models: print one object, every number to its last digit
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    wanted: Wanted,
    #[command(flatten)]
    how: How,
}

/// What models are asked for beside energies, forces and virials.
#[derive(Args, Debug)]
struct Wanted {
    /// Descriptors of all atoms too, with --json or --out FILE.npz
    #[arg(long)]
    descriptor: bool,
    /// Of several models: deviations of all atoms too
    #[arg(long)]
    atomic: bool,
    /// Of several models: deviations from the labels instead of the mean of the models
    #[arg(long)]
    real_error: bool,
}

impl Eval {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        // Models are files with an end to their name, or in a folder of a training.
        let is_folder = self.what[0].is_dir() || self.what[0].extension().is_none();
        if self.what.len() == 1 && is_folder && !holds_models(&self.what[0])? {
            let [at] = &self.at[..] else {
                return Err(Error::input("--at", "several files of points")
                    .allowed("A run is asked at the points of one file")
                    .into());
            };
            if let Some(option) = self.of_models() {
                return Err(Error::input(option, "a run was given, not models")
                    .allowed("This option says how models are evaluated on frames")
                    .into());
            }
            return points::eval(&self.what[0], at, self.out.as_deref());
        }
        frames::eval(&self)
    }

    /// An option that was given and means something for models alone.
    fn of_models(&self) -> Option<&'static str> {
        let all = [
            (self.json, "--json"),
            (self.chosen.from.is_some(), "--from"),
            (self.chosen.frames.is_some(), "--frames"),
            (self.wanted.descriptor, "--descriptor"),
            (self.wanted.atomic, "--atomic"),
            (self.wanted.real_error, "--real-error"),
        ];
        all.iter().find(|(given, _)| *given).map(|(_, name)| *name).or(self.how.given())
    }
}

/// Whether a folder holds models.
fn holds_models(folder: &Path) -> Result<bool> {
    Ok(folder.is_dir() && !potentials::models(folder)?.is_empty())
}
