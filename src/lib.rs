//! Scientific computing in high dimension: you draw, you average, you descend.
#![allow(clippy::disallowed_methods, reason = "the root package is a door: files, clocks, exit")]

pub mod cases;
pub mod convert;
#[cfg(feature = "cli")]
mod export;
#[cfg(feature = "cli")]
mod failure;
#[cfg_attr(not(feature = "cli"), allow(dead_code, reason = "the command asks for more of it"))]
pub mod frames;
#[cfg(feature = "cli")]
mod machine;
#[cfg(feature = "cli")]
mod onlooker;
#[cfg(feature = "cli")]
mod output;
#[cfg(feature = "cli")]
mod place;
#[cfg(feature = "cli")]
pub mod potentials;
pub mod prelude;
#[cfg(feature = "cli")]
mod print;
mod program;
#[cfg(feature = "cli")]
mod progress;
#[cfg(feature = "cli")]
mod ready;
#[cfg(feature = "cli")]
mod record;
#[cfg(feature = "cli")]
mod report;
#[cfg(feature = "cli")]
mod run_folder;
#[cfg(feature = "cli")]
mod session;
#[cfg(feature = "cli")]
mod solving;
#[cfg(feature = "cli")]
mod study;
#[cfg(feature = "cli")]
mod terminal;
#[cfg(feature = "cli")]
mod verb;

pub use {atoms, control, frame, ground, lab, paths};

pub use ground::{Error, Result};

#[cfg(feature = "cli")]
pub use failure::Failure;
#[cfg(feature = "cli")]
pub use onlooker::Onlooker;
#[cfg(feature = "cli")]
pub use solving::{Place, Solved, solve_case, swept, trained, trained_in};
#[cfg(feature = "cli")]
pub use verb::explain::explain;

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit it was built from, where that was known.
pub const COMMIT: Option<&str> = option_env!("ESPERANCE_COMMIT");

/// The command: reads the words, does what they say, returns the exit code.
///
/// `words` begin with the name of the program, like the arguments of a process.
#[cfg(feature = "cli")]
pub fn run(words: impl IntoIterator<Item = String>) -> std::process::ExitCode {
    command(words).into()
}

/// The same, its exit code as a number.
#[cfg(feature = "cli")]
pub fn command(words: impl IntoIterator<Item = String>) -> u8 {
    use clap::Parser;
    let words: Vec<String> = words.into_iter().collect();
    let cli = match verb::Cli::try_parse_from(&words) {
        Ok(cli) => cli,
        Err(error) => {
            let _unheard = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(failure::code::INPUT);
        }
    };
    match cli.verb.act(words.get(1..).unwrap_or_default()) {
        Ok(code) => code,
        Err(failure) => {
            progress::say(&failure.text());
            failure.code()
        }
    }
}

/// The page one meets first: its program is run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[allow(missing_debug_implementations, reason = "it exists for its documentation")]
pub struct Readme;
