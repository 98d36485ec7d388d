//! The published object of a run as a line of a table.

use ground::estimate::Estimate;
use serde_json::{Map, Value};

use crate::failure::code;

/// What stands where there is no number.
pub(crate) const NONE: &str = "–";

/// What is at a path of keys.
fn at<'a>(run: &'a Map<String, Value>, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(run.get(*first)?, |value, key| value.get(key))
}

/// The number at a path of keys.
pub(crate) fn number(run: &Map<String, Value>, path: &[&str]) -> Option<f64> {
    at(run, path)?.as_f64()
}

/// The value with its error at a path of keys: `4.590147(26)`.
pub(crate) fn estimate(run: &Map<String, Value>, path: &[&str]) -> Option<String> {
    let of = |key: &str| number(run, &[path, &[key]].concat());
    let (mean, stderr) = (of("value")?, of("stderr")?);
    Some(Estimate { mean, stderr, n: 0 }.to_string())
}

/// The number at a path of keys with so many digits behind the point.
pub(crate) fn digits(run: &Map<String, Value>, path: &[&str], n: usize) -> String {
    number(run, path).map_or_else(|| NONE.to_owned(), |x| format!("{x:.n$}"))
}

/// The text at a key.
pub(crate) fn word(run: &Map<String, Value>, key: &str) -> String {
    run.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The verdict of many runs, by the worst of their exit codes: "converged" where every one is, else
/// that of the last that is not.
pub(crate) fn worst_word(runs: &[Map<String, Value>], worst: u8) -> String {
    if worst == code::CONVERGED {
        return "converged".to_owned();
    }
    let mut words = runs.iter().map(|run| word(run, "verdict"));
    words.rfind(|word| word != "converged").unwrap_or_else(|| "not-settled".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_there_is_a_dash() {
        let run = json!({ "answer": { "value": 1.5, "stderr": 0.25 }, "r2": { "value": null } });
        let Value::Object(run) = run else { panic!("{run}") };
        assert_eq!(estimate(&run, &["answer"]).as_deref(), Some("1.50(25)"));
        assert_eq!(estimate(&run, &["baselines", "zero"]), None);
        assert_eq!(
            (digits(&run, &["r2"], 4), digits(&run, &["answer", "value"], 1)),
            (NONE.to_owned(), "1.5".to_owned())
        );
        assert_eq!(word(&run, "verdict"), "");
    }
}
