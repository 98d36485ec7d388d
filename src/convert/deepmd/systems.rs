//! `training_data` and `validation_data`: which systems, how many frames a step, how often each.

use ground::{Error, Result};
use serde_json::Value as Json;
use toml::Value;

use super::keys::{Section, count, one_of, wrong};
use super::{list, table, whole};

/// How many frames a step takes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Batch {
    /// So many of any system.
    Frames(u64),
    /// So many of each system.
    Each(Vec<u64>),
    /// The fewest with at least so many atoms.
    Atoms(u64),
}

impl Batch {
    /// As `problem.batch`.
    pub(super) fn value(self) -> Value {
        table([match self {
            Self::Frames(n) => ("frames", whole(n)),
            Self::Each(all) => ("frames", list(all.into_iter().map(whole))),
            Self::Atoms(n) => ("auto", whole(n)),
        }])
        .into()
    }

    /// The frames of the largest; 1 where it depends on the atoms.
    pub(super) fn largest(&self) -> u64 {
        match self {
            Self::Frames(n) => *n,
            Self::Each(all) => all.iter().copied().max().unwrap_or(1),
            Self::Atoms(_) => 1,
        }
    }
}

/// The systems: a folder that is searched, or a list of them.
pub(super) fn systems(section: Section<'_>) -> Result<Value> {
    let write = "Write a folder, which is searched, or a list of folders";
    let names = |value: &Json| -> Option<Value> {
        let name = |value: &Json| value.as_str().filter(|name| !name.is_empty()).map(str::to_owned);
        if let Some(name) = name(value) {
            return Some(name.into());
        }
        let names: Option<Vec<String>> = value.as_array()?.iter().map(name).collect();
        names.filter(|names| !names.is_empty()).map(list)
    };
    let names = section.read("systems", names, write)?;
    let names = section.needed("systems", names, write)?;
    let all = names.as_array().map_or(std::slice::from_ref(&names), Vec::as_slice);
    for name in all.iter().filter_map(Value::as_str) {
        let lower = name.to_ascii_lowercase();
        let kind = match lower.trim_end_matches('/').rsplit('.').next() {
            Some("lmdb") => "LMDB",
            Some(end) if ["h5", "hdf5"].iter().any(|e| end.split('#').next() == Some(e)) => "HDF5",
            _ => continue,
        };
        let found = format!("`{name}` is data in {kind}, which is not supported");
        return Err(Error::input(section.path("systems"), found)
            .allowed("Convert it with dpdata to folders, deepmd/npy"));
    }
    Ok(names)
}

/// The frames of a step.
pub(super) fn batch(section: Section<'_>) -> Result<Batch> {
    let write = "Write a whole number above 0, a list of them, \"auto\" or \"auto:\" with a number of \
                 atoms";
    let Some((path, value)) = section.get("batch_size") else { return Ok(Batch::Atoms(32)) };
    let above = |value: &Json| count(value).filter(|n| *n > 0);
    if let Some(text) = value.as_str() {
        let (word, number) = text.split_once(':').unwrap_or((text, ""));
        return match (word, number.parse::<u64>()) {
            ("auto", _) if text == "auto" => Ok(Batch::Atoms(32)),
            ("auto", Ok(n)) if n > 0 && i64::try_from(n).is_ok() => Ok(Batch::Atoms(n)),
            ("mixed" | "max" | "filter", _) => {
                Err(Error::input(path, format!("\"{text}\" is not supported")).allowed(
                    "Write \"auto:\" with the number of atoms a step, such as \"auto:32\"",
                ))
            }
            _ => Err(wrong(path, value, write)),
        };
    }
    if let Some(all) = value.as_array() {
        let all: Option<Vec<u64>> = all.iter().map(above).collect();
        let all = all.filter(|all| !all.is_empty()).ok_or_else(|| wrong(&path, value, write))?;
        let listed =
            section.get("systems").and_then(|(_, systems)| Some(systems.as_array()?.len()));
        if let Some(n) = listed.filter(|n| all.len() < *n) {
            let found = format!("a list of length {} for {n} systems", all.len());
            return Err(Error::input(path, found).allowed("Write one for each system"));
        }
        return Ok(Batch::Each(all));
    }
    above(value).map(Batch::Frames).ok_or_else(|| wrong(path, value, write))
}

