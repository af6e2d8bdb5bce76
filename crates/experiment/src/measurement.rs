//! What one measurement gives: named series of numbers.

use serde_json::{Map, Value, json};

/// Named series of numbers, in the order in which they were added.
///
/// ```
/// use metaplast_experiment::Measurement;
///
/// let measured = Measurement::new().with("loss", [0.5, f64::NAN]).with("steps", [20.0]);
/// assert_eq!(measured.number("steps"), 20.0);
/// assert_eq!(measured.series("loss")[0], 0.5);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measurement {
    series: Vec<(String, Vec<f64>)>,
}

impl Measurement {
    /// Without any series.
    #[must_use]
    pub fn new() -> Self {
        Measurement::default()
    }

    /// With one more series.
    ///
    /// # Panics
    /// When there is one of this name.
    #[must_use]
    #[track_caller]
    pub fn with(mut self, name: impl Into<String>, values: impl Into<Vec<f64>>) -> Self {
        self.set(name, values);
        self
    }

    /// Adds a series.
    ///
    /// # Panics
    /// When there is one of this name.
    #[track_caller]
    pub fn set(&mut self, name: impl Into<String>, values: impl Into<Vec<f64>>) {
        let name = name.into();
        assert!(
            self.get(&name).is_none(),
            "measurement: there is a series {name} already"
        );
        self.series.push((name, values.into()));
    }

    /// The series of this name, if there is one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[f64]> {
        let found = self.series.iter().find(|(other, _)| other == name);
        found.map(|(_, values)| values.as_slice())
    }

    /// The series of this name.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    #[track_caller]
    pub fn series(&self, name: &str) -> &[f64] {
        self.get(name).unwrap_or_else(|| {
            let names: Vec<&str> = self.series.iter().map(|(name, _)| name.as_str()).collect();
            panic!("measurement: no series {name} among {names:?}")
        })
    }

    /// The only number of this series.
    ///
    /// # Panics
    /// When there is no such series, or it does not have one number.
    #[must_use]
    #[track_caller]
    pub fn number(&self, name: &str) -> f64 {
        match self.series(name) {
            [number] => *number,
            several => panic!("measurement: {name} has {} numbers, not 1", several.len()),
        }
    }

    /// As JSON, each number with all its digits; what is not finite is a word.
    pub(crate) fn to_json(&self) -> Value {
        let number = |x: &f64| match x.is_finite() {
            true => json!(x),
            false => json!(x.to_string()),
        };
        let series = self.series.iter().map(|(name, values)| {
            let values: Vec<Value> = values.iter().map(number).collect();
            (name.clone(), Value::Array(values))
        });
        Value::Array(
            series
                .map(|(name, values)| Value::Object(Map::from_iter([(name, values)])))
                .collect(),
        )
    }

    /// From what [`to_json`](Self::to_json) gives; `None` from anything else.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let number = |value: &Value| match value {
            Value::String(word) => word.parse().ok(),
            value => value.as_f64(),
        };
        let mut measurement = Measurement::new();
        for entry in value.as_array()? {
            let mut entries = entry.as_object()?.iter();
            let (Some((name, values)), None) = (entries.next(), entries.next()) else {
                return None;
            };
            let values = values.as_array()?.iter().map(number);
            let values: Vec<f64> = values.collect::<Option<_>>()?;
            if measurement.get(name).is_some() {
                return None;
            }
            measurement.set(name.as_str(), values);
        }
        Some(measurement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_back_from_json_bit_for_bit() {
        let values = [
            0.1,
            -0.0,
            1e-310,
            f64::MAX,
            f64::INFINITY,
            f64::NEG_INFINITY,
            1.0 / 3.0,
        ];
        let measured = Measurement::new()
            .with("b", values)
            .with("a", [])
            .with("n", [f64::NAN]);
        let text = measured.to_json().to_string();
        let read = Measurement::from_json(&serde_json::from_str(&text).unwrap()).unwrap();
        let bits =
            |m: &Measurement| -> Vec<u64> { m.series("b").iter().map(|x| x.to_bits()).collect() };
        assert_eq!(bits(&read), bits(&measured));
        assert!(read.series("a").is_empty() && read.number("n").is_nan());
        assert_eq!(Measurement::from_json(&json!([{ "a": ["x"] }])), None);
        assert_eq!(Measurement::from_json(&json!({ "a": 1 })), None);
    }
}
