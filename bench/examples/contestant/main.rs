//! What `bench/peers` times of ours: one long-lived process that iterates when it is told to.
//!
//! `contestant networks PRECISION THREADS LEVEL` trains twenty dense networks;
//! `contestant case PRECISION THREADS LEVEL NAME [KEY=VALUE …]` solves a case;
//! `contestant potential PRECISION THREADS LEVEL MODEL SYSTEM [table|networks]` evaluates a Deep
//! Potential; `contestant training PRECISION THREADS LEVEL nodes|networks SYSTEM …` trains one;
//! `contestant neighbours f64 THREADS native ATOMS` lists neighbours; `contestant peak PRECISION THREADS
//! LEVEL` multiplies and adds on registers. Precision is f32 or f64, the level of a case and of training
//! native, avx2 or portable. What is said and answered: `windows.rs`.

mod case;
mod neighbours;
mod networks;
mod peak;
mod potential;
mod training;
mod windows;

use std::process::ExitCode;

use esperance::atoms::plan::Embeddings;
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
        ("peak", "f32", []) => peak::reach::<f32>(count, level, &mut windows),
        ("peak", "f64", []) => peak::reach::<f64>(count, level, &mut windows),
        ("case", _, [name, changes @ ..]) => {
            let run = [("precision", *precision), ("threads", threads), ("vector", level)];
            case::solve(name, changes, run, &mut windows)
        }
        ("potential", _, [model, system, kind @ ..]) => {
            let embeddings = match kind {
                [] | ["table"] => Embeddings::Tabulated,
                ["networks"] => Embeddings::Networks,
                _ => return Err(misused()),
            };
            let (run, files) = ((count, *level), [*model, *system]);
            match *precision {
                "f32" => potential::evaluate::<f32>(run, files, embeddings, &mut windows),
                "f64" => potential::evaluate::<f64>(run, files, embeddings, &mut windows),
                _ => Err(misused()),
            }
        }
        ("training", _, [embeddings, systems @ ..]) => {
            training::train([*precision, *level, *embeddings], count, systems, &mut windows)
        }
        ("neighbours", "f64", [n]) => {
            neighbours::list(count, n.parse().map_err(|_| misused())?, &mut windows)
        }
        _ => Err(misused()),
    }
}

fn misused() -> Error {
    Error::input("", "this is not understood").allowed(
        "contestant networks|peak|case|potential|training|neighbours PRECISION THREADS LEVEL [WORDS …]",
    )
}
