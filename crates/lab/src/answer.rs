//! What was measured: named records, the first of which is the answer, beside what is had without learning.

use std::fmt;

use frame::{Answer, Figure, Known, Named, Sheet};
use ground::estimate::Estimate;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The value of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// A number; its standard error is NaN where nothing says it, 0 where it has none.
    Number(Estimate),
    /// A word.
    Word(String),
}

/// A record.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What it is called, words joined by `-`: `test-error`.
    pub name: String,
    /// What it is.
    pub said: Said,
}

/// What is reached without learning, or what theory says.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// What it is.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Its standard error, where it has one.
    pub stderr: Option<f64>,
    /// How it is known: a formula, a method.
    pub how: String,
}

/// Named records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// What the answer is, in words: "test error".
    pub what: String,
    /// The records; the first number is the answer.
    pub records: Vec<Record>,
    /// What needs no learning.
    pub baselines: Vec<Beside>,
    /// What theory says: exact values and bounds, with the formula.
    pub theory: Vec<Beside>,
    /// Its pictures.
    pub figures: Vec<Figure>,
}

/// The part of the output that a measurement owns.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Measured")]
pub struct Json {
    /// The first record.
    answer: Number,
    /// All records by name: numbers with their standard errors, or words.
    records: Map<String, Value>,
    /// What is reached without learning.
    baselines: Vec<Row>,
    /// What theory says: exact values and bounds, with the formula that was used.
    theory: Vec<Row>,
}

/// A number.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Number {
    /// Its value.
    value: f64,
    /// Its standard error: 0 for an exact number, null where nothing says it.
    stderr: Option<f64>,
}

/// A number to compare with.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Row {
    /// What it is.
    name: String,
    /// Its value; null where it is not finite.
    value: Option<f64>,
    /// Its standard error, where it has one.
    stderr: Option<f64>,
    /// How it is known.
    how: String,
}

impl Measured {
    /// Nothing yet, of a quantity.
    pub fn of(what: impl Into<String>) -> Self {
        Self { what: what.into(), ..Self::default() }
    }

    /// With a number and its standard error.
    pub fn number(mut self, name: &str, value: f64, stderr: f64) -> Self {
        let estimate = Estimate { mean: value, stderr, n: 1 };
        self.records.push(Record { name: name.to_owned(), said: Said::Number(estimate) });
        self
    }

    /// With a number that has no error.
    pub fn exact(self, name: &str, value: f64) -> Self {
        self.number(name, value, 0.0)
    }

    /// With a word.
    pub fn word(mut self, name: &str, word: impl Into<String>) -> Self {
        self.records.push(Record { name: name.to_owned(), said: Said::Word(word.into()) });
        self
    }

    /// With what is reached without learning.
    pub fn baseline(mut self, name: &str, value: Estimate, how: &str) -> Self {
        let stderr = Some(value.stderr).filter(|s| s.is_finite());
        let (name, how) = (name.to_owned(), how.to_owned());
        self.baselines.push(Beside { name, value: value.mean, stderr, how });
        self
    }

    /// With what theory says.
    pub fn theory(mut self, name: &str, value: f64, formula: &str) -> Self {
        let (name, how) = (name.to_owned(), formula.to_owned());
        self.theory.push(Beside { name, value, stderr: None, how });
        self
    }

    /// The number of a record.
    pub fn get(&self, name: &str) -> Option<Estimate> {
        self.records.iter().find(|record| record.name == name).and_then(|record| {
            match record.said {
                Said::Number(estimate) => Some(estimate),
                Said::Word(_) => None,
            }
        })
    }

    /// The first number that is not finite, by name.
    pub fn trouble(&self) -> Option<&str> {
        let odd = |record: &&Record| match record.said {
            Said::Number(estimate) => !estimate.mean.is_finite(),
            Said::Word(_) => false,
        };
        self.records.iter().find(odd).map(|record| record.name.as_str())
    }

    fn rows(&self) -> Vec<[String; 2]> {
        let record = |record: &Record| {
            let text = match &record.said {
                Said::Number(estimate) => shown(estimate.mean, Some(estimate.stderr)),
                Said::Word(word) => word.clone(),
            };
            [record.name.replace('-', " "), text]
        };
        let beside = |kind: &str, one: &Beside| {
            let how = if one.how.is_empty() { String::new() } else { format!("  {}", one.how) };
            [format!("{kind}{}", one.name), format!("{}{how}", shown(one.value, one.stderr))]
        };
        let records = self.records.iter().skip(1).map(record);
        let baselines = self.baselines.iter().map(|one| beside("without learning: ", one));
        records
            .chain(baselines)
            .chain(self.theory.iter().map(|one| beside("theory: ", one)))
            .collect()
    }
}

