//! Training inputs of DeePMD-kit, opened as the cases they are.
//!
//! Systems are found from the working folder, as there. Where an input asks for epochs, the data say how
//! many steps they are.

use std::path::{Path, PathBuf};

use atoms::case::Data;
use atoms::format::Options;
use atoms::problem::System;
use ground::{Error, Result};
use toml::Value;

use super::read::Case;
use super::registry::section;
use crate::convert::deepmd::{self, Converted, Format};
use crate::frames;

/// What the names of such files end with.
const ENDS: [&str; 3] = ["json", "yaml", "yml"];

/// Whether the name of a file says that it is one.
pub(super) fn is_input(path: &Path) -> bool {
    path.extension().is_some_and(|e| ENDS.iter().any(|end| e.eq_ignore_ascii_case(end)))
}

/// The case that the text of an input describes; `steps` replaces its number of steps.
pub(super) fn case(name: &str, file: &str, text: &str, steps: Option<&str>) -> Result<Case> {
    let format = Format::of(file);
    let steps = steps.map(|text| {
        let wrong = || {
            Error::input("--steps", format!("`{text}` is not a number of steps"))
                .allowed("Write a whole number")
        };
        text.trim().parse::<u64>().map_err(|_| wrong())
    });
    let steps = steps.transpose()?;
    let mut converted = found(deepmd::case_of(text, file, format, steps)?)?;
    if let Some(epochs) = converted.epochs {
        let steps = steps_of(&converted, epochs).map_err(|error| error.in_file(file))?;
        converted = found(deepmd::case_of(text, file, format, Some(steps))?)?;
        converted.notes.push(format!("{epochs} epochs of these data are {steps} steps"));
    }
    Ok(Case::of_sections(name, file, converted.sections, converted.notes))
}

/// The same with the places of its data as they are found from anywhere.
fn found(mut converted: Converted) -> Result<Converted> {
    let problem = converted.sections.get_mut("problem").and_then(Value::as_table_mut);
    let problem = problem.ok_or_else(|| Error::bug("an input without a problem"))?;
    for key in ["data", "validation"] {
        match problem.get_mut(key) {
            Some(Value::String(path)) => absolute(path),
            Some(Value::Array(paths)) => {
                for path in paths {
                    if let Value::String(path) = path {
                        absolute(path);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(converted)
}

fn absolute(path: &mut String) {
    if let Ok(found) = std::path::absolute(&*path) {
        *path = found.display().to_string();
    }
}

/// How many steps so many passes over the data are.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, bounded")]
fn steps_of(converted: &Converted, epochs: f64) -> Result<u64> {
    let (model, _) = section::<atoms::case::Model>(&converted.sections, "model")?;
    let (problem, _) = section::<atoms::case::Problem>(&converted.sections, "problem")?;
    let paths: Vec<PathBuf> = problem.data.all().iter().map(PathBuf::from).collect();
    let system = |one: frames::Loaded| System { name: one.name, frames: one.frames };
    let training =
        frames::read(&paths, None, Options::default())?.into_iter().map(system).collect();
    let data = Data { training, ..Data::default() }.of_species(&model)?;
    let sizes = data.sizes();
    let per_epoch = problem.batches(&sizes)?.per_epoch(&sizes);
    Ok(((epochs * per_epoch as f64).ceil() as u64).max(1))
}
