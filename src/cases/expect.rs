//! What a case promises: read by tests and reports, never by a solver.

use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[expect]`: what one should get.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expect {
    /// The answer of the full run.
    pub answer: Promise,
    /// What a quick run must reach.
    #[serde(default)]
    pub quick: Option<QuickPromise>,
    /// The exact solution u, a formula of t and x with the model's constants: pictures compare with
    /// it, no solver reads it. Default: unknown.
    #[serde(default)]
    pub solution: Option<String>,
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

/// What a quick run must reach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct QuickPromise {
    /// How near the quick run comes, such as "0.1 %".
    pub answer_within: String,
}

impl Expect {
    /// Whether all tolerances can be read.
    pub fn sound(&self) -> Result<()> {
        share("expect.answer.within", &self.answer.within)?;
        self.quick_tolerance().map(|_| ())
    }

    /// The largest distance of the full run from the value.
    pub fn tolerance(&self) -> Result<f64> {
        Ok(share("expect.answer.within", &self.answer.within)? * self.answer.value.abs())
    }

    /// The largest distance of the quick run from the value, where one is promised.
    pub fn quick_tolerance(&self) -> Result<Option<f64>> {
        let Some(quick) = &self.quick else { return Ok(None) };
        let share = share("expect.quick.answer-within", &quick.answer_within)?;
        Ok(Some(share * self.answer.value.abs()))
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
