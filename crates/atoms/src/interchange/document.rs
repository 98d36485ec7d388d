//! A serialised model: a tree of names and values, whose arrays stand aside.

use ground::{Error, Result};
use serde_json::Value;

/// A model as a program wrote it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// Names and values; an array is the text `/variable_0007`, say, for the eighth of [`Self::tensors`].
    pub tree: Value,
    /// The arrays, in order.
    pub tensors: Vec<Tensor>,
}

/// Numbers of a shape, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tensor {
    /// Sides.
    pub shape: Vec<usize>,
    /// Whether the numbers are of single precision.
    pub single: bool,
    /// The numbers.
    pub numbers: Vec<f64>,
}

/// How arrays are called in the tree.
const NAME: &str = "/variable_";

impl Document {
    /// What stands in the tree for array number k.
    pub fn name(k: usize) -> String {
        format!("{NAME}{k:04}")
    }

    /// Puts an array aside; returns what stands for it.
    pub fn push(&mut self, tensor: Tensor) -> Value {
        self.tensors.push(tensor);
        Value::String(Self::name(self.tensors.len() - 1))
    }

    /// The array that a text stands for.
    pub fn tensor(&self, name: &str) -> Result<&Tensor> {
        let number = name.strip_prefix(NAME).and_then(|k| k.parse::<usize>().ok());
        number
            .and_then(|k| self.tensors.get(k))
            .ok_or_else(|| Error::input("", format!("`{name}` is no array of this file")))
    }
}

impl Tensor {
    /// In double precision.
    pub fn new(shape: &[usize], numbers: Vec<f64>) -> Self {
        Self { shape: shape.to_vec(), single: false, numbers }
    }

    /// From nested lists; None where they are ragged or hold anything but numbers.
    pub fn nested(value: &Value, single: bool) -> Option<Self> {
        let mut shape = Vec::new();
        let mut at = value;
        while let Value::Array(items) = at {
            shape.push(items.len());
            let Some(first) = items.first() else { break };
            at = first;
        }
        let mut numbers = Vec::new();
        gather(value, &shape, &mut numbers)?;
        Some(Self { shape, single, numbers })
    }
}

/// Appends the numbers of nested lists of a shape.
fn gather(value: &Value, shape: &[usize], numbers: &mut Vec<f64>) -> Option<()> {
    match (value, shape) {
        (Value::Array(items), [side, rest @ ..]) if items.len() == *side => {
            items.iter().try_for_each(|item| gather(item, rest, numbers))
        }
        (Value::Number(_), []) => {
            numbers.push(value.as_f64()?);
            Some(())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nested_lists_become_tensors() {
        let tensor = Tensor::nested(&json!([[1, 2.5], [3, 4], [5, 6]]), false).unwrap();
        assert_eq!(tensor, Tensor::new(&[3, 2], vec![1.0, 2.5, 3.0, 4.0, 5.0, 6.0]));
        assert_eq!(Tensor::nested(&json!(7), true).unwrap().shape, [0; 0]);
        assert!(Tensor::nested(&json!([[1, 2], [3]]), false).is_none());
        assert!(Tensor::nested(&json!([1, "2"]), false).is_none());
    }

    #[test]
    fn arrays_stand_aside() {
        let mut document = Document::default();
        assert_eq!(document.push(Tensor::new(&[1], vec![2.0])), "/variable_0000");
        assert_eq!(document.tensor("/variable_0000").unwrap().numbers, [2.0]);
        assert!(document.tensor("/variable_0001").is_err() && document.tensor("x").is_err());
    }
}
