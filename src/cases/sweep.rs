//! `[sweep]`: one key of the case at several values.

use std::collections::BTreeMap;

use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Value;

use super::read::Case;
use super::schema::nearest;

/// Where the values of a sweep come from, as a message names it.
pub(super) const SAID: &str = "[sweep]";

/// Sections that can be swept.
const SECTIONS: [&str; 5] = ["model", "problem", "representation", "descent", "run"];

/// Whether a text can be part of the name of a folder.
fn is_word(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !text.is_empty() && text.chars().all(fits)
}

/// `[sweep]`: the case is solved once for every value of one of its keys; the answers make one table
/// and one picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sweep {
    /// The key, such as "model.constants.lambda".
    pub key: String,
    /// Its values.
    pub values: Vec<f64>,
    /// The known answers, one for each value. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Vec<f64>>,
    /// Other ways to solve the same, for comparison: NAME = ["key=value", …], changes as after --set; of control
    /// problems. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub beside: BTreeMap<String, Vec<String>>,
}

/// One of the cases of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Which value.
    pub k: usize,
    /// The value.
    pub value: f64,
    /// Which other way, where it is one.
    pub beside: Option<String>,
}

impl Sweep {
    /// All cases: every value, and then every value another way.
    pub fn points(&self) -> Vec<Point> {
        let ways = std::iter::once(None).chain(self.beside.keys().cloned().map(Some));
        let each = |beside: Option<String>| {
            let point = move |(k, value): (usize, &f64)| {
                let beside = beside.clone();
                Point { k, value: *value, beside }
            };
            self.values.iter().enumerate().map(point)
        };
        ways.flat_map(each).collect()
    }

    /// Whether it can be done: values, as many known answers, a key of another section.
    pub fn sound(&self) -> Result<()> {
        let n = self.values.len();
        if n == 0 {
            return Err(Error::input("sweep.values", "there are no values")
                .allowed("Write a list of numbers, such as [1, 10, 50]"));
        }
        if let Some(odd) = self.values.iter().find(|value| !value.is_finite()) {
            return Err(Error::input("sweep.values", format!("{odd} is not a finite number")));
        }
        if let Some(k) = (1..n).find(|&k| self.values[..k].contains(&self.values[k])) {
            let twice = self.values[k];
            return Err(Error::input("sweep.values", format!("{twice} stands there twice"))
                .allowed("Each value has a folder with its name: write it once"));
        }
        if let Some(expect) = self.expect.as_ref().filter(|expect| expect.len() != n) {
            let found = format!("{} known answers for {n} values", expect.len());
            return Err(Error::input("sweep.expect", found).allowed("Give one for each value"));
        }
        if let Some(odd) = self.beside.keys().find(|name| !is_word(name)) {
            return Err(Error::input("sweep.beside", format!("`{odd}` cannot be a name"))
                .allowed("Folders have this name: letters, digits, - and _"));
        }
        let (section, key) = self.key.split_once('.').unwrap_or_default();
        if key.is_empty() || !SECTIONS.contains(&section) {
            return Err(Error::input("sweep.key", format!("`{}` cannot be swept", self.key))
                .allowed(format!(
                    "Write section.key, the section one of {}",
                    SECTIONS.join(", ")
                )));
        }
        Ok(())
    }

    /// The last word of the key: `lambda`.
    pub fn name(&self) -> &str {
        self.key.rsplit('.').next().unwrap_or(&self.key)
    }

    /// The case at one of its values: without the sweep, its known answer that of the value.
    pub fn case(&self, case: &Case, point: &Point) -> Result<Case> {
        let mut one = case.clone();
        one.sections.retain(|name, _| name != "sweep" && name != "quick");
        let &Point { k, value, .. } = point;
        let is_whole = value.fract() == 0.0 && value.abs() < 1e15;
        let said = if is_whole { format!("{value:.0}") } else { format!("{value:?}") };
        one.set(SAID, &self.key, &said)?;
        if let Some(name) = &point.beside {
            for change in &self.beside[name] {
                let (key, said) = change.split_once('=').ok_or_else(|| {
                    Error::input(format!("sweep.beside.{name}"), format!("`{change}` is no change"))
                        .allowed("Write \"key=value\", as after --set")
                })?;
                one.set(SAID, key.trim(), said.trim())?;
            }
        }
        match (self.expect.as_ref(), one.sections.get_mut("expect")) {
            (Some(known), Some(Value::Table(expect))) => {
                if let Some(Value::Table(answer)) = expect.get_mut("answer") {
                    answer.insert("value".to_owned(), Value::Float(known[k]));
                }
            }
            _ => {
                one.sections.remove("expect");
            }
        }
        Ok(one)
    }

    /// All of them, checked; an error names the value.
    pub fn cases(&self, case: &Case) -> Result<Vec<Case>> {
        if case.is_said(&self.key) {
            return Err(Error::input(&self.key, "this is the key of the case's [sweep]")
                .allowed("Set sweep.values instead, such as --set sweep.values=[1,2]"));
        }
        if let Some(name) = self.key.strip_prefix("model.constants.") {
            let constants = case.sections.get("model").and_then(|model| model.get("constants"));
            let known = constants.and_then(Value::as_table);
            if !known.is_some_and(|known| known.contains_key(name)) {
                let names = || known.into_iter().flat_map(|known| known.keys().map(String::as_str));
                return Err(Error::input(
                    "sweep.key",
                    format!("the model has no constant `{name}`"),
                )
                .nearest(nearest(name, names()))
                .allowed("Give it a value in model.constants"));
            }
        }
        self.points().iter().map(|point| self.case(case, point)).collect()
    }
}
