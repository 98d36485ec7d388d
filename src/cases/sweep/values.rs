//! The values of an axis: a list, a range, or ways.

use frame::study::axes::{Level, Setting};
use ground::{Error, Result};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Value;

/// The values of an axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Values {
    /// One after another.
    List(Vec<Item>),
    /// Evenly spaced, or their logarithms.
    Range(Range),
    /// Several changes at once, by name.
    Ways(Ways),
}

/// One value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Item {
    /// true or false.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// A word.
    Word(String),
    /// Several numbers.
    Numbers(Vec<f64>),
}

/// Numbers between two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Range {
    /// The first.
    pub from: f64,
    /// The last.
    pub to: f64,
    /// How many.
    #[schemars(range(min = 2, max = 10_000))]
    pub points: usize,
    /// "log" where neighbours have one ratio, "linear" where they have one difference. Whole ends make
    /// whole numbers, where those differ. Default: "log".
    #[serde(default)]
    pub spacing: Spacing,
}

/// How numbers between two are spaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Spacing {
    /// One ratio.
    #[default]
    Log,
    /// One difference.
    Linear,
}

/// Ways to do the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ways {
    /// NAME = ["section.key=value", …]: what is changed, as after --set; an empty list changes nothing.
    pub ways: IndexMap<String, Vec<String>>,
}

impl Values {
    /// The levels of the axis of a key. `place` is where they are written.
    pub(super) fn levels(&self, place: &str, key: &str) -> Result<Vec<Level>> {
        let levels = match self {
            Self::List(items) => {
                items.iter().map(|item| item.level(place, key)).collect::<Result<Vec<_>>>()?
            }
            Self::Range(range) => range
                .numbers(place)?
                .into_iter()
                .map(|item| item.level(place, key))
                .collect::<Result<_>>()?,
            Self::Ways(Ways { ways }) => ways
                .iter()
                .map(|(name, changes)| way(place, name, changes))
                .collect::<Result<_>>()?,
        };
        if levels.is_empty() {
            return Err(Error::input(place, "there are no values").allowed(
                "Write a list, such as [10, 20, 40], or { from = 4, to = 512, points = 8 }",
            ));
        }
        Ok(levels)
    }
}

impl Item {
    /// As a program is given it.
    pub fn plain(&self) -> String {
        match self {
            Self::Flag(flag) => flag.to_string(),
            Self::Whole(whole) => whole.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Word(word) => word.clone(),
            Self::Numbers(numbers) => {
                numbers.iter().map(f64::to_string).collect::<Vec<_>>().join(",")
            }
        }
    }

    /// As tables and formulas see it.
    pub fn setting(&self) -> Setting {
        match self {
            Self::Flag(flag) => Setting::Flag(*flag),
            Self::Whole(whole) => Setting::Number(*whole as f64),
            Self::Number(number) => Setting::Number(*number),
            Self::Word(word) => Setting::Word(word.clone()),
            Self::Numbers(numbers) => Setting::List(numbers.clone()),
        }
    }

    fn level(&self, place: &str, key: &str) -> Result<Level> {
        let text = match self {
            Self::Flag(flag) => flag.to_string(),
            Self::Whole(whole) => whole.to_string(),
            Self::Number(number) if !number.is_finite() => {
                return Err(Error::input(place, format!("{number} is not a finite number")));
            }
            Self::Number(number) => Value::Float(*number).to_string(),
            Self::Word(word) => Value::String(word.clone()).to_string(),
            Self::Numbers(numbers) => {
                Value::Array(numbers.iter().map(|x| super::toml_number(*x)).collect()).to_string()
            }
        };
        let setting = self.setting();
        Ok(Level { settings: vec![setting], changes: vec![(key.to_owned(), text)] })
    }
}

impl Range {
    /// Its numbers.
    fn numbers(&self, place: &str) -> Result<Vec<Item>> {
        let Self { from, to, points, spacing } = *self;
        let wrong = |found: String, allowed: &str| Err(Error::input(place, found).allowed(allowed));
        if !(from.is_finite() && to.is_finite()) || from == to {
            return wrong(format!("{from} to {to} is no range"), "Write two numbers that differ");
        }
        if spacing == Spacing::Log && (from <= 0.0 || to <= 0.0) {
            return wrong(
                format!("{from} to {to} has no logarithm"),
                "Write numbers above 0, or spacing = \"linear\"",
            );
        }
        let at = |k: usize| {
            let t = k as f64 / (points - 1) as f64;
            match spacing {
                _ if k == 0 => from,
                _ if k + 1 == points => to,
                Spacing::Log => from * (to / from).powf(t),
                Spacing::Linear => from + (to - from) * t,
            }
        };
        let exact: Vec<f64> = (0..points).map(at).collect();
        let rounded: Vec<f64> = exact.iter().map(|x| x.round()).collect();
        // Whole ends make whole numbers, where those differ.
        let whole = from.fract() == 0.0 && to.fract() == 0.0 && from.abs().max(to.abs()) < 1e15;
        let whole = whole && rounded.windows(2).all(|pair| pair[0] != pair[1]);
        #[allow(clippy::cast_possible_truncation, reason = "between two whole numbers that fit")]
        let all = if whole {
            rounded.into_iter().map(|x| Item::Whole(x as i64)).collect()
        } else {
            exact.into_iter().map(Item::Number).collect()
        };
        Ok(all)
    }
}

/// A way: its changes, checked for their form.
fn way(place: &str, name: &str, changes: &[String]) -> Result<Level> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || !name.chars().all(fits) {
        return Err(Error::input(place, format!("`{name}` cannot be a name"))
            .allowed("Tables and folders have it: letters, digits, -, _ and ."));
    }
    let mut pairs = Vec::new();
    for change in changes {
        let (key, value) = change.split_once('=').ok_or_else(|| {
            Error::input(format!("{place}.{name}"), format!("`{change}` is no change"))
                .allowed("Write \"section.key=value\", as after --set")
        })?;
        super::known_section(&format!("{place}.{name}"), key.trim())?;
        pairs.push((key.trim().to_owned(), value.trim().to_owned()));
    }
    Ok(Level { settings: vec![Setting::Word(name.to_owned())], changes: pairs })
}
