//! `[[expect.study]]`: what the table and the fits of a study must show.

use frame::study::axes::Grid;
use ground::{Error, Result};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cases::sweep::{Axes, Item, Law, Statistic, Sweep};

/// One thing that a study must show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Check {
    /// The record.
    pub of: String,
    /// A parameter of the law fitted to it, such as "exponent", instead of the record itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<String>,
    /// The law that must be the one taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub law: Option<Law>,
    /// Where: axis = a value or a list of them. Default: everywhere.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub at: IndexMap<String, Where>,
    /// What the value is divided by, seed by seed: that where these axes have these values. Default: nothing.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub over: IndexMap<String, Item>,
    /// What is taken from the value, seed by seed: that where these axes have these values. Default: nothing.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub minus: IndexMap<String, Item>,
    /// What the value is multiplied by: a formula of the axes. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<String>,
    /// How repeats become one number. Default: that of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistic: Option<Statistic>,
    /// Where there are several places: "every" one must show it, or their "median", their "spread" (the
    /// largest by the smallest) or the value of the axis named in `along` where it is "largest". Default:
    /// "every".
    #[serde(default)]
    pub across: Across,
    /// Of "largest": the axis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub along: Option<String>,
    /// The least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// The most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// What it should be: a number, or a formula of the axes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<Near>,
    /// How near: "1 %", "4 s.e." (standard errors), or a number. Default: "4 s.e.".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
    /// How it is known. Default: not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// One value or several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Where {
    /// Several.
    Many(Vec<Item>),
    /// One.
    One(Item),
}

/// What several places must show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Across {
    /// Each of them.
    #[default]
    Every,
    /// Their median.
    Median,
    /// The largest divided by the smallest.
    Spread,
    /// Where along an axis the largest is.
    Largest,
}

/// A number or a formula.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Near {
    /// A number.
    Number(f64),
    /// A formula of the axes.
    Formula(String),
}

/// How near.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Within {
    /// A number.
    Number(f64),
    /// A percentage, or standard errors.
    Words(String),
}

/// A distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distance {
    /// As a number.
    Number(f64),
    /// As a share of what it should be.
    Share(f64),
    /// In standard errors.
    Errors(f64),
}

impl Check {
    /// An error where it names a value that an axis has not.
    fn places(&self, place: &str, grid: &Grid) -> Result<()> {
        let items = |w: &'_ Where| match w {
            Where::One(item) => vec![item.clone()],
            Where::Many(all) => all.clone(),
        };
        let at = self.at.iter().map(|(name, w)| ("at", name, items(w)));
        let over = self.over.iter().map(|(name, item)| ("over", name, vec![item.clone()]));
        let minus = self.minus.iter().map(|(name, item)| ("minus", name, vec![item.clone()]));
        for (key, name, wanted) in at.chain(over).chain(minus) {
            let axis = grid.axes.iter().find(|axis| axis.names.contains(name));
            let Some(axis) = axis else { continue };
            let k = axis.names.iter().position(|own| own == name).unwrap_or(0);
            for item in wanted {
                let setting = item.setting();
                if axis.levels.iter().all(|level| level.settings[k] != setting) {
                    let known: Vec<String> =
                        axis.levels.iter().map(|level| level.settings[k].to_string()).collect();
                    return Err(Error::input(
                        format!("{place}.{key}"),
                        format!("`{name}` is nowhere {setting}"),
                    )
                    .allowed(format!("It has {}", known.join(", "))));
                }
            }
        }
        Ok(())
    }

    /// The distance as it is written.
    pub fn said_within(&self) -> String {
        match &self.within {
            Some(Within::Words(text)) => text.trim().to_owned(),
            Some(Within::Number(number)) => number.to_string(),
            None => String::new(),
        }
    }

    /// How near it has to be.
    pub fn distance(&self, place: &str) -> Result<Distance> {
        let text = match &self.within {
            None => return Ok(Distance::Errors(4.0)),
            Some(Within::Number(number)) => return Ok(Distance::Number(*number)),
            Some(Within::Words(text)) => text.trim(),
        };
        let of = |unit: &str| text.strip_suffix(unit)?.trim().parse::<f64>().ok();
        let distance = of("%").map(|p| Distance::Share(p / 100.0));
        distance.or_else(|| of("s.e.").map(Distance::Errors)).ok_or_else(|| {
            Error::input(format!("{place}.within"), format!("`{text}` is no distance"))
                .allowed("Write one such as \"1 %\", \"4 s.e.\" or 0.01")
        })
    }

    /// An error where nothing could be within its bounds.
    fn bounds_are_sound(&self, place: &str) -> Result<()> {
        let distance = match self.distance(place)? {
            Distance::Number(d) | Distance::Share(d) | Distance::Errors(d) => d,
        };
        if distance.is_nan() || distance < 0.0 {
            return Err(Error::input(format!("{place}.within"), "a distance is not negative")
                .allowed("Write one such as \"1 %\", \"4 s.e.\" or 0.01"));
        }
        if let (Some(least), Some(most)) = (self.at_least, self.at_most)
            && least > most
        {
            return Err(Error::input(
                place,
                format!("nothing is at least {least} and at most {most}"),
            ));
        }
        Ok(())
    }

    /// Whether it can be judged. `k` counts from 0.
    pub fn sound(&self, k: usize, sweep: &Sweep) -> Result<()> {
        let place = format!("expect.study[{}]", k + 1);
        let grid = sweep.grid()?;
        crate::cases::sweep::recorded(&format!("{place}.of"), &self.of, sweep)?;
        let names = grid.names();
        if !(self.over.is_empty() || self.minus.is_empty()) {
            return Err(
                Error::input(&place, "over and minus do not go together").allowed("Write one")
            );
        }
        let others =
            self.over.keys().map(|n| ("over", n)).chain(self.minus.keys().map(|n| ("minus", n)));
        let named = self.at.keys().map(|n| ("at", n)).chain(others);
        for (key, name) in named.chain(self.along.iter().map(|n| ("along", n))) {
            if !names.contains(&name.as_str()) {
                return Err(Error::input(format!("{place}.{key}"), format!("`{name}` is no axis"))
                    .nearest(crate::cases::schema::nearest(name, names.iter().copied()))
                    .allowed(format!("The axes are {}", names.join(", "))));
            }
        }
        let bounds = self.at_least.is_some() || self.at_most.is_some();
        if !(bounds || self.near.is_some() || self.law.is_some()) {
            return Err(Error::input(&place, "this says nothing that could be missed")
                .allowed("Write at-least, at-most, near or law"));
        }
        if self.across == Across::Largest && self.along.is_none() {
            return Err(Error::input(format!("{place}.along"), "missing key")
                .allowed("Write the axis along which the largest is looked for"));
        }
        let fitted = sweep.fit.iter().any(|fit| fit.of == self.of);
        if (self.fit.is_some() || self.law.is_some()) && !fitted {
            return Err(Error::input(
                format!("{place}.fit"),
                format!("no law is fitted to `{}`", self.of),
            )
            .allowed("Write it in sweep.fit"));
        }
        self.bounds_are_sound(&place)?;
        self.places(&place, &grid)?;
        let axes = Axes::of(&grid);
        let formulas = [
            ("times", self.times.as_ref()),
            (
                "near",
                match &self.near {
                    Some(Near::Formula(text)) => Some(text),
                    _ => None,
                },
            ),
        ];
        for (key, text) in formulas {
            text.map_or(Ok(()), |text| axes.check(&format!("{place}.{key}"), text))?;
        }
        Ok(())
    }
}
