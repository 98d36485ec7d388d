//! `kind = …` to constructors.

use ground::{Error, Result};
use paths::case::representation;
use schemars::{Schema, schema_for};
use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::descent::{AdaGradSection, AdamSection, MomentumSection};
use super::expect::Expect;
use super::schema::nearest;
use super::sections::{Quick, RunSection, Title};
use super::shape;
use super::sweep::Sweep;

/// A section, one of its kinds, and the struct that documents it.
#[derive(Clone, Copy, Debug)]
pub struct Documented {
    /// `model`.
    pub name: &'static str,
    /// `parabolic`, where the section has kinds.
    pub kind: Option<&'static str>,
    /// Whether the section must be there.
    pub required: bool,
    /// Whether its kind must be said; where not, the first kind is the default.
    pub kind_required: bool,
    /// The documentation of its keys.
    pub schema: fn() -> Schema,
}

const fn plain(name: &'static str, required: bool, schema: fn() -> Schema) -> Documented {
    Documented { name, kind: None, required, kind_required: false, schema }
}

const fn of_kind(
    name: &'static str,
    kind: &'static str,
    required: bool,
    schema: fn() -> Schema,
) -> Documented {
    Documented { name, kind: Some(kind), required, kind_required: required, schema }
}

/// All sections and kinds, in the order of a case file.
static ALL: [Documented; 13] = [
    plain("case", true, || schema_for!(Title)),
    of_kind("model", "parabolic", true, || schema_for!(paths::case::Model)),
    of_kind("problem", "deep-bsde", true, || schema_for!(paths::case::Problem)),
    of_kind("representation", "directions", false, || schema_for!(representation::Directions)),
    of_kind("representation", "network", false, || schema_for!(representation::Network)),
    of_kind("representation", "per-step", false, || schema_for!(representation::PerStep)),
    of_kind("descent", "adam", false, || schema_for!(AdamSection)),
    of_kind("descent", "momentum", false, || schema_for!(MomentumSection)),
    of_kind("descent", "adagrad", false, || schema_for!(AdaGradSection)),
    plain("run", false, || schema_for!(RunSection)),
    plain("sweep", false, || schema_for!(Sweep)),
    plain("quick", false, || schema_for!(Quick)),
    plain("expect", false, || schema_for!(Expect)),
];

/// All sections and kinds, in the order of a case file.
pub fn documented() -> impl Iterator<Item = Documented> {
    ALL.iter().copied()
}

/// The kinds of a section, quoted.
pub fn kind_words(section: &str) -> String {
    let kinds: Vec<_> = kinds(section).map(|kind| format!("\"{kind}\"")).collect();
    kinds.join(", ")
}

fn kinds(section: &str) -> impl Iterator<Item = &'static str> {
    documented().filter(move |d| d.name == section).filter_map(|d| d.kind)
}

/// A section as the struct that documents it, and the complete section: defaults filled in.
pub fn section<T: DeserializeOwned + Serialize>(
    sections: &Table,
    name: &str,
) -> Result<(T, Table)> {
    let mut table = match sections.get(name) {
        Some(Value::Table(table)) => table.clone(),
        _ => Table::new(),
    };
    let kind = shaped(sections, name)?;
    table.remove("kind");
    let value: T = Value::Table(table)
        .try_into()
        .map_err(|e: toml::de::Error| Error::input(name, e.message().replace('\n', ", ")))?;
    let complete = Table::try_from(&value)
        .map_err(|e| Error::bug(format!("[{name}] cannot be written: {e}")))?;
    let mut with_kind = Table::new();
    if let Some(kind) = kind {
        with_kind.insert("kind".to_owned(), Value::String(kind.to_owned()));
    }
    with_kind.extend(complete);
    Ok((value, with_kind))
}

/// Checks the shape of a section against the struct of its kind. Returns the kind, where the section
/// has kinds.
pub fn shaped(sections: &Table, name: &str) -> Result<Option<&'static str>> {
    let empty = Table::new();
    let known: Vec<Documented> = documented().filter(|d| d.name == name).collect();
    let first = known.first().ok_or_else(|| Error::bug(format!("[{name}] is undocumented")))?;
    let table = match sections.get(name) {
        Some(Value::Table(table)) => table,
        _ if first.required => {
            return Err(Error::input(name, "missing section").allowed(missing(first)));
        }
        _ => &empty,
    };
    let chosen = match table.get("kind") {
        _ if first.kind.is_none() => first,
        None if !first.kind_required => first,
        None => {
            return Err(Error::input(format!("{name}.kind"), "missing key")
                .allowed(format!("Write {}", kind_words(name))));
        }
        Some(Value::String(kind)) => {
            known.iter().find(|d| d.kind == Some(kind.as_str())).ok_or_else(|| {
                Error::input(format!("{name}.kind"), format!("unknown kind `{kind}`"))
                    .nearest(nearest(kind, kinds(name)))
                    .allowed(format!("Known here: {}", kind_words(name)))
            })?
        }
        Some(_) => {
            return Err(Error::input(format!("{name}.kind"), "this is not a word")
                .allowed(format!("Write {}", kind_words(name))));
        }
    };
    let schema = (chosen.schema)().to_value();
    let besides: &[&str] = if chosen.kind.is_some() { &["kind"] } else { &[] };
    if name != "quick" {
        shape::check(&schema, table, name, besides)?;
    }
    Ok(chosen.kind)
}

fn missing(section: &Documented) -> String {
    match section.kind {
        Some(_) => format!("Write [{0}] with kind = {1}", section.name, kind_words(section.name)),
        None => format!("Write [{}] with version = 1", section.name),
    }
}
