//! What was found of a cell: one line of the log of a study.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::axes::Setting;
use super::identity::Stamp;

/// One cell, computed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The name of the cell.
    pub cell: String,
    /// What it set, name by name.
    pub settings: Map<String, Value>,
    /// Its seed.
    pub seed: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not end well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Seconds it took.
    pub seconds: f64,
    /// By what it was computed.
    pub stamp: Stamp,
    /// The published object of its answer; empty where there is none.
    #[serde(default)]
    pub object: Map<String, Value>,
}

/// How a cell ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// With an answer that has converged.
    Done,
    /// With an answer, the moves of its descent used up before it had settled.
    Capped,
    /// With an answer, its time used up.
    TimedOut,
    /// Without an answer.
    Failed,
}

impl Outcome {
    /// The word of the log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Capped => "capped",
            Self::TimedOut => "timed-out",
            Self::Failed => "failed",
        }
    }
}

/// What a name stands for in the object of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// A number, with its standard error where it has one.
    Number(f64, Option<f64>),
    /// A word.
    Word(String),
}

impl Record {
    /// What a record is called: `answer`, `test-error`, `bounds.lower`, `baselines.zero`, `seconds`.
    ///
    /// A name is a path of keys, its words joined by `-` or `_`; what is not at the top is looked for among
    /// the object's `records`. An object with `value` is a number with `stderr`.
    pub fn get(&self, name: &str) -> Option<Found> {
        match name {
            "seconds" => return Some(Found::Number(self.seconds, None)),
            "outcome" => return Some(Found::Word(self.outcome.word().to_owned())),
            _ => {}
        }
        let inner = self.object.get("records").and_then(Value::as_object);
        [Some(&self.object), inner].into_iter().flatten().find_map(|object| {
            let mut parts = name.split('.');
            let first = key(object, parts.next()?)?;
            found(parts.try_fold(first, |value, part| match value {
                Value::Array(all) => all.get(part.parse::<usize>().ok()?.checked_sub(1)?),
                _ => key(value.as_object()?, part),
            })?)
        })
    }

    /// The names that [`get`](Self::get) knows, shallow ones.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let inner = self.object.get("records").and_then(Value::as_object);
        for (name, value) in [Some(&self.object), inner].into_iter().flatten().flatten() {
            if found(value).is_some() {
                names.push(name.replace('_', "-"));
            } else if let Some(below) = value.as_object() {
                let deep = below.iter().filter(|(_, value)| found(value).is_some());
                names.extend(deep.map(|(key, _)| format!("{name}.{key}").replace('_', "-")));
            }
        }
        names.extend(["seconds", "outcome"].map(str::to_owned));
        names
    }

    /// The settings as a study knows them.
    pub fn setting(&self, name: &str) -> Option<Setting> {
        serde_json::from_value(self.settings.get(name)?.clone()).ok()
    }
}

/// The value of a key, written with `-` or `_`.
fn key<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    object.get(name).or_else(|| object.get(&name.replace('-', "_")))
}

fn found(value: &Value) -> Option<Found> {
    match value {
        Value::Number(number) => Some(Found::Number(number.as_f64()?, None)),
        Value::String(word) => Some(Found::Word(word.clone())),
        Value::Object(object) => {
            let number = object.get("value")?.as_f64()?;
            Some(Found::Number(number, object.get("stderr").and_then(Value::as_f64)))
        }
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record() -> Record {
        let object = json!({
            "answer": { "value": 1.5, "stderr": 0.1 },
            "bounds": { "lower": { "value": 1.0, "stderr": null }, "upper": null },
            "levels": [{ "value": 7.0, "stderr": 0.5 }, { "value": 8.0, "stderr": 0.5 }],
            "verdict": "converged",
            "records": { "test_error": { "value": 0.25, "stderr": 0.01 }, "stop": "loss" },
        });
        let Value::Object(object) = object else { panic!("an object") };
        let stamp = Stamp { version: "1".to_owned(), vector: "avx2".to_owned() };
        let (cell, outcome) = ("ab".to_owned(), Outcome::Done);
        let settings = Map::from_iter([("n".to_owned(), json!(4.0))]);
        Record { cell, settings, seed: 1, outcome, why: None, seconds: 2.0, stamp, object }
    }

    #[test]
    fn names_are_paths_of_the_object() {
        let record = record();
        let number = |name: &str| record.get(name);
        assert_eq!(number("answer"), Some(Found::Number(1.5, Some(0.1))));
        assert_eq!(number("bounds.lower"), Some(Found::Number(1.0, None)));
        assert_eq!(number("levels.2"), Some(Found::Number(8.0, Some(0.5))));
        assert_eq!(number("test-error"), Some(Found::Number(0.25, Some(0.01))));
        assert_eq!(number("stop"), Some(Found::Word("loss".to_owned())));
        assert_eq!(number("verdict"), Some(Found::Word("converged".to_owned())));
        assert_eq!(number("seconds"), Some(Found::Number(2.0, None)));
        assert_eq!(
            (number("bounds.upper"), number("levels.0"), number("none")),
            (None, None, None)
        );
        for name in ["answer", "bounds.lower", "test-error", "outcome"] {
            assert!(record.names().iter().any(|known| known == name), "{name}");
        }
        assert_eq!(record.setting("n"), Some(Setting::Number(4.0)));
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let line = serde_json::to_string(&record()).unwrap();
        assert!(!line.contains('\n'));
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record());
    }
}
