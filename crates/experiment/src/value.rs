//! The value of a setting: a number, a word, or several.

use serde::{Deserialize, Serialize};

/// The value of a setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Value {
    /// A whole number.
    Whole(u64),
    /// A number.
    Number(f64),
    /// Several numbers.
    Numbers(Vec<f64>),
    /// A word or a path.
    Text(String),
    /// Several.
    Texts(Vec<String>),
}

impl Value {
    /// As it could be typed on the command line.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Value::Whole(n) => n.to_string(),
            Value::Number(x) => x.to_string(),
            Value::Numbers(all) => {
                let all: Vec<String> = all.iter().map(f64::to_string).collect();
                all.join(",")
            }
            Value::Text(text) => text.clone(),
            Value::Texts(all) => all.join(","),
        }
    }

    /// From text, of the same kind as this one.
    pub(crate) fn parse_like(&self, text: &str) -> Result<Self, String> {
        let number = |text: &str| match text.trim().parse::<f64>() {
            Ok(x) if x.is_finite() => Ok(x),
            _ => Err(format!(
                "{text:?} is no number; give one such as {}",
                self.to_text()
            )),
        };
        match self {
            Value::Whole(_) => match text.trim().parse() {
                Ok(n) => Ok(Value::Whole(n)),
                Err(_) => Err(format!(
                    "{text:?} is no whole number; give one such as {}",
                    self.to_text()
                )),
            },
            Value::Number(_) => number(text).map(Value::Number),
            Value::Numbers(_) => {
                let all: Result<Vec<f64>, String> = text.split(',').map(number).collect();
                all.map(Value::Numbers)
            }
            Value::Text(_) => Ok(Value::Text(text.to_owned())),
            Value::Texts(_) => Ok(Value::Texts(text.split(',').map(str::to_owned).collect())),
        }
    }
}
