//! A document as YAML: arrays are nested lists.
//!
//! What is written is JSON, which YAML contains, with numbers as YAML 1.1 readers want them: they take
//! `1e-5` for a word, so there is always a point and a sign.

use std::io;

use ground::{Error, Result};
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use serde_json::{Map, Value, json};

use super::document::{Document, Tensor};

/// Reads the bytes of a file.
pub fn read(bytes: &[u8]) -> Result<Document> {
    let wrong = |what: &str| {
        Error::input("", format!("this is not YAML: {what}"))
            .allowed("A model is what `dp convert-backend` writes to a .yaml file")
    };
    let text = std::str::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))?;
    // Any size, but no deeper than the arrays of a model: each level takes a piece of the stack.
    let mut budget = serde_saphyr::Budget::default();
    (budget.max_events, budget.max_nodes) = (usize::MAX, usize::MAX);
    (budget.max_total_scalar_bytes, budget.max_reader_input_bytes) = (usize::MAX, None);
    let mut options = serde_saphyr::Options::default();
    options.budget = Some(budget);
    let tree: Value = serde_saphyr::from_str_with_options(text, options)
        .map_err(|e| wrong(e.to_string().lines().next().unwrap_or("it cannot be parsed")))?;
    let mut document = Document::default();
    document.tree = aside(tree, "", &mut document)?;
    Ok(document)
}

/// The same tree, its arrays put aside.
fn aside(value: Value, key: &str, document: &mut Document) -> Result<Value> {
    Ok(match value {
        Value::Object(map) if map.get("@class").is_some_and(|class| class == "np.ndarray") => {
            let single = map.get("dtype").is_some_and(|dtype| dtype == "float32");
            let tensor = map.get("value").and_then(|value| Tensor::nested(value, single));
            let found = || Error::input(key, "an array is ragged or holds something but numbers");
            document.push(tensor.ok_or_else(found)?)
        }
        Value::Object(map) => {
            let each = |(name, value): (String, Value)| {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                Ok((name, aside(value, &key, document)?))
            };
            Value::Object(map.into_iter().map(each).collect::<Result<Map<_, _>>>()?)
        }
        Value::Array(items) => Value::Array(
            items
                .into_iter()
                .enumerate()
                .map(|(k, item)| aside(item, &format!("{key}[{k}]"), document))
                .collect::<Result<_>>()?,
        ),
        other => other,
    })
}

/// The bytes of a file.
pub fn write(document: &Document) -> Result<Vec<u8>> {
    let tree = back(&document.tree, document);
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, Numbers);
    tree.serialize(&mut serializer)
        .map_err(|e| Error::bug(format!("a model cannot be written: {e}")))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The same tree, its arrays in their places.
fn back(value: &Value, document: &Document) -> Value {
    match value {
        Value::String(name) => document.tensor(name).map_or_else(
            |_| value.clone(),
            |tensor| {
                json!({
                    "@class": "np.ndarray",
                    "@is_variable": true,
                    "@version": 1,
                    "dtype": if tensor.single { "float32" } else { "float64" },
                    "value": nested(&tensor.shape, &tensor.numbers),
                })
            },
        ),
        Value::Object(map) => Value::Object(
            map.iter().map(|(key, value)| (key.clone(), back(value, document))).collect(),
        ),
        Value::Array(items) => items.iter().map(|item| back(item, document)).collect(),
        other => other.clone(),
    }
}

/// Numbers as nested lists.
fn nested(shape: &[usize], numbers: &[f64]) -> Value {
    match shape {
        [] => json!(numbers.first()),
        [side, rest @ ..] => {
            let size = numbers.len() / (*side).max(1);
            numbers.chunks(size.max(1)).take(*side).map(|part| nested(rest, part)).collect()
        }
    }
}

/// JSON on short lines, numbers with a point and a signed exponent.
struct Numbers;

impl Formatter for Numbers {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(number(value).as_bytes())
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        writer.write_all(if first { b"\n" } else { b",\n" })
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }
}

/// A number to its last digit: `0.1`, `-2.0`, `1.0e-05`.
fn number(value: f64) -> String {
    let text = format!("{value:?}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let point = if digits.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    format!("{digits}{point}e{sign}{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_point_and_a_sign() {
        let shown = [0.1, -2.0, 1e-7, 1.5e-9, 1e22, 3e300].map(number);
        assert_eq!(shown, ["0.1", "-2.0", "1.0e-7", "1.5e-9", "1.0e+22", "3.0e+300"]);
    }

    #[test]
    fn exact_there_and_back() {
        let mut document = Document::default();
        let array = document.push(Tensor::new(&[2, 2], vec![1.0, 1e-12, -3.5, 1e22]));
        let single = document.push(Tensor { single: true, ..Tensor::new(&[0], vec![]) });
        document.tree =
            json!({"a": {"w": array, "none": null}, "list": [single, true, "x: [y]", 3]});
        assert_eq!(read(&write(&document).unwrap()).unwrap(), document);
    }

    #[test]
    fn what_is_no_model_is_refused() {
        assert!(read(b"\xff\xfe").is_err() && read(b"a: [1").is_err());
        let ragged = b"a:\n  '@class': np.ndarray\n  value: [[1], [2, 3]]\n";
        let said = read(ragged).unwrap_err().to_string();
        assert_eq!(said, "a: an array is ragged or holds something but numbers.");
    }
}
