//! `[sweep] fit`: which law is fitted to which record, along which axis.

use frame::study::axes::Grid;
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Statistic, Sweep};
use crate::cases::schema::nearest;

/// One or several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// Several.
    Many(Vec<T>),
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl<T> OneOrMany<T> {
    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        match self {
            Self::One(one) => std::slice::from_ref(one).iter(),
            Self::Many(many) => many.iter(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl<'a, T> IntoIterator for &'a OneOrMany<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// What is fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FitSection {
    /// The record.
    pub of: String,
    /// The law, or several, of which the one that explains most with the fewest parameters is taken
    /// (AICc): "power", "exponential", "broken-power", "plateau", "constant"; or "change-point",
    /// "richardson".
    pub law: OneOrMany<Law>,
    /// The axis along which; one fit for every combination of the others. Default: the first with numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub along: Option<String>,
    /// What the repeats are seen by: "mean", "median" or "geometric-mean". Default: that of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistic: Option<Statistic>,
    /// The exponent that theory gives: how probable a fit as far from it is, were it true. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exponent: Option<f64>,
    /// Of a change point: how many times its plateau a record has to be. Default: 10.
    #[schemars(range(min = 1.0))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
    /// Of a change point: the values at the beginning whose median is the plateau. Default: 3.
    #[schemars(range(min = 1))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plateau: Option<usize>,
}

/// A law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum Law {
    /// y = C xᵖ.
    Power,
    /// y = C e^(r x).
    Exponential,
    /// y = C xᵖ, with another exponent beyond a break.
    BrokenPower,
    /// y = C xᵖ + a floor.
    Plateau,
    /// y = C.
    Constant,
    /// Where y leaves its plateau.
    ChangePoint,
    /// The limit, and the order in which it is approached.
    Richardson,
}

/// The word of a law.
pub fn law_word(law: Law) -> &'static str {
    match law {
        Law::Power => "power",
        Law::Exponential => "exponential",
        Law::BrokenPower => "broken-power",
        Law::Plateau => "plateau",
        Law::Constant => "constant",
        Law::ChangePoint => "change-point",
        Law::Richardson => "richardson",
    }
}

impl FitSection {
    /// The axis along which it is fitted.
    pub fn axis(&self, grid: &Grid) -> Option<usize> {
        match &self.along {
            Some(name) => grid.axis(name).or_else(|| grid.axis(&super::last(name))),
            None => grid.first_of_numbers(),
        }
    }

    /// Whether it can be done.
    pub(super) fn sound(&self, k: usize, sweep: &Sweep, grid: &Grid) -> Result<()> {
        let place = match sweep.fit {
            OneOrMany::One(_) => "sweep.fit".to_owned(),
            OneOrMany::Many(_) => format!("sweep.fit[{}]", k + 1),
        };
        super::recorded(&format!("{place}.of"), &self.of, sweep)?;
        let Some(at) = self.axis(grid) else {
            let along = self.along.as_deref().unwrap_or_default();
            let known = grid.names();
            return Err(Error::input(
                format!("{place}.along"),
                match along {
                    "" => "no axis has several numbers".to_owned(),
                    along => format!("`{along}` is no axis"),
                },
            )
            .nearest(nearest(along, known.iter().copied()))
            .allowed(format!("The axes are {}", known.join(", "))));
        };
        let axis = &grid.axes[at];
        let name = &axis.names[0];
        if axis.levels.iter().any(|level| level.settings[0].number().is_none()) {
            return Err(Error::input(
                format!("{place}.along"),
                format!("the values of `{name}` are words"),
            )
            .allowed("A law is fitted along an axis of numbers"));
        }
        if axis.levels.len() < 2 {
            return Err(Error::input(format!("{place}.along"), format!("`{name}` has one value"))
                .allowed("A law needs several points: give the axis more values"));
        }
        Ok(())
    }
}
