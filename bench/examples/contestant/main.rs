//! What `bench/peers` times of ours: one long-lived process that iterates when it is told to.
//!
//! `contestant networks PRECISION THREADS LEVEL` trains twenty dense networks;
//! `contestant case PRECISION THREADS LEVEL NAME [KEY=VALUE …]` solves a case. Precision is f32 or
//! f64, the level of a case native, avx2 or portable. What is said and answered: `windows.rs`.

mod case;
mod networks;
mod windows;

use std::process::ExitCode;

use ground::{Error, Result};
use windows::Windows;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match compete(&words.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            windows::complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn compete(words: &[&str]) -> Result<()> {
    let [what, precision, threads, level, rest @ ..] = words else { return Err(misused()) };
    let count: usize = threads.parse().map_err(|_| misused())?;
    let mut windows = Windows::new(&format!("Esperance {}", esperance::VERSION), level);
    match (*what, *precision, rest) {
        ("networks", "f32", []) => networks::train::<f32>(count, level, &mut windows),
        ("networks", "f64", []) => networks::train::<f64>(count, level, &mut windows),
        ("case", _, [name, changes @ ..]) => {
            let run = [("precision", *precision), ("threads", threads), ("vector", level)];
            case::solve(name, changes, run, &mut windows)
        }
        _ => Err(misused()),
    }
}

fn misused() -> Error {
    Error::input("", "this is not understood")
        .allowed("contestant networks|case PRECISION THREADS LEVEL [NAME [KEY=VALUE …]]")
}
