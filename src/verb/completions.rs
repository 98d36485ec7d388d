//! `completions`: what a shell needs to complete the words of the command.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Cli;
use crate::failure::{Outcome, code};
use crate::print;

/// The arguments of `completions`.
#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "esperance", &mut script);
        print::answer(String::from_utf8_lossy(&script).trim_end())?;
        Ok(code::CONVERGED)
    }
}
