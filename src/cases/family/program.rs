//! The section of a user's own program.

use std::path::{Path, PathBuf};
use std::time::Duration;

use frame::Job;
use ground::{Error, Result};
use indexmap::IndexMap;
use lab::experiment::Measurement;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use toml::Table;

use crate::cases::Case;
use crate::cases::registry::section;
use crate::cases::sections::RunSection;
use crate::cases::sweep::Item;

/// `[model]` of kind "command": any program, which prints a number or a JSON object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Model {
    /// The program and its arguments, one word each: no shell reads them. "{NAME}" in a word stands for a
    /// value of model.values, "{seed}" for run.seed. All values are given as one JSON object on stdin, too.
    /// The last line of its stdout is a number, or all of it a JSON object of numbers and words, the answer
    /// under "value" and its error under "stderr". It runs in the folder of the case file, for at most
    /// run.time-limit.
    pub(crate) command: Vec<String>,
    /// What it is given: NAME = a number or a word; the axes of a sweep are "model.values.NAME".
    /// Default: none.
    #[serde(default)]
    pub(crate) values: IndexMap<String, Item>,
    /// The folder it runs in. Default: that of the case file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) folder: Option<String>,
    /// The digest of the files among its words; written by a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) digest: Option<String>,
}

/// The section, read.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    model: Model,
    seed: u64,
    folder: PathBuf,
    limit: Option<Duration>,
}

/// Reads it; what is returned beside it is the complete table.
pub(crate) fn read(case: &Case, tables: &Table, run: &RunSection) -> Result<(Parts, [Table; 3])> {
    for name in ["problem", "representation", "descent"] {
        if tables.contains_key(name) {
            return Err(Error::input(name, "a command has no such section")
                .allowed("What the program is given stands in model.values"));
        }
    }
    let (model, mut table) = section::<Model>(tables, "model")?;
    let folder = case.folder("model.folder").join(model.folder.as_deref().unwrap_or(""));
    let folder = std::path::absolute(&folder)
        .or_else(|_| std::env::current_dir())
        .map_err(|e| Error::io(folder.display().to_string(), e))?;
    table.insert("folder".to_owned(), folder.display().to_string().into());
    let parts = Parts { model, seed: run.seed, folder, limit: run.time_limit()? };
    parts.words()?;
    let (due, found) = (parts.model.digest.as_ref(), parts.digest());
    if let Some(due) = due.filter(|due| found.as_ref() != Some(*due)) {
        let found = found.unwrap_or_else(|| "none".to_owned());
        return Err(Error::input(
            "model.digest",
            format!("the files of the command are others: their digest is {found}, not {due}"),
        )
        .allowed("Give the files that the run began with"));
    }
    Ok((parts, [table, Table::new(), Table::new()]))
}

impl Parts {
    /// The words of the command, values filled in.
    fn words(&self) -> Result<Vec<String>> {
        if self.model.command.is_empty() {
            return Err(Error::input("model.command", "the list is empty")
                .allowed("Write the program, then its arguments, a word each"));
        }
        self.model.command.iter().map(|word| self.filled(word)).collect()
    }

    /// A word with the values for the names in braces.
    fn filled(&self, word: &str) -> Result<String> {
        let (mut text, mut rest) = (String::new(), word);
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let name = after.split_once('}').map_or("", |(name, _)| name);
            if !frame::text::is_name(&name.replace('-', "_")) {
                // Braces of another language are its own.
                text.push('{');
                rest = after;
                continue;
            }
            text.push_str(&self.value(name)?);
            rest = &after[name.len() + 1..];
        }
        Ok(text + rest)
    }

    /// What stands for a name in braces.
    fn value(&self, name: &str) -> Result<String> {
        match self.model.values.get(name) {
            Some(item) => Ok(item.plain()),
            None if name == "seed" => Ok(self.seed.to_string()),
            None => {
                let known = self.model.values.keys().map(String::as_str).chain(["seed"]);
                let known: Vec<&str> = known.collect();
                Err(Error::input("model.command", format!("`{name}` has no value"))
                    .nearest(crate::cases::schema::nearest(name, known.iter().copied()))
                    .allowed(format!("model.values has {}", known.join(", "))))
            }
        }
    }

    /// The job.
    pub(crate) fn job(&self) -> Result<Box<dyn Job>> {
        let mut given: Map<String, serde_json::Value> =
            self.model.values.iter().map(|(name, item)| (name.clone(), json!(item))).collect();
        given.insert("seed".to_owned(), json!(self.seed));
        Ok(Box::new(Measurement(Box::new(crate::program::Program {
            words: self.words()?,
            folder: self.folder.clone(),
            stdin: serde_json::Value::Object(given),
            limit: self.limit,
        }))))
    }

    /// The digest of the files among its words: another program is another case.
    pub(crate) fn digest(&self) -> Option<String> {
        let files = self.model.command.iter().map(|word| self.folder.join(Path::new(word)));
        let bytes: Vec<Vec<u8>> = files.filter_map(|path| std::fs::read(path).ok()).collect();
        (!bytes.is_empty()).then(|| frame::study::identity::name(bytes.concat()))
    }
}
