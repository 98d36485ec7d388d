//! Records that are made of others, by a formula.

use frame::study::record::{Found, Record};
use ground::formula::{self, Constant, Scope};
use ground::{Error, Result};
use serde_json::{Value, json};

use crate::cases::sweep::Sweep;

/// Adds what the study derives to a record. What a cell has no numbers for is left out; the errors say why.
pub(crate) fn derive(sweep: &Sweep, record: &mut Record) -> Result<Vec<Error>> {
    let mut missing = Vec::new();
    for (name, text) in &sweep.derive {
        if record.object.is_empty() {
            continue;
        }
        let place = format!("sweep.derive.{name}");
        let formula = match formula::parse(text, &scope(record)) {
            Ok(formula) => formula,
            Err(error) => {
                missing.push(frame::text::at_key(error, &place));
                continue;
            }
        };
        let value = frame::text::single(formula).evaluate(&[]).first().copied().unwrap_or(f64::NAN);
        let records = record.object.entry("records").or_insert_with(|| json!({}));
        let Value::Object(records) = records else {
            return Err(Error::bug("the records of an answer are an object"));
        };
        let value = if value.is_finite() { json!(value) } else { Value::Null };
        records.insert(name.clone(), value);
    }
    Ok(missing)
}

/// All numbers of a cell by their names, - and . written _.
fn scope(record: &Record) -> Scope {
    let mut scope = Scope::new();
    let mut named: Vec<String> = Vec::new();
    let mut add = |scope: Scope, name: &str, number: f64| {
        let name = name.replace(['-', '.'], "_");
        if named.contains(&name) || !frame::text::is_name(&name) {
            return scope;
        }
        named.push(name.clone());
        scope.constant(&name, Constant::Number(number))
    };
    for name in record.settings.keys() {
        if let Some(number) = record.setting(name).and_then(|s| s.number()) {
            scope = add(scope, name, number);
        }
    }
    for name in record.names() {
        if let Some(Found::Number(number, _)) = record.get(&name) {
            scope = add(scope, &name, number);
        }
    }
    add(scope, "pi", std::f64::consts::PI)
}
