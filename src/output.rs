//! The object that `solve --json` prints and `answer.json` holds.

use std::collections::BTreeMap;

use frame::{Report, Verdict};
use ground::{Error, Result};
use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::cases::Family;

/// What surrounds the answer in the object that `esperance solve --json` prints and `answer.json` in
/// the run folder holds.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "it is the documentation of the object, which is built by hand")]
pub(crate) struct Frame {
    /// The name of the case.
    case: String,
    /// The version of esperance.
    version: String,
    /// The seed of all random streams.
    seed: u64,
    /// "converged", "not-settled", "contradicted", "non-finite" or "interrupted".
    verdict: String,
    /// Why it is not settled or contradicted.
    why: Option<String>,
    /// The four errors and how each is known.
    error: BTreeMap<String, TermRow>,
    /// What ended the descent: "iterations", its last move; "loss", as small as run.until asks; "time", its
    /// time limit.
    stopped_by: Option<String>,
    /// Moves of the descent that were made.
    iterations: u64,
    /// Seconds from start to end, of this process.
    seconds: f64,
    /// Milliseconds a move of the descent took; null where none was made.
    ms_per_iteration: Option<f64>,
    /// The most memory the process held, MB; null where the system does not say it.
    peak_rss_mb: Option<f64>,
}

/// One error and how it is known.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "it is the documentation of the object")]
struct TermRow {
    /// "measured", "bounded", "indicated", "absent" or "unknown".
    kind: String,
    /// Its size, where one is known.
    size: Option<f64>,
    /// The answer is not below, where that is proved.
    below: Option<f64>,
    /// The answer is not above, where that is proved.
    above: Option<f64>,
    /// What a bound is a bound of: "u" or "N-step value".
    of: Option<String>,
    /// How it is known, or why it is not.
    how: String,
}

/// A part that does not apply.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "it is the documentation of the object")]
pub(crate) struct Absent {
    /// Null.
    value: (),
    /// Why it does not apply.
    why: String,
}

/// The schema of the object: that of one of the families.
pub(crate) fn schema() -> Value {
    let mut defs = Map::new();
    let one = |family: Family| {
        let mut one = of_family(family);
        if let Some(object) = one.as_object_mut() {
            object.remove("$schema");
            object.insert("title".to_owned(), json!(format!("model.kind = {}", family.words())));
            if let Some(Value::Object(own)) = object.shift_remove("$defs") {
                defs.extend(own);
            }
        }
        one
    };
    let each = Family::ALL.map(one);
    let dialect = schema_for!(Absent).to_value().get("$schema").cloned();
    json!({ "$schema": dialect, "anyOf": each, "$defs": defs })
}

/// What a family owns of the object.
fn own(family: Family) -> Value {
    match family {
        Family::Paths => schema_for!(paths::answer::Json).to_value(),
        Family::Atoms => schema_for!(atoms::answer::Json).to_value(),
        Family::Control => schema_for!(control::answer::Json).to_value(),
        Family::Lab | Family::Program => schema_for!(lab::answer::Json).to_value(),
    }
}

/// The frame, and the parts a family owns, each of which may be absent.
fn of_family(family: Family) -> Value {
    let mut whole = schema_for!(Frame).to_value();
    let mut family = own(family);
    let mut take = |name: &str| family.get_mut(name).map(Value::take).unwrap_or_default();
    let (parts, defs) = (take("properties"), take("$defs"));
    let absent = json!({ "$ref": "#/$defs/Absent" });
    let mut required = vec![json!("error")];
    let mut fit = |key: &str, part: Value| {
        required.push(json!(key));
        json!({ "anyOf": [part, absent] })
    };
    let parts = parts.as_object().cloned().unwrap_or_default();
    let parts: Vec<_> = parts.into_iter().map(|(k, part)| (k.clone(), fit(&k, part))).collect();
    if let Some(Value::Object(properties)) = whole.get_mut("properties") {
        let error = properties.shift_remove("error").unwrap_or_default();
        properties.extend(parts);
        properties.insert("error".to_owned(), json!({ "anyOf": [error, absent] }));
    }
    if let Some(Value::Object(own)) = whole.get_mut("$defs") {
        own.extend(defs.as_object().cloned().unwrap_or_default());
        own.insert("Absent".to_owned(), schema_for!(Absent).to_value());
    }
    if let Some(Value::Array(own)) = whole.get_mut("required") {
        let new: Vec<_> = required.into_iter().filter(|key| !own.contains(key)).collect();
        own.extend(new);
    }
    whole
}

/// What `esperance solve --repeats n --json` prints: mean and spread over seeds, and the runs.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "it is the documentation of the object, which is built by hand")]
pub(crate) struct Seeds {
    /// The name of the case.
    case: String,
    /// The version of esperance.
    version: String,
    /// The first seed; the others follow by ones.
    seed: u64,
    /// The mean of the answers; its error from their spread, null for one seed.
    mean: MeanRow,
    /// The standard deviation of the answers over seeds; null for one seed.
    spread: Option<f64>,
    /// "converged" where every run is, else the verdict of the last that is not.
    verdict: String,
    /// The runs, each as `esperance schema solve` says.
    repeats: Vec<Value>,
    /// Seconds from start to end.
    seconds: f64,
    /// The most memory the process held, MB; null where the system does not say it.
    peak_rss_mb: Option<f64>,
}

/// A mean over seeds.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "it is the documentation of the object")]
struct MeanRow {
    /// Null where no run has an answer.
    value: Option<f64>,
    /// Null where one run or none has an answer.
    stderr: Option<f64>,
    /// Runs that have an answer.
    n: Option<usize>,
    /// Why there is no mean.
    why: Option<String>,
}

