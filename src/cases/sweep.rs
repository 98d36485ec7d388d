//! `[sweep]`: the case at many values of its keys: what `esperance sweep` runs, fits and draws.

use frame::study::axes::{Axis, Cell, Grid, Level, Setting};
use ground::fit::Centre;
use ground::{Error, Result};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Value;

use super::read::Case;
use super::schema::nearest;

mod figure;
mod fit;
mod formula;
mod values;

pub use figure::{FigureSection, Kind as FigureKind};
pub use fit::{FitSection, Law, OneOrMany, law_word};
pub use formula::Axes;
pub use values::{Item, Values};

/// Where the values of a sweep come from, as a message names it.
pub(super) const SAID: &str = "[sweep]";

/// Sections whose keys can be an axis. Of what is expected it is the known answer that goes with a value.
const SECTIONS: [&str; 6] = ["model", "problem", "representation", "descent", "run", "expect"];

/// The most cells of a study.
const MOST: usize = 1_000_000;

/// `[sweep]`: the case at many values of its keys, with repeats; `esperance sweep` runs it, and makes one
/// table, fits and figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sweep {
    /// The axes: "section.key" = its values, a list, or { from, to, points, spacing }. A name without a
    /// point has ways: { ways = { NAME = ["section.key=value", …] } }. All combinations are run.
    pub over: IndexMap<String, Values>,
    /// Axes that go together, such as `[["problem.steps", "run.iterations"]]`: the first values of all, then
    /// the second. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zip: Vec<Vec<String>>,
    /// Seeds of every combination: run.seed, and the next ones; the same for all. Default: 1.
    #[schemars(range(min = 1, max = 100_000))]
    #[serde(default = "one")]
    pub repeats: usize,
    /// Keys that follow from the axes: "section.key" = a formula of the last words of the axes' keys, where
    /// words stand in quotes, such as "if(scaling == 'ntk', 0.1, 0.1 * width)". Default: none.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub set: IndexMap<String, String>,
    /// What the table shows of every cell: paths in the object that `solve --json` prints, such as "answer",
    /// "bounds.lower" or "records.test-error", and "seconds". Default: the answer.
    #[serde(default = "answer")]
    pub record: Vec<String>,
    /// How repeats become one number: "mean", "median" or "geometric-mean", of all records or by their
    /// names. Default: "mean".
    #[serde(default)]
    pub statistic: Statistics,
    /// Records made of others: NAME = a formula of the axes and of what cells have, in which - and . are
    /// written _, such as error = "abs(answer - 4.59)". Default: none.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub derive: IndexMap<String, String>,
    /// What a record should be: record = a formula of the axes. The table and the figures show it.
    /// Default: none.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub known: IndexMap<String, String>,
    /// The laws to fit, one or several. Default: none.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub fit: OneOrMany<FitSection>,
    /// The figures, one or several. Default: none.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub figure: OneOrMany<FigureSection>,
    /// Whether every cell keeps a run folder, with its page, its parameters and checkpoints; the cells are
    /// then run one after another. Default: false.
    #[serde(default)]
    pub folders: bool,
}

/// How repeats become one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// The mean, with its standard error.
    #[default]
    Mean,
    /// The median, with the quartiles.
    Median,
    /// The geometric mean, with the standard error of the logarithm times it.
    GeometricMean,
}

impl From<Statistic> for Centre {
    fn from(statistic: Statistic) -> Self {
        match statistic {
            Statistic::Mean => Self::Mean,
            Statistic::Median => Self::Median,
            Statistic::GeometricMean => Self::GeometricMean,
        }
    }
}

/// One statistic of all records, or one of each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Statistics {
    /// Of all.
    All(Statistic),
    /// Of each that is named; the mean of others.
    Each(IndexMap<String, Statistic>),
}

impl Default for Statistics {
    fn default() -> Self {
        Self::All(Statistic::Mean)
    }
}

fn one() -> usize {
    1
}

fn answer() -> Vec<String> {
    vec!["answer".to_owned()]
}

impl Sweep {
    /// How the repeats of a record become one number.
    pub fn centre(&self, record: &str) -> Centre {
        match &self.statistic {
            Statistics::All(one) => (*one).into(),
            Statistics::Each(each) => each.get(record).copied().unwrap_or_default().into(),
        }
    }

    /// What the table shows, with how.
    pub fn recorded(&self) -> Vec<(String, Centre)> {
        let derived = self.derive.keys().filter(|name| !self.record.contains(name));
        self.record.iter().chain(derived).map(|name| (name.clone(), self.centre(name))).collect()
    }

