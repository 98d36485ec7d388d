//! Whether a table has the shape that its documented struct asks for.
//!
//! The struct's own deserialiser would refuse the same tables, but in its own words; here every
//! refusal names the key, what was found and what may be written.

use ground::{Error, Result};
use serde_json::Value as Json;
use toml::{Table, Value};

use super::schema::{allowed, follow, nearest, properties, requires, text, type_of, variants};

/// Whole numbers below this are known exactly where they are written with an exponent.
const WHOLE: f64 = 1e15;

/// Checks a section. `besides` are keys the reader itself takes, such as `kind`.
pub(crate) fn check(schema: &Json, table: &Table, name: &str, besides: &[&str]) -> Result<()> {
    object(schema, schema, table, name, besides)
}

fn object(root: &Json, node: &Json, table: &Table, key: &str, besides: &[&str]) -> Result<()> {
    let node = follow(root, node);
    let free = node.get("additionalProperties").filter(|extra| extra.is_object());
    let known: Vec<&str> =
        besides.iter().copied().chain(properties(node).map(|(name, _)| name)).collect();
    for (name, value) in table {
        let inner = format!("{key}.{name}");
        let property = properties(node).find(|(known, _)| known == name).map(|(_, p)| p);
        match property.or(free) {
            Some(property) => fits(root, property, value, &inner)?,
            None if besides.contains(&name.as_str()) => {}
            None => {
                return Err(Error::input(inner, "unknown key")
                    .nearest(nearest(name, known.iter().copied()))
                    .allowed(format!("Known here: {}", known.join(", "))));
            }
        }
    }
    for (name, property) in properties(node) {
        if requires(node, name) && !table.contains_key(name) {
            let said = text(property);
            let said = said.trim_end_matches('.');
            let write = format!("Write {}", allowed(root, property));
            return Err(Error::input(format!("{key}.{name}"), "missing key").allowed(
                if said.is_empty() { write } else { format!("{write}: {}", lower(said)) },
            ));
        }
    }
    Ok(())
}

fn fits(root: &Json, node: &Json, value: &Value, key: &str) -> Result<()> {
    let all = variants(root, node);
    if all.iter().any(|variant| single(root, variant, value, key).is_ok()) {
        return Ok(());
    }
    // The variant of the same type knows best what is wrong inside the value.
    let same: Vec<_> = all.iter().copied().filter(|variant| like(variant, value)).collect();
    if let (Value::Table(table), [_, _, ..]) = (value, same.as_slice())
        && same.iter().all(|variant| shared(variant, value) == 0)
        && let Some(name) = table.keys().next()
    {
        let known = same.iter().flat_map(|variant| properties(variant)).map(|(known, _)| known);
        let known: Vec<&str> = known.collect();
        return Err(Error::input(format!("{key}.{name}"), "unknown key")
            .nearest(nearest(name, known.iter().copied()))
            .allowed(format!("Known here: {}", known.join(", "))));
    }
    if let Some([one, other]) = value.as_table().and_then(|table| apart(&same, table)) {
        return Err(Error::input(key, format!("`{one}` and `{other}` do not go together"))
            .allowed(format!("Write {}", allowed(root, node))));
    }
    let best = same.iter().max_by_key(|variant| shared(variant, value));
    if let Some(variant) = best.filter(|_| value.is_table() || same.len() == 1)
        && let Err(error) = single(root, variant, value, key)
    {
        return Err(error);
    }
    Err(refusal(root, node, value, key))
}

/// One alternative against one value.
fn single(root: &Json, node: &Json, value: &Value, key: &str) -> Result<()> {
    let refused = || Err(refusal(root, node, value, key));
    if let Some(word) = node.get("const").or_else(|| node.get("enum")) {
        let said = value.as_str().map(Json::from).unwrap_or_default();
        let hit = *word == said || word.as_array().is_some_and(|words| words.contains(&said));
        return if hit { Ok(()) } else { refused() };
    }
    match (type_of(node), value) {
        ("integer" | "number", _) if like(node, value) => bounded(root, node, value, key),
        ("array", Value::Array(items)) => {
            let Some(item) = node.get("items") else { return Ok(()) };
            let mut each = items.iter().enumerate();
            each.try_for_each(|(i, v)| fits(root, item, v, &format!("{key}[{}]", i + 1)))
        }
        ("object", Value::Table(table)) => object(root, node, table, key, &[]),
        ("string" | "boolean", _) if like(node, value) => Ok(()),
        _ => refused(),
    }
}

