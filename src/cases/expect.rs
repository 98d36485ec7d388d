//! What a case promises: read by tests and reports, never by a solver.

use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod study;

pub use study::{Across, Check, Distance, Near, Where};

/// `[expect]`: what one should get.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expect {
    /// The answer of the full run of an equation or a control problem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Promise>,
    /// Of atoms: the RMSE of force components of the full run on frames it has not learned from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force_rmse: Option<Below>,
    /// What a quick run must reach.
    #[serde(default)]
    pub quick: Option<QuickPromise>,
    /// The exact solution u, a formula of t and x with the model's constants: pictures compare with
    /// it, no solver reads it. Default: unknown.
    #[serde(default)]
    pub solution: Option<String>,
    /// What the table and the fits of `esperance sweep` must show. Default: nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub study: Vec<Check>,
}

/// A known answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Promise {
    /// The value.
    pub value: f64,
    /// How near the full run comes, such as "0.01 %".
    pub within: String,
    /// How the value is known.
    pub reference: String,
}

/// An error that is not exceeded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Below {
    /// Its bound with a unit, such as "50 meV/A".
    pub below: String,
    /// How it is known.
    pub reference: String,
}

/// What a quick run must reach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct QuickPromise {
    /// How near the quick run of an equation or a control problem comes, such as "0.1 %".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_within: Option<String>,
    /// Of atoms: what the RMSE of force components is below, such as "200 meV/A".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force_rmse_below: Option<String>,
}

/// A number that is known, and how far one may be from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goal {
    /// The number.
    pub value: f64,
    /// The largest distance.
    pub within: f64,
}

impl Expect {
    /// Whether it is about an equation, and can be read.
    pub fn of_equations(&self) -> Result<()> {
        let atoms = self.quick.as_ref().and_then(|quick| quick.force_rmse_below.as_ref());
        if self.force_rmse.is_some() || atoms.is_some() {
            return Err(Error::input("expect.force-rmse", "there are no forces here")
                .allowed("Write expect.answer, with a value, within and reference"));
        }
        if self.answer.is_none() && self.study.is_empty() {
            return Err(Error::input("expect.answer", "missing key").allowed(
                "Write a table { value, within, reference }: the answer of the full run",
            ));
        }
        self.goal(false)?;
        self.goal(true).map(|_| ())
    }

    /// Whether it is about a control problem, and can be read.
    pub fn of_control(&self) -> Result<()> {
        if self.solution.is_some() {
            return Err(Error::input("expect.solution", "a control problem has no solution u")
                .allowed("Write expect.answer, with a value, within and reference"));
        }
        self.of_equations()
    }

    /// Whether it is about molecules, and can be read.
    pub fn of_atoms(&self) -> Result<()> {
        let within = self.quick.as_ref().and_then(|quick| quick.answer_within.as_ref());
        if self.answer.is_some() || within.is_some() || self.solution.is_some() {
            return Err(Error::input("expect", "a potential has no answer that is a number")
                .allowed("Write force-rmse = { below = \"50 meV/A\", reference = \"…\" }"));
        }
        self.bound(false)?;
        self.bound(true).map(|_| ())
    }

    /// The answer of an equation, and how near the full run, or a quick one, comes; None where the case
    /// does not promise it.
    pub fn goal(&self, is_quick: bool) -> Result<Option<Goal>> {
        let Some(Promise { value, within, .. }) = &self.answer else { return Ok(None) };
        let (key, within) = match (is_quick, &self.quick) {
            (false, _) => ("expect.answer.within", Some(within)),
            (true, quick) => {
                let within = quick.as_ref().and_then(|quick| quick.answer_within.as_ref());
                ("expect.quick.answer-within", within)
            }
        };
        let Some(within) = within else { return Ok(None) };
        Ok(Some(Goal { value: *value, within: share(key, within)? * value.abs() }))
    }

    /// What the RMSE of forces is below in the full run, or in a quick one, eV/Å; None where the case
    /// does not promise it.
    pub fn bound(&self, is_quick: bool) -> Result<Option<f64>> {
        let (key, text) = if is_quick {
            let quick = self.quick.as_ref();
            let text = quick.and_then(|quick| quick.force_rmse_below.as_ref());
            ("expect.quick.force-rmse-below", text)
        } else {
            ("expect.force-rmse.below", self.force_rmse.as_ref().map(|one| &one.below))
        };
        text.map(|text| force(key, text)).transpose()
    }

    /// What is promised of the full run, in words.
    pub fn words(&self) -> String {
        let answer = self.answer.as_ref().map(|one| format!("{} within {}", one.value, one.within));
        let force = self.force_rmse.as_ref().map(|one| format!("force RMSE below {}", one.below));
        answer.or(force).unwrap_or_default()
    }
}

/// A percentage as a number.
fn share(key: &str, text: &str) -> Result<f64> {
    let number = text.trim().strip_suffix('%').and_then(|t| t.trim().parse::<f64>().ok());
    number.filter(|n| *n > 0.0 && n.is_finite()).map(|n| n / 100.0).ok_or_else(|| {
        Error::input(key, format!("`{text}` is not a percentage"))
            .allowed("Write one such as \"0.01 %\"")
    })
}

/// A force with its unit, eV/Å.
fn force(key: &str, text: &str) -> Result<f64> {
    let plain = text.trim().replace('Å', "A");
    let units = [("meV/A", 1e-3), ("eV/A", 1.0)];
    let read = |(unit, scale): (&str, f64)| {
        let number: f64 = plain.strip_suffix(unit)?.trim().parse().ok()?;
        (number > 0.0 && number.is_finite()).then_some(scale * number)
    };
    units.into_iter().find_map(read).ok_or_else(|| {
        Error::input(key, format!("`{text}` is not a force"))
            .allowed("Write one such as \"50 meV/A\" or \"0.05 eV/A\"")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forces_have_units() {
        let of = |text: &str| force("a", text);
        assert!((of("50 meV/A").unwrap() - 0.05).abs() < 1e-15);
        assert_eq!(of("0.5eV/Å").unwrap(), 0.5);
        for wrong in ["50", "meV/A", "-1 eV/A", "inf eV/A", "5 %"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
