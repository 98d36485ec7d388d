//! `eval`: the trained function of a run at points, or potentials on frames.

mod frames;
mod points;

use std::path::PathBuf;

use clap::Args;
use ground::Error;

use crate::failure::Outcome;
use crate::frames::Slice;
use crate::potentials::How;

/// The arguments of `eval`.
#[derive(Args, Debug)]
pub(crate) struct Eval {
    /// The folder of a finished run, or models of DeePMD-kit (.dp, .yaml); several models give
    /// their deviation
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
    how: How,
}

/// What of models and frames is wanted.
#[derive(Args, Debug)]
struct Chosen {
    /// The format of the frames; without it names and contents say
    #[arg(long, value_name = "FORMAT")]
    from: Option<String>,
    /// Only these frames of each file or system: begin:end:step
    #[arg(long, value_name = "SLICE", allow_hyphen_values = true)]
    frames: Option<Slice>,
    /// Descriptors of all atoms too
    #[arg(long)]
    descriptor: bool,
    /// Deviations of all atoms too
    #[arg(long)]
    atomic: bool,
    /// Deviations from the labels instead of the mean of the models
    #[arg(long)]
    real_error: bool,
}

impl Eval {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        // Models are files with an end to their name.
        if self.what.len() == 1 && (self.what[0].is_dir() || self.what[0].extension().is_none()) {
            let [at] = &self.at[..] else {
                return Err(Error::input("--at", "several files of points")
                    .allowed("A run is asked at the points of one file")
                    .into());
            };
            return points::eval(&self.what[0], at, self.out.as_deref());
        }
        frames::eval(&self)
    }
}
