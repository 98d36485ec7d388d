//! Keys of a training input, one section at a time: what is there, what it must be, what nothing knows.

use ground::{Error, Result};
use serde_json::{Map, Value as Json};

use super::shapes::{ALL, Lack, Shape};
use crate::cases::schema::nearest;

/// A section of an input.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section<'a> {
    shape: &'static Shape,
    keys: Option<&'a Map<String, Json>>,
}

impl<'a> Section<'a> {
    /// The section with this shape, its keys not looked at; without keys where there is nothing.
    pub(super) fn of(value: Option<&'a Json>, shape: &'static Shape) -> Result<Self> {
        match value {
            None | Some(Json::Null) => Ok(Self { shape, keys: None }),
            Some(Json::Object(keys)) => Ok(Self { shape, keys: Some(keys) }),
            Some(other) => Err(Error::input(shape.path, format!("this is {}", said(other)))
                .allowed("Write an object in braces")),
        }
    }

    /// The section below a key of this one.
    pub(super) fn below(self, key: &str, shape: &'static Shape) -> Result<Self> {
        Self::of(self.get(key).map(|(_, value)| value), shape)
    }

    /// Whether it is in the input.
    pub(super) fn given(self) -> bool {
        self.keys.is_some()
    }

    /// The same, once all its keys are known and none asks for what is not supported.
    pub(super) fn checked(self) -> Result<Self> {
        for (key, value) in self.keys.into_iter().flatten() {
            if key.starts_with('_') {
                continue;
            }
            if let Some(names) = self.shape.read.iter().find(|names| names.contains(&key.as_str()))
            {
                self.once(key, names)?;
            } else if let Some(lack) = self.shape.lacks.iter().find(|lack| lack.key == key) {
                if !fine(lack, value) {
                    return Err(self.lacking(lack, value));
                }
            } else if !self.shape.idle.contains(&key.as_str()) {
                return Err(self.unknown(key));
            }
        }
        Ok(self)
    }

    fn lacking(self, lack: &Lack, value: &Json) -> Error {
        let found = if lack.fine.is_empty() {
            "this option is not supported".to_owned()
        } else {
            format!("this is {}, which is not supported", said(value))
        };
        Error::input(self.path(lack.key), found).allowed(lack.way)
    }

    /// Refuses a second name of a key.
    fn once(self, key: &str, names: &[&str]) -> Result<()> {
        let there =
            |name: &&&str| **name != key && self.keys.is_some_and(|k| k.contains_key(**name));
        match names.iter().find(there) {
            None => Ok(()),
            Some(other) => {
                Err(Error::input(self.path(key), format!("this is `{other}` under another name"))
                    .allowed("Keep one of them"))
            }
        }
    }

    fn unknown(self, key: &str) -> Error {
        let places: Vec<&str> = ALL
            .iter()
            .filter(|shape| names(shape).any(|name| name == key))
            .map(|s| s.path)
            .collect();
        if !places.is_empty() {
            let to = places.join(" or ");
            let to = if to.is_empty() { "the outermost braces".to_owned() } else { to };
            return Error::input(self.path(key), "this key stands in the wrong section")
                .allowed(format!("Move it to {to}"));
        }
        let known: Vec<&str> = self.shape.read.iter().map(|names| names[0]).collect();
        Error::input(self.path(key), "unknown key")
            .nearest(nearest(key, names(self.shape)))
            .allowed(format!("Known here: {}; a comment begins with _", known.join(", ")))
    }