fn bounded(root: &Json, node: &Json, value: &Value, key: &str) -> Result<()> {
    #[allow(clippy::cast_precision_loss, reason = "compared with small bounds")]
    let number = value.as_float().or_else(|| value.as_integer().map(|i| i as f64));
    let bound = |name: &str| node.get(name).and_then(Json::as_f64);
    let (number, write) = (number.unwrap_or(f64::NAN), format!("Write {}", allowed(root, node)));
    let wrong = if number.is_nan() {
        "is not a number"
    } else if bound("minimum").is_some_and(|least| number < least) {
        "is too small"
    } else if bound("maximum").is_some_and(|most| number > most) {
        "is too large"
    } else {
        return Ok(());
    };
    Err(Error::input(key, format!("{value} {wrong}")).allowed(write))
}

/// Whether a value is of the type of a variant.
fn like(node: &Json, value: &Value) -> bool {
    matches!(
        (type_of(node), value),
        ("integer", Value::Integer(_))
            | ("number", Value::Integer(_) | Value::Float(_))
            | ("string", Value::String(_))
            | ("boolean", Value::Boolean(_))
            | ("array", Value::Array(_))
            | ("object", Value::Table(_))
    )
}

/// How many keys of a table a variant knows.
fn shared(node: &Json, value: &Value) -> usize {
    let table = value.as_table();
    properties(node).filter(|(name, _)| table.is_some_and(|t| t.contains_key(*name))).count()
}

/// Two keys of a table, each known to a variant and both to none; only where all keys are known.
fn apart<'t>(variants: &[&Json], table: &'t Table) -> Option<[&'t str; 2]> {
    let knows = |variant: &Json, name: &str| properties(variant).any(|(known, _)| known == name);
    let together =
        |a: &str, b: &str| variants.iter().any(|variant| knows(variant, a) && knows(variant, b));
    let names: Vec<&str> = table.keys().map(String::as_str).collect();
    if !names.iter().all(|name| together(name, name)) {
        return None;
    }
    let first = names.first()?;
    names.iter().find(|name| !together(first, name)).map(|other| [*first, *other])
}

/// The first letter small, unless it begins a name or a symbol.
fn lower(sentence: &str) -> String {
    let mut letters = sentence.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(next)) if next.is_lowercase() || next == ' ' => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => sentence.to_owned(),
    }
}

fn refusal(root: &Json, node: &Json, value: &Value, key: &str) -> Error {
    let words: Vec<&str> = variants(root, node)
        .iter()
        .flat_map(|v| {
            v.get("const")
                .into_iter()
                .chain(v.get("enum").and_then(Json::as_array).into_iter().flatten())
        })
        .filter_map(Json::as_str)
        .collect();
    let write = format!("Write {}", allowed(root, node));
    match value {
        Value::String(said) if !words.is_empty() => {
            Error::input(key, format!("unknown word `{said}`"))
                .nearest(nearest(said, words))
                .allowed(write)
        }
        Value::Float(number)
            if number.fract() == 0.0
                && number.abs() < WHOLE
                && variants(root, node).iter().any(|v| type_of(v) == "integer") =>
        {
            Error::input(key, "this number is written with a point or an exponent")
                .nearest(Some(format!("{number:.0}")))
                .allowed(write)
        }
        _ => Error::input(key, format!("this is {}", found(value))).allowed(write),
    }
}

/// What a value is, in words.
fn found(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().count() <= 30 => format!("the text \"{text}\""),
        Value::String(_) => "a text".to_owned(),
        Value::Integer(number) => format!("the number {number}"),
        Value::Float(number) if number.fract() == 0.0 => format!("the number {number:.1}"),
        Value::Float(number) => format!("the number {number}"),
        Value::Boolean(word) => format!("the word {word}"),
        Value::Datetime(_) => "a date".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Table(_) => "a table".to_owned(),
    }
}
