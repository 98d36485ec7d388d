//! TOML to case, errors with keys and lines.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use ground::{Error, Result};
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::schema::nearest;
use super::{input, sweep};
use crate::convert::deepmd;

/// The sections of a case file, in the order in which they are written.
pub const SECTIONS: [&str; 9] =
    ["case", "model", "problem", "representation", "descent", "run", "sweep", "quick", "expect"];

/// A case file: its tables, and where each key stands.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it is called: the file without folder and ending, or the name of a shipped case.
    pub name: String,
    /// The file as the user typed it; the name for a shipped case.
    pub file: String,
    /// One table a section.
    pub sections: Table,
    /// What somebody should know who has used the file elsewhere, a sentence each.
    pub notes: Vec<String>,
    text: String,
    places: BTreeMap<String, Place>,
}

/// Where a key was given.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// In the file: the line of the key and the bytes of its value.
    Line { line: usize, value: Range<usize> },
    /// On the command line, by this option.
    Said(&'static str),
}

impl Case {
    /// Reads the text of a case. `file` is what the user calls it.
    pub fn parse(name: &str, file: &str, text: &str) -> Result<Self> {
        let text = text.trim_start_matches('\u{feff}');
        let syntax = |e: &toml::de::Error| {
            let line = e.span().map_or(String::new(), |s| format!(":{}", line_of(text, s.start)));
            let place = format!("{file}{line}");
            // A whole number of more digits than 64 bits have is read as one of 128.
            if e.message().contains("i128") || e.message().contains("u128") {
                return Error::input("", "a whole number is beyond those that a file can hold")
                    .allowed("They end at 9223372036854775807")
                    .in_file(&place);
            }
            Error::input("", format!("this is not TOML: {}", e.message().replace('\n', ", ")))
                .in_file(&place)
        };
        let sections: Table = toml::from_str(text).map_err(|e| syntax(&e))?;
        let spanned = DeTable::parse(text).map_err(|e| syntax(&e))?;
        let mut places = BTreeMap::new();
        note(text, "", spanned.get_ref(), &mut places);
        let case = Self {
            name: name.to_owned(),
            file: file.to_owned(),
            sections,
            notes: Vec::new(),
            text: text.to_owned(),
            places,
        };
        case.known_sections().map_err(|error| case.locate(error))?;
        Ok(case)
    }

    /// A case of sections that come from no case file.
    pub(super) fn of_sections(name: &str, file: &str, sections: Table, notes: Vec<String>) -> Self {
        let (name, file, text) = (name.to_owned(), file.to_owned(), String::new());
        Self { name, file, sections, notes, text, places: BTreeMap::new() }
    }

    /// A case of tables that another program made; paths of files begin where we are.
    pub fn of_tables(name: &str, mut sections: Table) -> Result<Self> {
        let title = sections.entry("case").or_insert_with(|| Table::new().into());
        if let Value::Table(title) = title {
            title.entry("version").or_insert(Value::Integer(1));
        }
        let case = Self::of_sections(name, "", sections, Vec::new());
        case.known_sections()?;
        Ok(case)
    }

    /// Sets one key: `run.seed`, `3`. The value is TOML; what is not TOML is a word. `option` is
    /// how the user said it: `--set`.
    pub fn set(&mut self, option: &'static str, key: &str, value: &str) -> Result<()> {
        let said = value.trim();
        let is_quoted = said.starts_with(['"', '\'']);
        let value = toml::from_str::<Table>(&format!("value = {value}"))
            .ok()
            .filter(|table| table.len() == 1)
            .and_then(|mut table| table.remove("value"))
            .unwrap_or_else(|| Value::String(value.to_owned()));
        if value.as_str().is_some_and(|text| text.parse::<f64>().is_ok()) && !is_quoted {
            return Err(Error::input(key, format!("{said} is beyond the numbers a file can hold"))
                .allowed("Whole numbers end at 9223372036854775807")
                .in_file(option));
        }
        self.put(option, key, value)
    }

