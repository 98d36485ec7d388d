//! Values of Python as values of a case file.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString};
use toml::{Table, Value};

use crate::errors::wrong;

/// The table of a dictionary; keys may be nested by dots. `key` is what a message calls it.
pub(crate) fn table(key: &str, dict: &Bound<'_, PyDict>) -> PyResult<Table> {
    let mut table = Table::new();
    for (name, value) in dict {
        let Ok(name) = name.extract::<String>() else {
            return Err(wrong(
                key,
                format!("the key {} is no word", name.repr()?),
                "Keys are strings",
            ));
        };
        let full = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
        if !value.is_none() {
            table.insert(name, of(&full, &value)?);
        }
    }
    Ok(table)
}

/// The value of a number, a string, a list, a dictionary, or of whatever has `tolist`.
pub(crate) fn of(key: &str, value: &Bound<'_, PyAny>) -> PyResult<Value> {
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(Value::Boolean(flag.is_true()));
    }
    if value.is_instance_of::<PyInt>() {
        let large = |_| {
            wrong(
                key,
                "a whole number is beyond those that a case can hold",
                "They end at 9223372036854775807",
            )
        };
        return value.extract::<i64>().map(Value::Integer).map_err(large);
    }
    if value.is_instance_of::<PyFloat>() {
        return Ok(Value::Float(value.extract()?));
    }
    if value.is_instance_of::<PyString>() {
        return Ok(Value::String(value.extract()?));
    }
    if let Ok(dict) = value.cast::<PyDict>() {
        return Ok(Value::Table(table(key, dict)?));
    }
    if value.hasattr("tolist")? {
        return of(key, &value.call_method0("tolist")?);
    }
    if value.hasattr("__fspath__")? {
        return Ok(Value::String(value.call_method0("__fspath__")?.extract()?));
    }
    let is_row = value.hasattr("__len__")? && value.hasattr("__getitem__")?;
    if !is_row {
        let kind = value.get_type().name()?;
        return Err(wrong(
            key,
            format!("this is of the type {kind}"),
            "A number, a string, True, False, a list, a dictionary or an array",
        ));
    }
    let items = value.try_iter()?.map(|item| of(key, &item?));
    Ok(Value::Array(items.collect::<PyResult<_>>()?))
}
