//! Numbers of a fixture: in full, or as a fingerprint.

use serde_json::Value;

use crate::generate::SplitMix;

const PROBE_SEED: u64 = 4242;

/// A tensor as a fixture gives it.
pub(crate) enum Expected {
    Full(Vec<f64>),
    Fingerprint(Fingerprint),
}

/// Norm, sum, inner product with pseudo-random numbers, and some entries.
pub(crate) struct Fingerprint {
    norm: f64,
    sum: f64,
    probe: f64,
    stride: usize,
    entries: Vec<f64>,
    /// The tensor's place in its list, on which the probe depends.
    place: usize,
}

impl Expected {
    pub(crate) fn read(value: &Value, place: usize) -> Result<Self, String> {
        if !value.is_object() {
            return numbers(value).map(Expected::Full);
        }
        let number = |key: &str| field(value, key)?.as_f64().ok_or(format!("`{key}`"));
        Ok(Expected::Fingerprint(Fingerprint {
            norm: number("fro")?,
            sum: number("sum")?,
            probe: number("probe_dot")?,
            stride: field(value, "stride")?
                .as_u64()
                .filter(|&stride| stride > 0)
                .ok_or("`stride` is no positive number")? as usize,
            entries: numbers(field(value, "entries")?)?,
            place,
        }))
    }

    /// The relative error of `actual`; an error message when the sizes differ.
    pub(crate) fn error(&self, actual: &[f64]) -> Result<f64, String> {
        match self {
            Expected::Full(expected) => {
                if expected.len() != actual.len() {
                    return Err(format!(
                        "{} numbers, the fixture has {}",
                        actual.len(),
                        expected.len()
                    ));
                }
                Ok(distance(actual, expected) / norm(expected).max(f64::MIN_POSITIVE))
            }
            Expected::Fingerprint(fingerprint) => fingerprint.error(actual),
        }
    }
}

impl Fingerprint {
    /// The largest of four errors, each over what it is for an error of norm ‖δ‖ = ε‖a‖ that is
    /// spread evenly: ε for the norm, at most ε√n for the sum, about ε for the random projection,
    /// ε√(k/n) for k entries.
    fn error(&self, actual: &[f64]) -> Result<f64, String> {
        let sampled: Vec<f64> = actual.iter().step_by(self.stride).copied().collect();
        if sampled.len() != self.entries.len() {
            return Err(format!(
                "{} numbers do not have {} entries {} apart",
                actual.len(),
                self.entries.len(),
                self.stride
            ));
        }
        let mut draws = SplitMix::new(PROBE_SEED + self.place as u64);
        let probe: f64 = actual.iter().map(|a| a * draws.sign()).sum();
        let sum: f64 = actual.iter().sum();
        let n = actual.len() as f64;
        let share = self.norm * (sampled.len() as f64 / n).sqrt();
        let scale = |size: f64| size.max(f64::MIN_POSITIVE);
        let errors = [
            (norm(actual) - self.norm).abs() / scale(self.norm),
            (sum - self.sum).abs() / scale(self.norm * n.sqrt()),
            (probe - self.probe).abs() / scale(self.norm),
            distance(&sampled, &self.entries) / scale(share.max(norm(&self.entries))),
        ];
        // `f64::max` would pass over a NaN.
        let broken = errors.iter().copied().find(|error| error.is_nan());
        Ok(broken.unwrap_or(errors.into_iter().fold(0.0, f64::max)))
    }
}

pub(crate) fn norm(a: &[f64]) -> f64 {
    a.iter().map(|a| a * a).sum::<f64>().sqrt()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f64>().sqrt()
}

/// The entry `key`, or a message that names it.
pub(crate) fn field<'v>(value: &'v Value, key: &str) -> Result<&'v Value, String> {
    value.get(key).ok_or_else(|| format!("no `{key}`"))
}

/// All numbers of nested lists, in order; a single number counts as a list of one.
pub(crate) fn numbers(value: &Value) -> Result<Vec<f64>, String> {
    fn collect(value: &Value, into: &mut Vec<f64>) -> Result<(), String> {
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| collect(item, into)),
            Value::Number(number) => {
                into.push(number.as_f64().ok_or("a number beyond f64")?);
                Ok(())
            }
            other => Err(format!("expected numbers, found {other}")),
        }
    }
    let mut all = Vec::new();
    collect(value, &mut all)?;
    Ok(all)
}

/// Numbers that count things.
pub(crate) fn integers(value: &Value) -> Result<Vec<u64>, String> {
    let item = |item: &Value| item.as_u64().ok_or(format!("{item} is no whole number"));
    let items = value.as_array().ok_or("expected a list")?;
    items.iter().map(item).collect()
}