    /// Sets one key to a value. `option` is how the user said it.
    pub fn put(&mut self, option: &'static str, key: &str, value: Value) -> Result<()> {
        let parts = words(key);
        let key = parts.join(".");
        let key = key.as_str();
        if parts.len() < 2 || parts.iter().any(|part| part.is_empty()) {
            return Err(Error::input(key, "this is not a key")
                .allowed("Write section.key=value, such as run.seed=3")
                .in_file(option));
        }
        if parts[0] == "quick" {
            return Err(Error::input(key, "[quick] is applied before what the command line says")
                .allowed(format!("Set the key itself: {}", parts[1..].join(".")))
                .in_file(option));
        }
        insert(&mut self.sections, &parts, value).map_err(|part| {
            Error::input(key, format!("`{part}` is not a table, so it has no keys")).in_file(option)
        })?;
        self.places.retain(|place, _| place != key && !place.starts_with(&format!("{key}.")));
        self.places.insert(parts.join("."), Place::Said(option));
        self.known_sections().map_err(|error| error.in_file(option))
    }

    /// Sets one key to a text, whatever it looks like.
    pub fn set_text(&mut self, option: &'static str, key: &str, text: &str) -> Result<()> {
        self.set(option, key, &Value::String(text.to_owned()).to_string())
    }

    /// Sets one key given as `key=value`.
    pub fn set_pair(&mut self, pair: &str) -> Result<()> {
        let (key, value) = pair.split_once('=').ok_or_else(|| {
            Error::input("", format!("`{pair}` has no `=`"))
                .allowed("Write section.key=value, such as run.seed=3")
                .in_file("--set")
        })?;
        self.set("--set", key.trim(), value.trim())
    }

    /// Applies the overrides of `[quick]`.
    pub fn quicken(&mut self) -> Result<()> {
        let Some(Value::Table(quick)) = self.sections.get("quick").cloned() else {
            return Err(self.locate(
                Error::input("quick", "missing section")
                    .allowed("A quick run needs to know what is smaller: problem.steps = 20"),
            ));
        };
        for (section, keys) in &quick {
            let place = format!("quick.{section}");
            let Value::Table(keys) = keys else {
                return Err(self.locate(
                    Error::input(&place, "this is not a table")
                        .allowed("Write section.key = value, such as problem.steps = 20"),
                ));
            };
            let to = self.sections.entry(section.clone()).or_insert_with(|| Table::new().into());
            merge(to, &Value::Table(keys.clone()));
            self.moved(&place, section);
        }
        self.known_sections().map_err(|error| self.locate(error))
    }

    /// The case at its own values: without its study. Whether it had one.
    pub fn alone(&mut self) -> bool {
        if let Some(Value::Table(expect)) = self.sections.get_mut("expect") {
            expect.remove("study");
        }
        for section in ["sweep", "expect.study"] {
            self.places.retain(|key, _| key != section && !key.starts_with(&format!("{section}.")));
        }
        self.sections.remove("sweep").is_some()
    }

    /// The case of a finished run, whose form is that of the potential it left.
    #[cfg(feature = "cli")]
    pub(crate) fn begins_at(&mut self, model: &str) -> Result<()> {
        if let Some(Value::Table(run)) = self.sections.get_mut("run") {
            run.remove("finetune");
        }
        self.set_text("the run folder", "run.init", model)
    }

    /// Whether the command line changed the equation, where it is asked, or the data that the case
    /// brings: what it expects was said of others.
    pub fn asks_another(&self) -> bool {
        let problem = self.sections.get("problem");
        let brings_data = problem.is_some_and(|problem| problem.get("source").is_none());
        let asked = |key: &str| {
            let at = |place: &str| key == place || key.starts_with(&format!("{place}."));
            let data = at("problem.data") || at("problem.validation");
            key.starts_with("model.") || at("problem.at") || (data && brings_data)
        };
        self.places.keys().any(|key| asked(key) && self.is_said(key))
    }

    /// Whether the command line said this key. The values of a sweep are the file's own.
    pub fn is_said(&self, key: &str) -> bool {
        matches!(self.places.get(key), Some(Place::Said(option)) if *option != sweep::SAID)
    }

