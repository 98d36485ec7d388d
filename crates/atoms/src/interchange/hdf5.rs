//! A document as HDF5: the tree in the attribute `json`, each array a data set.

use std::collections::BTreeMap;

use ground::{Error, Result};
use hdf5_pure::{AttrValue, DType, File, FileBuilder};
use serde_json::Value;

use super::document::{Document, Tensor};

fn wrong(what: impl std::fmt::Display) -> Error {
    Error::input("", format!("this is not a .dp file: {what}"))
        .allowed("A model is what `dp convert-backend` writes to a .dp file")
}

/// Reads the bytes of a file.
pub fn read(bytes: &[u8]) -> Result<Document> {
    let file = File::from_bytes(bytes.to_vec()).map_err(wrong)?;
    let attributes = file.root().attrs().map_err(wrong)?;
    let Some(
        AttrValue::VarLenString(text)
        | AttrValue::VarLenAsciiString(text)
        | AttrValue::String(text)
        | AttrValue::AsciiString(text),
    ) = attributes.get("json")
    else {
        return Err(wrong("it has no text `json`"));
    };
    let tree = serde_json::from_str(text).map_err(wrong)?;
    let (length, document) = (bytes.len(), Document::default());
    let mut reading = Reading { file: &file, length, places: BTreeMap::new(), document };
    reading.document.tree = reading.aside(tree)?;
    Ok(reading.document)
}

/// One file being read.
struct Reading<'a> {
    file: &'a File,
    /// Of the file, bytes.
    length: usize,
    /// What stands for an array that was read: a name that comes again is the same array.
    places: BTreeMap<String, Value>,
    document: Document,
}

impl Reading<'_> {
    /// The same tree, with the arrays it names.
    fn aside(&mut self, value: Value) -> Result<Value> {
        Ok(match value {
            Value::String(name) if name.starts_with("/variable_") => {
                if let Some(place) = self.places.get(&name) {
                    return Ok(place.clone());
                }
                let tensor = self.tensor(&name)?;
                let place = self.document.push(tensor);
                self.places.insert(name, place.clone());
                place
            }
            Value::Object(map) => {
                let each = |(key, value)| Ok((key, self.aside(value)?));
                Value::Object(map.into_iter().map(each).collect::<Result<_>>()?)
            }
            Value::Array(items) => {
                Value::Array(items.into_iter().map(|item| self.aside(item)).collect::<Result<_>>()?)
            }
            other => other,
        })
    }

    fn tensor(&self, name: &str) -> Result<Tensor> {
        let about = |e: hdf5_pure::Error| wrong(format!("array {name}: {e}"));
        let set = self.file.dataset(name).map_err(about)?;
        let sides = set.shape().map_err(about)?;
        // Storage that was never written has a shape and takes no room: nobody means that here.
        let fits = |all: usize, &side: &u64| {
            let all = all.checked_mul(usize::try_from(side).ok()?)?;
            (all <= self.length).then_some(all)
        };
        let Some(count) = sides.iter().try_fold(1, fits) else {
            return Err(wrong(format!("array {name} is longer than the file")));
        };
        #[allow(
            clippy::cast_possible_truncation,
            reason = "no side is longer than the file, or all are 0"
        )]
        let shape: Vec<usize> = sides.iter().map(|&side| side as usize).collect();
        let single = matches!(set.dtype().map_err(about)?, DType::F32);
        let numbers = set.read_f64().map_err(about)?;
        if count != numbers.len() {
            return Err(wrong(format!("array {name} has {} numbers for {shape:?}", numbers.len())));
        }
        Ok(Tensor { shape, single, numbers })
    }
}

/// The bytes of a file.
pub fn write(document: &Document) -> Result<Vec<u8>> {
    let broken = |e: &dyn std::fmt::Display| Error::bug(format!("a model cannot be written: {e}"));
    let mut builder = FileBuilder::new();
    for (k, tensor) in document.tensors.iter().enumerate() {
        let name = Document::name(k);
        let set = builder.create_dataset(name.trim_start_matches('/'));
        if tensor.single {
            let numbers: Vec<f32> = tensor.numbers.iter().map(|&v| single(v)).collect();
            set.with_f32_data(&numbers);
        } else {
            set.with_f64_data(&tensor.numbers);
        }
        let sides: Vec<u64> = tensor.shape.iter().map(|&side| side as u64).collect();
        set.with_shape(&sides);
    }
    let text = serde_json::to_string(&document.tree).map_err(|e| broken(&e))?;
    builder.set_attr("json", AttrValue::VarLenString(text));
    builder.finish().map_err(|e| broken(&e))
}

#[allow(clippy::cast_possible_truncation, reason = "the numbers are of single precision")]
fn single(v: f64) -> f32 {
    v as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn exact_there_and_back() {
        let mut document = Document::default();
        let array = document.push(Tensor::new(&[2, 3], (0..6).map(f64::from).collect()));
        let one = Tensor { single: true, ..Tensor::new(&[2], vec![0.5, -2.0]) };
        let single = document.push(one);
        let long = "x".repeat(200_000);
        document.tree = json!({"a": {"w": array, "none": null}, "list": [single, long]});
        assert_eq!(read(&write(&document).unwrap()).unwrap(), document);
    }

    #[test]
    fn an_array_that_is_named_twice_is_kept_once() {
        let mut document = Document::default();
        let array = document.push(Tensor::new(&[1], vec![2.0]));
        document.tree = json!(vec![array; 1000]);
        assert_eq!(read(&write(&document).unwrap()).unwrap(), document);
    }

    #[test]
    fn what_is_no_model_is_refused() {
        let said = read(b"not HDF5 at all").unwrap_err().to_string();
        assert!(said.starts_with("this is not a .dp file: "), "{said}");
        let empty = FileBuilder::new().finish().unwrap();
        let said = read(&empty).unwrap_err().to_string();
        assert!(said.starts_with("this is not a .dp file: it has no text `json`."), "{said}");
    }
}