    /// The grid: axes in the order in which they are written.
    pub fn grid(&self) -> Result<Grid> {
        if self.over.is_empty() {
            return Err(Error::input("sweep.over", "there is no axis").allowed(
                "Write \"section.key\" = [values], such as \"problem.steps\" = [10, 20, 40]",
            ));
        }
        self.grouped()?;
        let mut axes = Vec::new();
        for key in self.over.keys() {
            let group = self.zip.iter().find(|group| group.contains(key));
            match group {
                None => axes.push(self.axis(std::slice::from_ref(key))?),
                Some(group) if group.first() == Some(key) => axes.push(self.axis(group)?),
                Some(_) => {}
            }
        }
        let grid = Grid { axes, repeats: self.repeats };
        let cells = grid.axes.iter().map(|axis| axis.levels.len() as f64).product::<f64>();
        if cells * self.repeats as f64 > MOST as f64 {
            return Err(Error::input("sweep.over", format!("these are {cells:.0} combinations"))
                .allowed(format!("At most {MOST} cells")));
        }
        Ok(grid)
    }

    /// Checks what goes together.
    fn grouped(&self) -> Result<()> {
        let mut seen: Vec<&String> = Vec::new();
        for key in self.zip.iter().flatten() {
            if !self.over.contains_key(key) {
                let known = self.over.keys().map(String::as_str);
                return Err(Error::input("sweep.zip", format!("`{key}` is no axis"))
                    .nearest(nearest(key, known))
                    .allowed("Give it values in sweep.over"));
            }
            if seen.contains(&key) {
                return Err(Error::input("sweep.zip", format!("`{key}` stands there twice")));
            }
            seen.push(key);
        }
        Ok(())
    }

    /// An axis of keys that go together.
    fn axis(&self, keys: &[String]) -> Result<Axis> {
        let mut levels: Vec<Level> = Vec::new();
        let mut names = Vec::new();
        for key in keys {
            let place = format!("sweep.over.{key}");
            reachable(&place, key, &self.over[key])?;
            let own = self.over[key].levels(&place, key)?;
            if !levels.is_empty() && levels.len() != own.len() {
                let found = format!("{} values go together with {}", own.len(), levels.len());
                return Err(Error::input(place, found).allowed("Give each as many"));
            }
            names.push(self.short(key).to_owned());
            if levels.is_empty() {
                levels = own;
            } else {
                for (level, more) in levels.iter_mut().zip(own) {
                    level.settings.extend(more.settings);
                    level.changes.extend(more.changes);
                }
            }
        }
        if let Some(k) = (1..levels.len()).find(|&k| levels[..k].contains(&levels[k])) {
            let twice = &levels[k].settings[0];
            return Err(Error::input(
                format!("sweep.over.{}", keys[0]),
                format!("{twice} stands there twice"),
            )
            .allowed("Write each value once; repeats are sweep.repeats"));
        }
        Ok(Axis { names, levels })
    }

