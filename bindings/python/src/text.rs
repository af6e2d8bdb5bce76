//! Settings between Python's values and TOML, by way of JSON: Python 3.10 has no TOML of its own.

use metaplast_runs::toml_text;
use pyo3::prelude::*;
use serde_json::Value;

use crate::errors::value;

/// TOML as JSON.
#[pyfunction]
pub(crate) fn toml_to_json(text: &str) -> PyResult<String> {
    let table: Value = toml_text::parse(text).map_err(|error| value(error.message()))?;
    Ok(table.to_string())
}

/// A JSON object as TOML; null, and numbers beyond 64 bits, are not possible.
#[pyfunction]
pub(crate) fn json_to_toml(text: &str) -> PyResult<String> {
    let table: Value = serde_json::from_str(text).map_err(value)?;
    if !table.is_object() {
        return Err(value("give settings by name"));
    }
    check(&table)?;
    Ok(toml_text::write(&table))
}

fn check(part: &Value) -> PyResult<()> {
    match part {
        Value::Null => Err(value("None within settings; leave the setting out")),
        Value::Number(n) if n.is_u64() && n.as_i64().is_none() => Err(value(format!(
            "{n} is beyond what a file of settings can hold"
        ))),
        Value::Array(parts) => parts.iter().try_for_each(check),
        Value::Object(parts) => parts.values().try_for_each(check),
        _ => Ok(()),
    }
}
