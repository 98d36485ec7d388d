//! `data convert`: frames in another format.

use std::path::PathBuf;

use atoms::format::Precision;
use clap::Args;

use super::{Given, counted};
use crate::failure::{Outcome, code};
use crate::frames;
use crate::place;
use crate::print;
use crate::progress::say;

/// The arguments of `data convert`.
#[derive(Args, Debug)]
pub(super) struct Convert {
    #[command(flatten)]
    given: Given,
    /// The new format: deepmd/npy, deepmd/raw, deepmd/npy/mixed, extxyz, vasp/poscar, mlearn
    #[arg(long, value_name = "FORMAT")]
    to: String,
    /// A new file or folder
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// Write 24 bits of every number but energies, which keep 53
    #[arg(long)]
    single: bool,
}

impl Convert {
    /// Does it.
    pub(super) fn act(self) -> Outcome {
        let to = frames::named("--to", &self.to)?;
        place::refuse(&self.out)?;
        let all = self.given.read(true)?;
        self.given.chosen.refuse_none(&all)?;
        let frames = frames::together(all);
        let precision = if self.single { Precision::Single } else { Precision::Double };
        let lost = frames::write(&frames, to, precision, &self.out)?;
        for text in &lost {
            say(text);
        }
        let out = self.out.display();
        print::answer(&format!("{} as {} in {out}", counted(frames.len()), to.name()))?;
        Ok(code::CONVERGED)
    }
}