/// How often each system is drawn, where it is not by the number of its batches.
pub(super) fn probabilities(section: Section<'_>) -> Result<Option<Value>> {
    if let Some((path, value)) = section.get("sys_probs") {
        return given(section, &path, value).map(Some);
    }
    let Some((path, value)) = section.get("auto_prob") else { return Ok(None) };
    let words = ["prob_sys_size", "prob_uniform"];
    let write = || format!("Write {}, or sys_probs", one_of(&words));
    let word = value.as_str().ok_or_else(|| wrong(&path, value, &write()))?;
    let systems = section.get("systems").and_then(|(_, systems)| Some(systems.as_array()?.len()));
    let known = |how: &str| {
        systems.ok_or_else(|| {
            let found = format!("{how} needs to know how many systems there are");
            Error::input(&path, found).allowed("Write the systems as a list")
        })
    };
    match word.split_once(';') {
        None if word == words[0] => Ok(None),
        None if word == words[1] => {
            let n = known("\"prob_uniform\"")?;
            Ok(Some(list(vec![1.0 / n as f64; n])))
        }
        Some((head, blocks)) if head == words[0] => {
            blocks_of_one(blocks, known("a list of blocks")?, &path).map(|all| Some(list(all)))
        }
        _ => Err(Error::input(&path, format!("unknown word `{word}`"))
            .nearest(crate::cases::schema::nearest(word, words))
            .allowed(write())),
    }
}

/// `sys_probs`.
fn given(section: Section<'_>, path: &str, value: &Json) -> Result<Value> {
    let write = "Write a list of numbers from 0 to 1, one for each system, whose sum is 1";
    let all = value.as_array().and_then(|all| all.iter().map(Json::as_f64).collect());
    let all: Vec<f64> = all.ok_or_else(|| wrong(path, value, write))?;
    if all.iter().any(|p| *p < 0.0) {
        let found = "a negative number leaves a probability open, which is not supported";
        return Err(Error::input(path, found).allowed(write));
    }
    let sum: f64 = all.iter().sum();
    if (sum - 1.0).abs() > 1e-8 {
        let found = format!("the sum of the probabilities is {sum}");
        return Err(Error::input(path, found).allowed(write));
    }
    let listed = section.get("systems").and_then(|(_, systems)| Some(systems.as_array()?.len()));
    if let Some(n) = listed.filter(|n| all.len() < *n) {
        let found = format!("a list of length {} for {n} systems", all.len());
        return Err(Error::input(path, found).allowed(write));
    }
    Ok(list(all))
}

/// Blocks `from:to:weight` of one system each; of more, the numbers of batches decide.
fn blocks_of_one(blocks: &str, n: usize, path: &str) -> Result<Vec<f64>> {
    let mut all = vec![0.0; n];
    for block in blocks.split(';') {
        let unread = || {
            Error::input(path, format!("`{block}` is no block of systems"))
                .allowed("Write from:to:weight, such as 0:1:0.5, or sys_probs")
        };
        let [from, to, weight]: [&str; 3] =
            block.split(':').collect::<Vec<_>>().try_into().map_err(|_| unread())?;
        let (Ok(from), Ok(to), Ok(weight)) =
            (from.parse::<usize>(), to.parse::<usize>(), weight.parse::<f64>())
        else {
            return Err(unread());
        };
        if from >= to || to > n || !(weight >= 0.0 && weight.is_finite()) {
            return Err(unread());
        }
        if to - from > 1 {
            let found =
                format!("`{block}` is a block of {} systems, which is not supported", to - from);
            return Err(Error::input(path, found)
                .allowed("Write blocks of one system, or the probabilities to sys_probs"));
        }
        all[from] += weight;
    }
    let sum: f64 = all.iter().sum();
    if sum > 0.0 {
        return Ok(all.into_iter().map(|p| p / sum).collect());
    }
    Err(Error::input(path, "all weights are 0").allowed("Write a weight above 0"))
}
