//! `kind = …` to constructors.

use ::lab::case as of_lab;
use control::case as of_control;
use ground::{Error, Result};
use paths::case::representation;
use schemars::{Schema, schema_for};
use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::descent::{AdaGradSection, AdamSection, GradientFlowSection, MomentumSection};
use super::expect::Expect;
use super::family::{Family, program};
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
    /// The family that has this kind; none where all have it.
    pub family: Option<Family>,
    /// Whether the section must be there.
    pub required: bool,
    /// Whether its kind must be said; where not, the first kind is the default.
    pub kind_required: bool,
    /// The documentation of its keys.
    pub schema: fn() -> Schema,
}

const fn plain(name: &'static str, required: bool, schema: fn() -> Schema) -> Documented {
    Documented { name, kind: None, family: None, required, kind_required: false, schema }
}

/// A kind of a section that must be there, with its kind.
const fn must(
    family: Family,
    name: &'static str,
    kind: &'static str,
    schema: fn() -> Schema,
) -> Documented {
    let (kind, family) = (Some(kind), Some(family));
    Documented { name, kind, family, required: true, kind_required: true, schema }
}

/// A kind of a section that may be left out.
const fn may(
    family: Option<Family>,
    name: &'static str,
    kind: &'static str,
    schema: fn() -> Schema,
) -> Documented {
    let kind = Some(kind);
    Documented { name, kind, family, required: false, kind_required: false, schema }
}

const PATHS: Option<Family> = Some(Family::Paths);
const ATOMS: Option<Family> = Some(Family::Atoms);
const CONTROL: Option<Family> = Some(Family::Control);
const LAB: Option<Family> = Some(Family::Lab);

/// All sections and kinds, in the order of a case file.
static ALL: [Documented; 42] = [
    plain("case", true, || schema_for!(Title)),
    must(Family::Paths, "model", "parabolic", || schema_for!(paths::case::Model)),
    must(Family::Atoms, "model", "atoms", || schema_for!(atoms::case::Model)),
    must(Family::Control, "model", "lqg", || schema_for!(of_control::Lqg)),
    must(Family::Control, "model", "liquidation", || schema_for!(of_control::Liquidation)),
    must(Family::Control, "model", "consumption", || schema_for!(of_control::Consumption)),
    must(Family::Control, "model", "execution", || schema_for!(of_control::Execution)),
    must(Family::Control, "model", "storage", || schema_for!(of_control::Storage)),
    must(Family::Control, "model", "formulas", || schema_for!(of_control::Formulas)),
    must(Family::Lab, "model", "target", || schema_for!(of_lab::TargetModel)),
    must(Family::Lab, "model", "data", || schema_for!(of_lab::Data)),
    must(Family::Lab, "model", "integral", || schema_for!(of_lab::Integral)),
    must(Family::Lab, "model", "circle", || schema_for!(of_lab::Circle)),
    must(Family::Lab, "model", "function-class", || schema_for!(of_lab::FunctionClass)),
    must(Family::Program, "model", "command", || schema_for!(program::Model)),
    must(Family::Paths, "problem", "deep-bsde", || schema_for!(paths::case::Problem)),
    must(Family::Atoms, "problem", "force-matching", || schema_for!(atoms::case::Problem)),
    must(Family::Control, "problem", "policy-search", || schema_for!(of_control::Problem)),
    must(Family::Lab, "problem", "regression", || schema_for!(of_lab::RegressionProblem)),
    must(Family::Lab, "problem", "least-squares", || schema_for!(of_lab::LeastSquares)),
    must(Family::Lab, "problem", "interpolation", || schema_for!(of_lab::Interpolation)),
    must(Family::Lab, "problem", "grid", || schema_for!(of_lab::GridProblem)),
    must(Family::Lab, "problem", "monte-carlo", || schema_for!(of_lab::MonteCarlo)),
    must(Family::Lab, "problem", "spectral-flow", || schema_for!(of_lab::SpectralFlow)),
    must(Family::Lab, "problem", "rademacher", || schema_for!(of_lab::Rademacher)),
    may(PATHS, "representation", "directions", || schema_for!(representation::Directions)),
    may(PATHS, "representation", "network", || schema_for!(representation::Network)),
    may(PATHS, "representation", "per-step", || schema_for!(representation::PerStep)),
    may(ATOMS, "representation", "deep-potential", || schema_for!(atoms::case::Representation)),
    may(CONTROL, "representation", "policy", || schema_for!(of_control::Representation)),
    may(LAB, "representation", "two-layer", || schema_for!(of_lab::TwoLayerForm)),
    may(LAB, "representation", "random-features", || schema_for!(of_lab::RandomFeatures)),
    may(LAB, "representation", "kernel", || schema_for!(of_lab::KernelForm)),
    may(LAB, "representation", "interpolant", || schema_for!(of_lab::Interpolant)),
    may(None, "descent", "adam", || schema_for!(AdamSection)),
    may(None, "descent", "momentum", || schema_for!(MomentumSection)),
    may(None, "descent", "adagrad", || schema_for!(AdaGradSection)),
    may(LAB, "descent", "gradient-flow", || schema_for!(GradientFlowSection)),
    plain("run", false, || schema_for!(RunSection)),
    plain("sweep", false, || schema_for!(Sweep)),
    plain("quick", false, || schema_for!(Quick)),
    plain("expect", false, || schema_for!(Expect)),
];

