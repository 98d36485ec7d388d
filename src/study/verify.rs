//! Some cells of a study again: the same bits at the same vector level, else the same to a part in a thousand.

use frame::study::axes::Grid;
use frame::study::identity;
use frame::study::record::Record;
use ground::Error;
use serde_json::{Map, Value};

use super::cell::{Here, Quiet, compute, stamp};
use super::log;
use super::plan::{Plan, Planned};
use crate::failure::{Failure, Outcome, code};
use crate::print;
use crate::run_folder::RunFolder;
use crate::terminal::listen;

/// The least that is run again, and the share.
const LEAST: usize = 3;
const SHARE: usize = 100;

/// What two computations may differ by where their instructions differ.
const NEAR: f64 = 1e-3;

/// Runs some cells again, chosen by the name of the study, and compares.
pub(crate) fn verify(place: &RunFolder, plan: &Plan) -> Outcome {
    let records = log::by_name(log::read(place)?.0);
    let mut known: Vec<(&Planned, &Record)> =
        plan.cells.iter().filter_map(|cell| Some((cell, records.get(&cell.name)?))).collect();
    if known.is_empty() {
        return Err(Error::input("", "no cell of this study is known yet")
            .allowed("Run it first")
            .in_file(&place.path.display().to_string())
            .into());
    }
    let study = plan.name();
    known.sort_by_key(|(cell, _)| identity::name(format!("{study} {}", cell.name)));
    known.truncate(LEAST.max(known.len() / SHARE));
    listen()?;
    let here = stamp(plan.resolved.run.vector);
    let mut all = true;
    for (planned, record) in &known {
        let same = here.differs(&record.stamp).is_none();
        let again = again(&plan.grid, planned, &here, plan.resolved.run.threads)?;
        let found = difference(record, &again, same);
        all &= found.is_none();
        let words = plan.words(&planned.cell);
        let line = match found {
            None if same => format!("{words}: the same to the bit"),
            None => format!("{words}: the same to a part in a thousand, on other instructions"),
            Some(what) => format!("{words}: {what}"),
        };
        print::answer(&line)?;
    }
    let verdict = if all { "they agree" } else { "they disagree" };
    print::answer(&format!(
        "{verdict}: {} of {} cells were run again",
        known.len(),
        records.len()
    ))?;
    Ok(if all { code::CONVERGED } else { code::DOUBTFUL })
}

fn again(
    grid: &Grid,
    planned: &Planned,
    stamp: &identity::Stamp,
    threads: usize,
) -> std::result::Result<Record, Failure> {
    let here = Here { grid, folder: None, threads, stamp: stamp.clone() };
    let record = compute(planned, here, &mut Quiet)?;
    Ok(record.ok_or(Error::Interrupted { at: 0 })?)
}

/// In what a cell differs from what its record says.
fn difference(record: &Record, again: &Record, same: bool) -> Option<String> {
    if record.outcome != again.outcome {
        return Some(format!(
            "it was {}, now it is {}",
            record.outcome.word(),
            again.outcome.word()
        ));
    }
    objects(&record.object, &again.object, same)
        .map(|(key, then, now)| format!("{key} was {then}, now it is {now}"))
}

type Differs = (String, String, String);

fn objects(then: &Map<String, Value>, now: &Map<String, Value>, same: bool) -> Option<Differs> {
    let keys = then.keys().chain(now.keys().filter(|key| !then.contains_key(*key)));
    keys.into_iter().find_map(|key| {
        let value = |of: &Map<String, Value>| of.get(key).cloned().unwrap_or(Value::Null);
        values(key, &value(then), &value(now), same)
    })
}

fn values(key: &str, then: &Value, now: &Value, same: bool) -> Option<Differs> {
    let differs = || Some((key.to_owned(), then.to_string(), now.to_string()));
    match (then, now) {
        (Value::Object(a), Value::Object(b)) => {
            objects(a, b, same).map(|(k, then, now)| (format!("{key}.{k}"), then, now))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            pairs
                .into_iter()
                .find_map(|(k, (a, b))| values(&format!("{key}[{}]", k + 1), a, b, same))
        }
        (Value::Number(a), Value::Number(b)) if !same => {
            let (a, b) = (a.as_f64()?, b.as_f64()?);
            if (a - b).abs() <= NEAR * a.abs().max(b.abs()) { None } else { differs() }
        }
        // How a sentence is worded depends on numbers in it.
        (Value::String(_), Value::String(_)) if !same && key == "why" => None,
        _ if then == now => None,
        _ => differs(),
    }
}

/// An error unless a folder holds a study.
pub(crate) fn is_study(place: &RunFolder) -> bool {
    place.has(log::LOG)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn differs(then: Value, now: Value, same: bool) -> Option<String> {
        let (Value::Object(a), Value::Object(b)) = (then, now) else { panic!("objects") };
        objects(&a, &b, same).map(|(key, ..)| key)
    }

    #[test]
    fn bits_count_where_instructions_are_the_same() {
        let then =
            json!({ "answer": { "value": 1.0 }, "levels": [1.0, 2.0], "verdict": "converged" });
        let near = json!({ "answer": { "value": 1.000_000_1 }, "levels": [1.0, 2.0], "verdict": "converged" });
        let far =
            json!({ "answer": { "value": 1.0 }, "levels": [1.0, 2.1], "verdict": "converged" });
        assert_eq!(differs(then.clone(), then.clone(), true), None);
        assert_eq!(differs(then.clone(), near.clone(), true).as_deref(), Some("answer.value"));
        assert_eq!(differs(then.clone(), near, false), None);
        assert_eq!(differs(then.clone(), far, false).as_deref(), Some("levels[2]"));
        assert_eq!(differs(then, json!({}), false).as_deref(), Some("answer"));
    }
}