    /// Names the file and the line of an error's key.
    pub fn locate(&self, mut error: Error) -> Error {
        let Error::Input(input) = &mut error else { return error };
        if let (None, Some(name)) = (self.place(&input.key), self.own_name(&input.key)) {
            name.clone_into(&mut input.key);
        }
        let file = match self.place(&input.key) {
            Some(Place::Line { line, .. }) => format!("{}:{line}", self.file),
            Some(Place::Said(option)) => (*option).to_owned(),
            None => self.file.clone(),
        };
        error.in_file(&file)
    }

    /// What the file calls a key, where it is a training input of DeePMD-kit.
    fn own_name(&self, key: &str) -> Option<&'static str> {
        input::is_input(Path::new(&self.file)).then(|| deepmd::name_of(key)).flatten()
    }

    /// The folder where the path of a file given at `key` begins: that of the case file, and where we
    /// are for what the command line said.
    pub fn folder(&self, key: &str) -> PathBuf {
        match self.place(key) {
            Some(Place::Said(_)) => PathBuf::new(),
            _ => Path::new(&self.file).parent().map_or_else(PathBuf::new, Path::to_owned),
        }
    }

    /// The line of the file an input error is about, with a mark under the wrong place.
    pub fn excerpt(&self, error: &Error) -> Option<String> {
        let Error::Input(input) = error else { return None };
        let Some(Place::Line { value, .. }) = self.places.get(&input.key) else { return None };
        let inside = input.span.clone()?;
        let (start, end) = (value.start + 1 + inside.start, value.start + 1 + inside.end);
        let raw = self.text.get(value.clone())?;
        if !raw.starts_with(['"', '\'']) || raw.starts_with("\"\"\"") || raw.contains('\\') {
            return None;
        }
        let begin = self.text[..value.start].rfind('\n').map_or(0, |at| at + 1);
        let stop = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
        let wide = |range: Range<usize>| self.text.get(range).map(|part| part.chars().count());
        let (before, under) = (wide(begin..start)?, wide(start..end.min(value.end))?);
        let line = &self.text[begin..stop];
        Some(format!("  {line}\n  {}{}", " ".repeat(before), "^".repeat(under.max(1))))
    }

    /// The place of a key, or of the nearest table around it that has one.
    fn place(&self, key: &str) -> Option<&Place> {
        let key = key.split('[').next().unwrap_or(key);
        self.places.get(key).or_else(|| key.rsplit_once('.').and_then(|(up, _)| self.place(up)))
    }

    /// Keys below `from` now stand at `to` as well.
    fn moved(&mut self, from: &str, to: &str) {
        let moved: Vec<_> = self
            .places
            .iter()
            .filter_map(|(key, place)| {
                let rest = key.strip_prefix(from).filter(|rest| rest.starts_with('.'))?;
                Some((format!("{to}{rest}"), place.clone()))
            })
            .collect();
        self.places.extend(moved);
    }

    fn known_sections(&self) -> Result<()> {
        for (name, value) in &self.sections {
            if !SECTIONS.contains(&name.as_str()) {
                return Err(Error::input(name, "unknown section")
                    .nearest(nearest(name, SECTIONS))
                    .allowed(format!("Known here: {}", SECTIONS.join(", "))));
            }
            if !value.is_table() {
                return Err(Error::input(name, "this is a section, not a key")
                    .allowed(format!("Write [{name}] and its keys below")));
            }
        }
        Ok(())
    }
}

/// The words of a key, where a point inside quotes is one of the word: `sweep.over."problem.steps"`.
fn words(key: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = key.trim();
    loop {
        let quoted = rest.strip_prefix('"').and_then(|inside| inside.split_once('"'));
        if let Some((word, behind)) = quoted {
            words.push(word);
            match behind.trim_start().strip_prefix('.') {
                Some(more) => rest = more.trim_start(),
                None => return words,
            }
            continue;
        }
        let Some((word, more)) = rest.split_once('.') else {
            words.push(rest.trim());
            return words;
        };
        words.push(word.trim());
        rest = more.trim_start();
    }
}