/// The schema of the object of several seeds.
pub(crate) fn repeats_schema() -> Value {
    schema_for!(Seeds).to_value()
}

/// What `esperance solve A B … --json` prints: the cases, in the order in which they were given.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "it is the documentation of the object, which is built by hand")]
pub(crate) struct Several {
    /// The runs, each as `esperance schema solve` says; after an interruption those before it and
    /// the one it stopped.
    cases: Vec<Value>,
}

/// The schema of the object of several cases.
pub(crate) fn cases_schema() -> Value {
    schema_for!(Several).to_value()
}

/// What `esperance sweep --json` prints, and `answer.json` in the folder of a study holds.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "it is the documentation of the object, which is built by hand")]
pub(crate) struct Swept {
    /// The name of the case.
    case: String,
    /// The version of esperance.
    version: String,
    /// The name of the study: a digest of its cells.
    study: String,
    /// How many cells ended how.
    cells: Counts,
    /// A row for every combination of levels: axis = its value, and record = { value, stderr, n, statistic,
    /// quartiles } or, of words, { counts = { word = how many } }.
    table: Vec<Map<String, Value>>,
    /// The laws that were fitted.
    fits: Vec<FitRow>,
    /// The files of the figures.
    figures: Vec<String>,
    /// What was expected, and whether it is so.
    expected: Vec<ExpectedRow>,
    /// "done", "incomplete", "failed-cells", "records-missing" or "expectations-missed".
    verdict: String,
    /// Seconds from start to end, of this process.
    seconds: f64,
}

/// How many cells ended how.
#[derive(Debug, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "it is the documentation of the object")]
struct Counts {
    /// With an answer that has converged.
    done: usize,
    /// Not yet.
    pending: usize,
    /// Without an answer.
    failed: usize,
    /// With an answer, the moves of its descent used up before it had settled.
    capped: usize,
    /// With or without an answer, its time used up.
    timed_out: usize,
    /// Known before this process began.
    resumed: usize,
}

/// A fitted law.
#[derive(Debug, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "it is the documentation of the object")]
struct FitRow {
    /// The record.
    of: String,
    /// The axis along which.
    along: String,
    /// The values of the other axes.
    at: Map<String, Value>,
    /// The law; null where none could be fitted.
    law: Option<String>,
    /// Why none could be fitted.
    why: Option<String>,
    /// Parameter = { value, ci95 }: the interval that holds it in 95 of 100 studies.
    parameters: Option<Map<String, Value>>,
    /// What the law costs and leaves unexplained; smaller is better.
    aicc: Option<f64>,
    /// The other laws, and by how much their AICc is larger.
    rejected: Option<Vec<RejectedRow>>,
    /// How probable a fit as far from the exponent of theory is, were it true.
    p_value: Option<f64>,
    /// Whether the law without the first points is the same.
    stable: Option<bool>,
    /// Of a change point: the value that is crossed.
    threshold: Option<f64>,
    /// Of a change point: single seeds that have one.
    seeds_with: Option<usize>,
    /// Of a change point: seeds.
    seeds: Option<usize>,
}

/// A law that explains less.
#[derive(Debug, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "it is the documentation of the object")]
struct RejectedRow {
    /// The law.
    law: String,
    /// Its AICc above that of the best; null where it could not be fitted.
    delta_aicc: Option<f64>,
    /// Why it could not be fitted.
    why: Option<String>,
}

/// What was expected.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "it is the documentation of the object")]
struct ExpectedRow {
    /// In words, with what was found.
    what: String,
    /// Whether it is so.
    met: bool,
}

/// The schema of the object of a study.
pub(crate) fn sweep_schema() -> Value {
    schema_for!(Swept).to_value()
}

/// What `esperance fit --json` prints.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "it is the documentation of the object, which is built by hand")]
pub(crate) struct OfTable {
    /// The file.
    table: String,
    /// The laws that were fitted.
    fits: Vec<FitRow>,
    /// The files of the figures.
    figures: Vec<String>,
}

/// The schema of the object of a table that was fitted.
pub(crate) fn fit_schema() -> Value {
    schema_for!(OfTable).to_value()
}

/// How far tables are from the embedding networks they stand for, measured between the nodes.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TableErrors {
    /// The largest error of a feature.
    error: f64,
    /// The largest error of the slope of a feature.
    slope_error: f64,
}

impl From<[f64; 2]> for TableErrors {
    fn from([error, slope_error]: [f64; 2]) -> Self {
        Self { error, slope_error }
    }
}

/// What surrounds an answer.
#[derive(Clone, Debug)]
pub(crate) struct Around<'a> {
    /// The name of the case.
    pub(crate) case: &'a str,
    /// Its family.
    pub(crate) family: Family,
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
    let mut object = assemble(around, parts, &report.verdict);
    object.insert("stopped_by".to_owned(), json!(report.stopped.word()));
    Ok(object)
}

/// The object of a run that has no answer.
pub(crate) fn unanswered(around: &Around<'_>, verdict: &Verdict) -> Map<String, Value> {
    let absent = json!({ "value": null, "why": verdict.to_string() });
    let family = own(around.family);
    let own = family.get("properties").and_then(Value::as_object).into_iter().flatten();
    let keys = own.map(|(key, _)| key.as_str()).chain(["error"]);
    let parts = keys.map(|key| (key.to_owned(), absent.clone())).collect();
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
        ("r2", Value::Null) => "the terminal value is the same on all plain paths from one start",
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
