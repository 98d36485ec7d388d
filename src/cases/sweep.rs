//! `[sweep]`: one key of the case at several values.

use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::read::Case;

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
}

impl Sweep {
    /// Whether it can be done: values, as many known answers, a key of another section.
    pub fn sound(&self) -> Result<()> {
        let n = self.values.len();
        if n == 0 {
            return Err(Error::input("sweep.values", "there are no values")
                .allowed("Write a list of numbers, such as [1, 10, 50]"));
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
        let section = self.key.split('.').next().unwrap_or_default();
        let swept = ["model", "problem", "representation", "descent", "run"];
        if !self.key.contains('.') || !swept.contains(&section) {
            return Err(Error::input("sweep.key", format!("`{}` cannot be swept", self.key))
                .allowed(format!("Write section.key, the section one of {}", swept.join(", "))));
        }
        Ok(())
    }

    /// The last word of the key: `lambda`.
    pub fn name(&self) -> &str {
        self.key.rsplit('.').next().unwrap_or(&self.key)
    }

    /// The case at one of the values.
    pub fn case(&self, case: &Case, value: f64) -> Result<Case> {
        let mut one = case.clone();
        one.sections.remove("sweep");
        let whole = value.fract() == 0.0 && value.abs() < 1e15;
        let said = if whole { format!("{value:.0}") } else { format!("{value:?}") };
        one.set("[sweep]", &self.key, &said)?;
        Ok(one)
    }
}