/// Notes the place of every key below `prefix`.
fn note(text: &str, prefix: &str, table: &DeTable<'_>, into: &mut BTreeMap<String, Place>) {
    for (name, value) in table {
        let dot = if prefix.is_empty() { "" } else { "." };
        let key = format!("{prefix}{dot}{}", name.get_ref());
        let line = line_of(text, name.span().start);
        into.insert(key.clone(), Place::Line { line, value: Spanned::span(value) });
        if let DeValue::Table(inner) = value.get_ref() {
            note(text, &key, inner, into);
        }
    }
}

fn line_of(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|&b| b == b'\n').count() + 1
}

/// Puts a value at a path, making the tables on the way; an error is the part that is no table.
fn insert<'k>(
    table: &mut Table,
    path: &[&'k str],
    value: Value,
) -> std::result::Result<(), &'k str> {
    match path {
        [] => Ok(()),
        [last] => {
            table.insert((*last).to_owned(), value);
            Ok(())
        }
        [first, rest @ ..] => {
            let next = table.entry((*first).to_owned()).or_insert_with(|| Table::new().into());
            insert(next.as_table_mut().ok_or(*first)?, rest, value)
        }
    }
}

/// Tables key by key, anything else whole. A schedule is whole: half of one and half of another is
/// none.
fn merge(to: &mut Value, from: &Value) {
    match (to, from) {
        (Value::Table(to), Value::Table(from)) => {
            for (key, value) in from {
                match to.get_mut(key) {
                    Some(old) if key != "rate" => merge(old, value),
                    _ => {
                        to.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (to, from) => *to = from.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[model]\ndim = 3\n\n[descent]\nrate = { from = 1.0, to = 0.1 }\n\n[quick]\n\
                        model.dim = 2\nmodel.constants.b = 5\ndescent.rate = { at = [], values = [1.0] }\n";

    fn case() -> Case {
        Case::parse("mine", "mine.toml", TEXT).unwrap()
    }

    #[test]
    fn quick_changes_keys_and_keeps_schedules_whole() {
        let mut case = case();
        case.quicken().unwrap();
        assert_eq!(case.sections["model"]["dim"], Value::Integer(2));
        assert_eq!(case.sections["model"]["constants"]["b"], Value::Integer(5));
        assert!(case.sections["descent"]["rate"].get("from").is_none());
    }

    #[test]
    fn a_value_that_is_not_toml_is_a_word() {
        let mut case = case();
        case.set_pair("representation.start = zero").unwrap();
        case.set_pair("problem.steps=[1, 2]").unwrap();
        case.set("--set", "model.source", "-0.5 * |z|^2").unwrap();
        assert_eq!(case.sections["representation"]["start"].as_str(), Some("zero"));
        assert_eq!(case.sections["problem"]["steps"].as_array().map(Vec::len), Some(2));
        assert_eq!(case.sections["model"]["source"].as_str(), Some("-0.5 * |z|^2"));
    }

    #[test]
    fn a_word_in_quotes_may_have_points() {
        assert_eq!(words("run.seed"), ["run", "seed"]);
        assert_eq!(words("sweep.over.\"problem.steps\""), ["sweep", "over", "problem.steps"]);
        assert_eq!(words("a . \"b.c\" . d"), ["a", "b.c", "d"]);
        let mut case = case();
        case.set_pair("sweep.over.\"problem.steps\"=[1, 2]").unwrap();
        assert!(case.sections["sweep"]["over"].get("problem.steps").is_some());
    }

    #[test]
    fn a_number_of_too_many_digits_is_named() {
        let text = "[model]\ndim = 99999999999999999999\n";
        let said = Case::parse("mine", "mine.toml", text).unwrap_err().to_string();
        assert!(said.contains("a whole number is beyond"), "{said}");
    }

    #[test]
    fn a_line_is_named_for_the_key_or_what_is_around_it() {
        let at = |key: &str| case().locate(Error::input(key, "wrong")).to_string();
        assert_eq!(at("model.dim"), "mine.toml:2: model.dim: wrong.");
        assert_eq!(at("model.terminal"), "mine.toml:1: model.terminal: wrong.");
        assert_eq!(at("descent.rate.values[2]"), "mine.toml:5: descent.rate.values[2]: wrong.");
        assert_eq!(at("run.seed"), "mine.toml: run.seed: wrong.");
    }
}