/// A number with its error, where it has one; twelve digits of an exact one.
fn shown(mean: f64, stderr: Option<f64>) -> String {
    match stderr.filter(|s| *s > 0.0) {
        Some(stderr) => Estimate { mean, stderr, n: 1 }.to_string(),
        None if mean != 0.0 && !(1e-3..1e7).contains(&mean.abs()) => format!("{mean:.6e}"),
        None => {
            let text = format!("{mean:.12}");
            if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                text
            }
        }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.headline();
        write!(f, "{} {}", self.what, shown(first.mean, Some(first.stderr)))?;
        let rows = self.rows();
        let width = rows.iter().map(|row| row[0].chars().count()).max().unwrap_or(0);
        rows.iter().try_for_each(|[name, text]| write!(f, "\n  {name:<width$}  {text}"))
    }
}

impl Answer for Measured {
    fn headline(&self) -> Estimate {
        let number = |record: &Record| match record.said {
            Said::Number(estimate) => Some(estimate),
            Said::Word(_) => None,
        };
        let none = Estimate { mean: f64::NAN, stderr: f64::NAN, n: 0 };
        self.records.iter().find_map(number).unwrap_or(none)
    }

    fn json(&self) -> Map<String, Value> {
        let number = |estimate: &Estimate| {
            let stderr = Some(estimate.stderr).filter(|s| s.is_finite());
            if estimate.mean.is_finite() {
                json!({ "value": estimate.mean, "stderr": stderr })
            } else {
                json!({ "value": null, "why": "not a finite number" })
            }
        };
        let records: Map<String, Value> = self
            .records
            .iter()
            .map(|record| match &record.said {
                Said::Number(estimate) => (record.name.clone(), number(estimate)),
                Said::Word(word) => (record.name.clone(), json!(word)),
            })
            .collect();
        let row = |one: &Beside| {
            let value = Some(one.value).filter(|v| v.is_finite());
            Row { name: one.name.clone(), value, stderr: one.stderr, how: one.how.clone() }
        };
        let rows = |all: &[Beside]| json!(all.iter().map(row).collect::<Vec<_>>());
        let mut object = Map::new();
        object.insert("answer".to_owned(), number(&self.headline()));
        object.insert("records".to_owned(), Value::Object(records));
        object.insert("baselines".to_owned(), rows(&self.baselines));
        object.insert("theory".to_owned(), rows(&self.theory));
        object
    }

    fn figures(&self, _: &Known) -> Vec<Figure> {
        self.figures.clone()
    }

    fn sheets(&self, _: &Known) -> Vec<Sheet> {
        let rows = self.rows().into_iter().map(|[topic, fact]| (topic, fact));
        let first = self.headline();
        let answer = (self.what.clone(), shown(first.mean, Some(first.stderr)));
        let rows = std::iter::once(answer).chain(rows);
        let caption =
            "Numbers with two digits of their standard error in brackets; exact ones have none.";
        vec![Sheet::facts("records", "What was measured", caption, rows)]
    }

    fn paths(&self) -> Vec<Named<'_>> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_is_the_answer() {
        let measured = Measured::of("test error")
            .word("stopped", "loss")
            .number("test-error", 0.25, 0.01)
            .exact("path-norm", 1.5)
            .baseline("the mean", Estimate { mean: 2.0, stderr: 0.1, n: 9 }, "of the targets")
            .theory("bound", 0.5, "3 B²/m");
        assert_eq!(measured.headline().mean, 0.25);
        let text = measured.to_string();
        assert!(text.starts_with("test error 0.250(10)\n"), "{text}");
        assert!(text.contains("path norm") && text.contains("1.5"), "{text}");
        assert!(text.contains("theory: bound") && text.contains("3 B²/m"), "{text}");
        let json = measured.json();
        assert_eq!(json["records"]["test-error"], json!({ "value": 0.25, "stderr": 0.01 }));
        assert_eq!(json["records"]["stopped"], json!("loss"));
        assert_eq!(json["answer"]["value"], json!(0.25));
        let schema = schemars::schema_for!(Json).to_value();
        for key in json.keys() {
            assert!(schema["properties"].get(key).is_some(), "{key} is not published");
        }
    }

    #[test]
    fn what_is_not_finite_is_named() {
        let measured = Measured::of("gap").exact("a", 1.0).exact("b", f64::NAN);
        assert_eq!(measured.trouble(), Some("b"));
        assert_eq!(measured.json()["records"]["b"]["value"], Value::Null);
    }
}