/// All sections and kinds, in the order of a case file.
pub fn documented() -> impl Iterator<Item = Documented> {
    ALL.iter().copied()
}

impl Documented {
    /// Whether a family has it. What kind of model there is says which family that is.
    fn is_of(&self, family: Option<Family>) -> bool {
        self.name == "model" || family.is_none() || self.family.is_none() || self.family == family
    }
}

/// The kinds of a section, quoted: of one family, or of all.
pub fn kind_words(section: &str, family: Option<Family>) -> String {
    let kinds: Vec<_> = kinds(section, family).map(|kind| format!("\"{kind}\"")).collect();
    kinds.join(", ")
}

fn kinds(section: &str, family: Option<Family>) -> impl Iterator<Item = &'static str> {
    let own = documented().filter(move |d| d.name == section && d.is_of(family));
    own.filter_map(|d| d.kind)
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
    for (key, value) in Family::of(sections).defaults(name, kind)? {
        table.entry(key).or_insert(value);
    }
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

/// A section as one of its kinds, and the complete section.
pub fn as_kind<T: DeserializeOwned + Serialize, K>(
    sections: &Table,
    name: &str,
    kind: impl Fn(T) -> K,
) -> Result<(K, Table)> {
    let (read, table) = section(sections, name)?;
    Ok((kind(read), table))
}

/// Checks the shape of a section against the struct of its kind. Returns the kind, where the section
/// has kinds.
pub fn shaped(sections: &Table, name: &str) -> Result<Option<&'static str>> {
    let empty = Table::new();
    let family = Family::of(sections);
    let own = |d: &Documented| d.name == name && d.is_of(Some(family));
    let known: Vec<Documented> = documented().filter(own).collect();
    let first = known.first().ok_or_else(|| Error::bug(format!("[{name}] is undocumented")))?;
    let table = match sections.get(name) {
        Some(Value::Table(table)) => table,
        _ if first.required => {
            return Err(Error::input(name, "missing section").allowed(missing(first, family)));
        }
        _ => &empty,
    };
    let chosen = match table.get("kind") {
        _ if first.kind.is_none() => first,
        None if !first.kind_required => first,
        None => {
            return Err(Error::input(format!("{name}.kind"), "missing key")
                .allowed(format!("Write {}", kind_words(name, Some(family)))));
        }
        Some(Value::String(kind)) => known
            .iter()
            .find(|d| d.kind == Some(kind.as_str()))
            .ok_or_else(|| unknown(name, kind, family))?,
        Some(_) => {
            return Err(Error::input(format!("{name}.kind"), "this is not a word")
                .allowed(format!("Write {}", kind_words(name, Some(family)))));
        }
    };
    let schema = (chosen.schema)().to_value();
    let besides: &[&str] = if chosen.kind.is_some() { &["kind"] } else { &[] };
    if name != "quick" {
        shape::check(&schema, table, name, besides)?;
    }
    Ok(chosen.kind)
}

/// A kind that no section of this family has.
fn unknown(name: &str, kind: &str, family: Family) -> Error {
    let key = format!("{name}.kind");
    let words = kind_words(name, Some(family));
    if kinds(name, None).any(|known| known == kind) {
        let found = format!("`{kind}` does not go together with model.kind = {}", family.words());
        return Error::input(key, found).allowed(format!("That has {words}"));
    }
    Error::input(key, format!("unknown kind `{kind}`"))
        .nearest(nearest(kind, kinds(name, Some(family))))
        .allowed(format!("Known here: {words}"))
}

fn missing(section: &Documented, family: Family) -> String {
    match section.kind {
        Some(_) => {
            let words = kind_words(section.name, Some(family));
            format!("Write [{}] with kind = {words}", section.name)
        }
        None => format!("Write [{}] with version = 1", section.name),
    }
}