    /// A key with the sections that it stands in.
    pub(super) fn path(self, key: &str) -> String {
        if self.shape.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.shape.path)
        }
    }

    /// The value of a key under any of its names, with the path that the user wrote.
    pub(super) fn get(self, key: &str) -> Option<(String, &'a Json)> {
        let names = self.shape.read.iter().find(|names| names[0] == key)?;
        let keys = self.keys?;
        let mut found = names.iter().filter_map(|name| Some((*name, keys.get(*name)?)));
        found.find(|(_, value)| !value.is_null()).map(|(name, value)| (self.path(name), value))
    }

    /// A key that must be there.
    pub(super) fn needed<T>(self, key: &str, value: Option<T>, write: &str) -> Result<T> {
        value.ok_or_else(|| Error::input(self.path(key), "missing key").allowed(write))
    }

    /// A value of a kind, or the error that says what to write.
    pub(super) fn read<T>(
        self,
        key: &str,
        kind: impl Fn(&'a Json) -> Option<T>,
        write: &str,
    ) -> Result<Option<T>> {
        let Some((path, value)) = self.get(key) else { return Ok(None) };
        kind(value).map(Some).ok_or_else(|| wrong(path, value, write))
    }

    /// A finite number of at least `least`.
    pub(super) fn number(self, key: &str, least: f64) -> Result<Option<f64>> {
        let kind = |value: &Json| value.as_f64().filter(|number| *number >= least);
        self.read(key, kind, &format!("Write a number, {least} or more"))
    }

    /// A number above zero.
    pub(super) fn positive(self, key: &str) -> Result<Option<f64>> {
        let kind = |value: &Json| value.as_f64().filter(|number| *number > 0.0);
        self.read(key, kind, "Write a number above 0")
    }

    /// A share: above zero, up to one.
    pub(super) fn share(self, key: &str) -> Result<Option<f64>> {
        let kind = |value: &Json| value.as_f64().filter(|number| *number > 0.0 && *number <= 1.0);
        self.read(key, kind, "Write a number above 0, up to 1")
    }

    /// A whole number of at least `least`.
    pub(super) fn whole(self, key: &str, least: u64) -> Result<Option<u64>> {
        let kind = |value: &Json| count(value).filter(|number| *number >= least);
        self.read(key, kind, &format!("Write a whole number, {least} or more"))
    }

    /// A list of whole numbers above zero, which is not empty.
    pub(super) fn widths(self, key: &str, default: &[u64]) -> Result<Vec<u64>> {
        let kind = |value: &Json| {
            let items: Option<Vec<u64>> =
                value.as_array()?.iter().map(|v| count(v).filter(|n| *n > 0)).collect();
            items.filter(|items| !items.is_empty())
        };
        let write = "Write a list of whole numbers above 0, the width of each layer";
        Ok(self.read(key, kind, write)?.unwrap_or_else(|| default.to_vec()))
    }

    /// True or false.
    pub(super) fn truth(self, key: &str, default: bool) -> Result<bool> {
        Ok(self.read(key, Json::as_bool, "Write true or false")?.unwrap_or(default))
    }

    /// A text.
    pub(super) fn text(self, key: &str) -> Result<Option<&'a str>> {
        self.read(
            key,
            |value| value.as_str().filter(|text| !text.is_empty()),
            "Write a text in quotes",
        )
    }

    /// A word that is one of a few; the first where none is given.
    pub(super) fn word(self, key: &str, words: &[&'static str]) -> Result<&'static str> {
        let Some(word) = self.text(key)? else { return Ok(words[0]) };
        let known = words.iter().find(|known| **known == word);
        known.copied().ok_or_else(|| {
            let path = self.get(key).map_or_else(|| self.path(key), |(path, _)| path);
            Error::input(path, format!("unknown word `{word}`"))
                .nearest(nearest(word, words.iter().copied()))
                .allowed(format!("Write {}", one_of(words)))
        })
    }
}

/// All names that a section knows.
fn names(shape: &'static Shape) -> impl Iterator<Item = &'static str> {
    let read = shape.read.iter().flat_map(|names| names.iter().copied());
    read.chain(shape.idle.iter().copied()).chain(shape.lacks.iter().map(|lack| lack.key))
}

/// Whether the value of an option that is not supported asks for nothing.
fn fine(lack: &Lack, value: &Json) -> bool {
    if lack.fine.is_empty() {
        return nothing(value);
    }
    let asked = serde_json::from_str::<Json>(lack.fine).ok();
    let one = |value: &Json| value.is_null() || Some(value) == asked.as_ref();
    one(value) || value.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(one))
}

/// False, zero, or what holds nothing else.
fn nothing(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Bool(truth) => !truth,
        Json::Number(number) => number.as_f64() == Some(0.0),
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.iter().all(nothing),
        Json::Object(keys) => keys.iter().all(|(key, v)| key.starts_with('_') || nothing(v)),
    }
}

/// A whole number, also one that is written with a point or an exponent.
pub(super) fn count(value: &Json) -> Option<u64> {
    /// Whole numbers below this are known exactly.
    const EXACT: f64 = 1e15;
    if let Some(number) = value.as_u64() {
        return Some(number).filter(|n| i64::try_from(*n).is_ok());
    }
    let number = value.as_f64().filter(|x| x.fract() == 0.0 && (0.0..EXACT).contains(x))?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and bounded")]
    Some(number as u64)
}

/// The error about a value that is not what it should be.
pub(super) fn wrong(path: impl Into<String>, value: &Json, write: &str) -> Error {
    Error::input(path, format!("this is {}", said(value))).allowed(write)
}

/// Words as alternatives.
pub(super) fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    match quoted.split_last() {
        Some((last, front)) if !front.is_empty() => format!("{} or {last}", front.join(", ")),
        _ => quoted.concat(),
    }
}

/// What a value is, in words.
pub(super) fn said(value: &Json) -> String {
    match value {
        Json::String(text) if text.chars().count() <= 30 => format!("the text \"{text}\""),
        Json::String(_) => "a long text".to_owned(),
        Json::Number(number) => format!("the number {number}"),
        Json::Bool(truth) => format!("the word {truth}"),
        Json::Null => "null".to_owned(),
        Json::Array(items) if value.to_string().len() <= 30 && !items.is_empty() => {
            format!("the list {value}")
        }
        Json::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Json::Array(_) => "a list".to_owned(),
        Json::Object(_) => "an object".to_owned(),
    }
}