    /// What tables and formulas call a key: its last word, or all of it where two would be called alike.
    fn short<'k>(&self, key: &'k str) -> &'k str {
        let last = |key: &'k str| key.rsplit('.').next().unwrap_or(key);
        let mine = last(key);
        let alike = self.over.keys().filter(|other| other.rsplit('.').next() == Some(mine)).count();
        if alike > 1 || mine == "seed" { key } else { mine }
    }

    /// Whether it can be done.
    pub fn sound(&self, case: &Case) -> Result<()> {
        let grid = self.grid()?;
        if let Some(key) = self.over.keys().find(|key| case.is_said(key)) {
            return Err(Error::input(key, "this is an axis of the case's [sweep]")
                .allowed(format!("Give its values: --set 'sweep.over.\"{key}\"=[…]'")));
        }
        if self.record.is_empty() {
            return Err(Error::input("sweep.record", "the list is empty")
                .allowed("Name what the table shows, such as \"answer\""));
        }
        let axes = Axes::of(&grid);
        for (key, text) in &self.set {
            let place = format!("sweep.set.{key}");
            if self.over.contains_key(key) {
                return Err(
                    Error::input(place, "this key is an axis").allowed("Leave one of them out")
                );
            }
            known_section(&place, key)?;
            axes.check(&place, text)?;
        }
        self.records_are_sound(&grid)?;
        for (record, text) in &self.known {
            axes.check(&format!("sweep.known.{record}"), text)?;
        }
        self.fit.iter().enumerate().try_for_each(|(k, fit)| fit.sound(k, self, &grid))?;
        self.figure.iter().enumerate().try_for_each(|(k, figure)| figure.sound(k, self, &grid))
    }

    /// Whether records have names of their own, and are named where they have to be.
    fn records_are_sound(&self, grid: &Grid) -> Result<()> {
        if let Some(k) =
            (1..self.record.len()).find(|&k| self.record[..k].contains(&self.record[k]))
        {
            let found = format!("`{}` stands there twice", self.record[k]);
            return Err(Error::input("sweep.record", found));
        }
        for name in self.derive.keys() {
            let taken = ["answer", "seconds", "outcome", "seed"].contains(&name.as_str());
            if taken || grid.names().contains(&name.as_str()) {
                let found = format!("`{name}` is the name of something else");
                return Err(
                    Error::input(format!("sweep.derive.{name}"), found).allowed("Choose another")
                );
            }
        }
        self.known
            .keys()
            .try_for_each(|name| recorded(&format!("sweep.known.{name}"), name, self))?;
        match &self.statistic {
            Statistics::All(_) => Ok(()),
            Statistics::Each(each) => each
                .keys()
                .try_for_each(|name| recorded(&format!("sweep.statistic.{name}"), name, self)),
        }
    }

    /// The case at one of the cells: without the sweep, what is known of other values left out.
    pub fn case(&self, case: &Case, grid: &Grid, cell: &Cell) -> Result<Case> {
        let mut one = case.clone();
        let knows = self.over.keys().any(|key| key.starts_with("expect."));
        one.sections.retain(|name, _| match name {
            "sweep" | "quick" => false,
            "expect" => knows,
            _ => true,
        });
        if let Some(Value::Table(expect)) = one.sections.get_mut("expect") {
            expect.remove("study");
        }
        for (key, value) in grid.changes(&cell.place) {
            one.set(SAID, key, value)?;
        }
        let axes = Axes::of(grid);
        for (key, text) in &self.set {
            let value =
                axes.value(&format!("sweep.set.{key}"), text, &grid.settings(&cell.place))?;
            one.put(SAID, key, toml_number(value))?;
        }
        let seed = self.seed(case, cell.repeat);
        let whole = i64::try_from(seed).unwrap_or(i64::MAX);
        one.put(SAID, "run.seed", Value::Integer(whole))?;
        Ok(one)
    }

    /// The seed of a repeat.
    pub fn seed(&self, case: &Case, repeat: usize) -> u64 {
        let first = case.sections.get("run").and_then(|run| run.get("seed")?.as_integer());
        u64::try_from(first.unwrap_or(1)).unwrap_or(0).saturating_add(repeat as u64)
    }
}

/// A number as a file would say it: whole where it is.
fn toml_number(value: f64) -> Value {
    #[allow(clippy::cast_possible_truncation, reason = "it is whole and small")]
    if value.fract() == 0.0 && value.abs() < 1e15 {
        Value::Integer(value as i64)
    } else {
        Value::Float(value)
    }
}

/// A key of a section that can be an axis, or a name of ways.
fn reachable(place: &str, key: &str, values: &Values) -> Result<()> {
    if matches!(values, Values::Ways { .. }) {
        let is_word = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        return if is_word && !key.is_empty() {
            Ok(())
        } else {
            Err(Error::input(place, "ways have a name of their own")
                .allowed("Letters, digits, - and _, such as method = { ways = { … } }"))
        };
    }
    if key == "run.seed" {
        return Err(Error::input(place, "seeds are repeats").allowed("Write sweep.repeats = 5"));
    }
    known_section(place, key)
}

fn known_section(place: &str, key: &str) -> Result<()> {
    let (section, rest) = key.split_once('.').unwrap_or((key, ""));
    if SECTIONS.contains(&section) && !rest.is_empty() {
        return Ok(());
    }
    Err(Error::input(place, format!("`{key}` is no key of a case"))
        .nearest(
            nearest(section, SECTIONS).filter(|_| !rest.is_empty()).map(|s| format!("{s}.{rest}")),
        )
        .allowed(format!("Write \"section.key\", the section one of {}", SECTIONS.join(", "))))
}

/// The last word of a key.
pub(crate) fn last(key: &str) -> String {
    key.rsplit('.').next().unwrap_or(key).to_owned()
}

/// An error unless a name is recorded.
pub(super) fn recorded(place: &str, name: &str, sweep: &Sweep) -> Result<()> {
    let known: Vec<&str> =
        sweep.record.iter().chain(sweep.derive.keys()).map(String::as_str).collect();
    if known.contains(&name) {
        return Ok(());
    }
    Err(Error::input(place, format!("`{name}` is not recorded"))
        .nearest(nearest(name, known.iter().copied()))
        .allowed(format!("sweep.record has {}", known.join(", "))))
}

/// A setting as a number for formulas, words by their place in a list.
pub(super) fn as_number(setting: &Setting, words: &[String]) -> Option<f64> {
    match setting {
        Setting::Number(number) => Some(*number),
        Setting::Flag(flag) => Some(f64::from(u8::from(*flag))),
        Setting::Word(word) => words.iter().position(|known| known == word).map(|k| k as f64),
        Setting::List(_) => None,
    }
}

#[cfg(test)]
mod tests;
