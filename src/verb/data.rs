//! `data`: frames of other programs: converted, described, split, checked.

mod check;
mod convert;
mod info;
mod object;
mod split;

use std::path::PathBuf;

use atoms::format::Options;
use clap::{Args, Subcommand};
use ground::Result;

use crate::failure::Outcome;
use crate::frames::{self, Chosen, Loaded};
pub(super) use object::{check_schema, info_schema};

/// The arguments of `data`.
#[derive(Args, Debug)]
pub(crate) struct Data {
    /// What to do
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write frames in another format
    Convert(convert::Convert),
    /// What frames hold: counts, species, labels, energies, forces, distances
    Info(info::Info),
    /// Part frames at random, such as for training and validation
    Split(split::Split),
    /// List what is doubtful; exit 1 if anything is
    Check(check::Check),
}

impl Data {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        match self.action {
            Action::Convert(verb) => verb.act(),
            Action::Info(verb) => verb.act(),
            Action::Split(verb) => verb.act(),
            Action::Check(verb) => verb.act(),
        }
    }
}

/// Which frames are meant.
#[derive(Args, Debug)]
struct Given {
    /// Files, or folders with systems or files in them
    #[arg(required = true, value_name = "IN")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    chosen: Chosen,
    /// Order species like this, and name them where a file does not: O,H
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    species: Vec<String>,
    /// Keep frames whose electrons had not converged
    #[arg(long)]
    keep_unconverged: bool,
    /// Keep frames that VASP computed with a force field of its own
    #[arg(long)]
    keep_force_field: bool,
}

impl Given {
    /// Reads them; what is odd goes to stderr where `aloud`.
    fn read(&self, aloud: bool) -> Result<Vec<Loaded>> {
        let options = Options {
            keep_unconverged: self.keep_unconverged,
            keep_force_field: self.keep_force_field,
        };
        let mut all = self.chosen.read(&self.paths, options, aloud)?;
        for one in all.iter_mut().filter(|_| !self.species.is_empty()) {
            let own = std::mem::take(&mut one.frames);
            one.frames = frames::with_species(own, &self.species)
                .map_err(|error| error.in_file(&one.name))?;
        }
        Ok(all)
    }
}

/// `1 frame`, `7 frames`.
fn counted(n: usize) -> String {
    if n == 1 { "1 frame".to_owned() } else { format!("{n} frames") }
}
