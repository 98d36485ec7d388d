//! `[sweep] figure`: what is drawn of a study.

use frame::study::axes::Grid;
use ground::{Error, Result};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fit::OneOrMany;
use super::{Axes, Sweep};
use crate::cases::schema::nearest;

/// What is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FigureSection {
    /// "log-log" with fitted lines, their bands and slope triangles; "lines" on linear axes; "log" with a
    /// logarithmic y alone; "heat-map" of one record over two axes; "work-precision" of one record against
    /// another. Default: "log-log".
    #[serde(default)]
    pub kind: Kind,
    /// What its files are called. Default: the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Across: an axis; of a work-precision figure a record, such as "seconds". Default: the first axis
    /// with several numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// Upward: records; of a heat map an axis.
    pub y: OneOrMany<String>,
    /// Of a heat map: the record that is the colour. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// Which cells: axis = a value; the others are drawn line by line, or map by map. Default: all.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub at: IndexMap<String, super::Item>,
    /// Of a heat map: curves of theory, NAME = a formula of the axis across. Default: none.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub curves: IndexMap<String, String>,
}

/// How it is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Both axes logarithmic.
    #[default]
    LogLog,
    /// A logarithmic y alone.
    Log,
    /// Both axes linear.
    Lines,
    /// Colours over two axes.
    HeatMap,
    /// Error against cost.
    WorkPrecision,
}

/// An error unless all values of an axis are numbers.
fn numbers(place: &str, name: &str, grid: &Grid) -> Result<()> {
    let axis = grid.axes.iter().find(|axis| axis.names.iter().any(|own| own == name));
    let words =
        axis.is_some_and(|axis| axis.levels.iter().any(|l| l.settings[0].number().is_none()));
    if words {
        return Err(Error::input(place, format!("the values of `{name}` are words"))
            .allowed("A heat map is over two axes of numbers"));
    }
    Ok(())
}

impl FigureSection {
    /// An error unless its files can have its name.
    fn named(&self, place: &str) -> Result<()> {
        let Some(name) = &self.name else { return Ok(()) };
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(fits) || name == "table" {
            return Err(Error::input(
                format!("{place}.name"),
                format!("`{name}` cannot be the name of its files"),
            )
            .allowed("Letters, digits, - and _; `table` is taken"));
        }
        Ok(())
    }

    /// Whether it can be done.
    pub(super) fn sound(&self, k: usize, sweep: &Sweep, grid: &Grid) -> Result<()> {
        let place = match sweep.figure {
            OneOrMany::One(_) => "sweep.figure".to_owned(),
            OneOrMany::Many(_) => format!("sweep.figure[{}]", k + 1),
        };
        let is_axis = |key: &str, name: &str| {
            if grid.names().contains(&super::last(name).as_str()) || grid.names().contains(&name) {
                return Ok(());
            }
            let known = grid.names();
            Err(Error::input(format!("{place}.{key}"), format!("`{name}` is no axis"))
                .nearest(nearest(name, known.iter().copied()))
                .allowed(format!("The axes are {}", known.join(", "))))
        };
        let is_record =
            |key: &str, name: &str| super::recorded(&format!("{place}.{key}"), name, sweep);
        self.named(&place)?;
        self.at.keys().try_for_each(|name| is_axis("at", name))?;
        match self.kind {
            Kind::HeatMap => {
                let colour = self.colour.as_deref().ok_or_else(|| {
                    Error::input(format!("{place}.colour"), "missing key")
                        .allowed("Write the record that is the colour of a heat map")
                })?;
                is_record("colour", colour)?;
                self.y.iter().try_for_each(|name| is_axis("y", name))?;
                let across = self.x.as_deref().map(super::last);
                for name in self.y.iter().map(|name| super::last(name)).chain(across.clone()) {
                    numbers(&place, &name, grid)?;
                }
                if self.y.iter().any(|name| Some(super::last(name)) == across) {
                    return Err(Error::input(format!("{place}.y"), "both axes are the same")
                        .allowed("A heat map is over two axes"));
                }
            }
            Kind::LogLog | Kind::Log | Kind::Lines | Kind::WorkPrecision => {
                self.y.iter().try_for_each(|name| is_record("y", name))?;
            }
        }
        if let Some(x) = &self.x {
            match self.kind {
                Kind::WorkPrecision => is_record("x", x)?,
                _ => is_axis("x", x)?,
            }
        }
        let axes = Axes::of(grid);
        self.curves
            .iter()
            .try_for_each(|(name, text)| axes.check(&format!("{place}.curves.{name}"), text))
    }
}
