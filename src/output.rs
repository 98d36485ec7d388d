//! The object that `solve --json` prints and `answer.json` holds.

use std::collections::BTreeMap;

use frame::{Report, Verdict};
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Keys of the answer itself; where there is none, each says why.
const ANSWER: [&str; 9] = [
    "answer",
    "ci95",
    "minimiser",
    "gradient",
    "r2",
    "baselines",
    "levels",
    "extrapolated",
    "error",
];

/// What `esperance solve --json` prints, and `answer.json` in the run folder holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Output {
    /// The name of the case.
    pub(crate) case: String,
    /// The version of esperance.
    pub(crate) version: String,
    /// The seed of all random streams.
    pub(crate) seed: u64,
    /// The answer: the limit of the levels where there are several.
    pub(crate) answer: Part<Number>,
    /// The 95 % interval of its sampling error.
    pub ci95: Part<[f64; 2]>,
    /// The value that minimises the loss on plain paths.
    pub(crate) minimiser: Part<Number>,
    /// The gradient of u at the point asked for, component by component.
    pub(crate) gradient: Part<Vec<Number>>,
    /// "converged", "not-settled", "contradicted", "non-finite" or "interrupted".
    pub(crate) verdict: String,
    /// 1 − loss / Var g on plain paths.
    pub r2: Part<f64>,
    /// What is had without learning.
    pub(crate) baselines: Part<Baselines>,
    /// The value at each level of the time grid.
    pub(crate) levels: Part<Vec<LevelRow>>,
    /// The limit of the levels.
    pub(crate) extrapolated: Part<Extrapolated>,
    /// The four errors and how each is known.
    pub(crate) error: Part<BTreeMap<String, TermRow>>,
    /// Moves of the descent that were made.
    pub(crate) iterations: u64,
    /// Seconds from start to end, of this process.
    pub(crate) seconds: f64,
    /// Milliseconds a move of the descent took.
    pub(crate) ms_per_iteration: Option<f64>,
    /// The most memory the process held, MB.
    pub(crate) peak_rss_mb: Option<f64>,
}

/// A part of the object, or why it does not apply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Part<T> {
    /// It applies.
    Known(T),
    /// It does not.
    Absent {
        /// Null.
        value: Option<f64>,
        /// Why it does not apply.
        why: String,
    },
}

impl<T> Part<T> {
    /// The part, where it applies.
    pub(crate) fn known(&self) -> Option<&T> {
        match self {
            Self::Known(part) => Some(part),
            Self::Absent { .. } => None,
        }
    }
}

/// A number with its standard error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Number {
    /// The number.
    pub(crate) value: f64,
    /// Its standard error.
    pub(crate) stderr: f64,
    /// Draws it is a mean of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) n: Option<u64>,
    /// How it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) how: Option<String>,
}

/// What is had without learning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Baselines {
    /// Z ≡ 0.
    pub(crate) zero: Part<Number>,
    /// The form before training.
    pub(crate) untrained: Part<Untrained>,
}

/// The form before training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Untrained {
    /// The value.
    pub(crate) value: f64,
    /// Its standard error.
    pub(crate) stderr: f64,
    /// 1 − loss / Var g.
    pub r2: Part<f64>,
}

/// One level of the time grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct LevelRow {
    /// Steps of the grid.
    pub(crate) steps: u64,
    /// The value.
    pub(crate) value: f64,
    /// Its standard error.
    pub(crate) stderr: f64,
    /// 1 − loss / Var g on plain paths.
    pub r2: Part<f64>,
}

/// The limit of the levels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Extrapolated {
    /// The limit.
    pub(crate) value: f64,
    /// Its standard error.
    pub(crate) stderr: f64,
    /// The order in 1/N.
    pub(crate) order: f64,
    /// Whether the order was fitted rather than assumed.
    pub(crate) fitted: bool,
}

/// One error and how it is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct TermRow {
    /// "measured", "bounded", "indicated", "absent" or "unknown".
    pub(crate) kind: String,
    /// Its size, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<f64>,
    /// The answer is not below, where that is proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) below: Option<f64>,
    /// The answer is not above, where that is proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) above: Option<f64>,
    /// How it is known, or why it is not.
    pub(crate) how: String,
}

/// What surrounds an answer.
#[derive(Clone, Debug)]
pub(crate) struct Around<'a> {
    /// The name of the case.
    pub(crate) case: &'a str,
    /// The seed.
    pub(crate) seed: u64,
    /// Moves made.
    pub(crate) iterations: u64,
    /// Seconds from start to end.
    pub(crate) seconds: f64,
    /// Milliseconds a move took.
    pub(crate) ms_per_iteration: Option<f64>,
}

/// The object of a run that answered.
pub(crate) fn answered(around: &Around<'_>, report: &Report) -> Result<Map<String, Value>> {
    let mut parts = report.answer.json();
    let error = serde_json::to_value(&report.error)
        .map_err(|e| Error::bug(format!("the error budget cannot be written: {e}")))?;
    parts.insert("error".to_owned(), error);
    Ok(assemble(around, parts, &report.verdict))
}

/// The object of a run that has no answer.
pub(crate) fn unanswered(around: &Around<'_>, verdict: &Verdict) -> Map<String, Value> {
    let absent = json!({ "value": null, "why": verdict.to_string() });
    let parts = ANSWER.iter().map(|key| ((*key).to_owned(), absent.clone())).collect();
    assemble(around, parts, verdict)
}

fn assemble(
    around: &Around<'_>,
    parts: Map<String, Value>,
    verdict: &Verdict,
) -> Map<String, Value> {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("case", json!(around.case));
    put("version", json!(crate::VERSION));
    put("seed", json!(around.seed));
    for (key, value) in parts {
        put(&key, applies(&key, value));
    }
    put("verdict", json!(verdict.word()));
    if let Verdict::NotSettled { why } | Verdict::Contradicted { why } = verdict {
        put("why", json!(why));
    }
    put("iterations", json!(around.iterations));
    put("seconds", json!(round(around.seconds)));
    put("ms_per_iteration", json!(around.ms_per_iteration.map(round)));
    put("peak_rss_mb", json!(crate::machine::peak_mb().map(round)));
    object
}

/// A number that is not finite has no place in JSON: its part says why.
fn applies(key: &str, value: Value) -> Value {
    let why = match (key, &value) {
        ("r2", Value::Null) => "the terminal value does not vary",
        ("gradient", Value::Array(all)) if all.iter().any(|g| g["value"].is_null()) => {
            "σ is singular at the point asked for"
        }
        (_, Value::Null) => "not a finite number",
        _ => return value,
    };
    json!({ "value": null, "why": why })
}

/// Four digits behind the point: clocks say no more.
fn round(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}

/// An object as text, numbers to the last bit.
pub(crate) fn text(object: &Map<String, Value>) -> Result<String> {
    serde_json::to_string_pretty(object)
        .map_err(|e| Error::bug(format!("the answer cannot be written: {e}")))
}
