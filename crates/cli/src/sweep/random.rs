//! Cells drawn at random.

use std::collections::BTreeSet;

use metaplast_data::uniform_index;
use metaplast_meta::seeds::{Purpose, stream};
use metaplast_runs::settings::Settings;
use metaplast_runs::toml_text;
use rand::{Rng, RngExt};
use serde::Deserialize;
use toml::{Spanned, Table, Value};

use super::entries::{Entries, SettingChange};

/// Redraws of a run that is there already, before there seem to be no others.
const REDRAWS: usize = 1000;

/// `[random]`: how many runs, and what their settings are drawn from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RandomFile {
    cells: Spanned<u64>,
    #[serde(default = "one")]
    seed: u64,
    /// Between two ends; for settings that are whole numbers, both ends included.
    #[serde(default)]
    uniform: Entries<[Value; 2]>,
    /// Between two ends above zero, all orders of magnitude alike.
    #[serde(default)]
    log: Entries<[Value; 2]>,
    /// One of a list.
    #[serde(default)]
    choice: Entries<Vec<Value>>,
}

fn one() -> u64 {
    1
}

/// What is wrong, and the byte where.
type Wrong = (Option<usize>, String);

/// What a setting is drawn from.
enum Range {
    Real { low: f64, high: f64 },
    Whole { low: i64, high: i64 },
}

impl Range {
    /// Of the setting `key`, whose type decides whether it is whole.
    fn read(key: &str, ends: &[Value; 2], logarithmic: bool) -> Result<Self, String> {
        let above = if logarithmic { ", both above 0" } else { "" };
        let wrong = || format!("{key}: give the lower and then the upper end{above}");
        let number = |value: &Value| match value {
            Value::Integer(n) => Ok(*n as f64),
            Value::Float(x) if x.is_finite() => Ok(*x),
            _ => Err(format!("{key}: give two numbers, the ends of a range")),
        };
        let [low, high] = [number(&ends[0])?, number(&ends[1])?];
        if logarithmic && low <= 0.0 {
            return Err(wrong());
        }
        let takes = |value: Value| {
            let alone = Table::from_iter([(key.to_owned(), value)]);
            toml_text::from_table::<Settings>(&alone).is_ok()
        };
        if takes(Value::Float(0.5)) || !takes(Value::Integer(1)) {
            return match low < high {
                true => Ok(Range::Real { low, high }),
                false => Err(wrong()),
            };
        }
        let whole = |value: &Value| match value {
            Value::Integer(n) => Ok(*n),
            Value::Float(x) if x.fract() == 0.0 && x.abs() < 9e15 => Ok(*x as i64),
            _ => Err(format!(
                "{key} takes whole numbers; give whole numbers as the ends"
            )),
        };
        match [whole(&ends[0])?, whole(&ends[1])?] {
            [low, high] if low < high => Ok(Range::Whole { low, high }),
            _ => Err(wrong()),
        }
    }

    /// The value at a part of the range, 0 to 1.
    fn at(&self, unit: f64, logarithmic: bool) -> Value {
        let between = |low: f64, high: f64| match logarithmic {
            true => low * (high / low).powf(unit),
            false => low + unit * (high - low),
        };
        match *self {
            Range::Real { low, high } => Value::Float(rounded(between(low, high)).clamp(low, high)),
            Range::Whole { low, high } => {
                // Each whole number stands for what lies between it and the next.
                let value = between(low as f64, high as f64 + 1.0).floor() as i64;
                Value::Integer(value.clamp(low, high))
            }
        }
    }
}

/// The settings of each run, no two of which are the same.
pub(crate) fn points(file: RandomFile) -> Result<Vec<Vec<SettingChange>>, Wrong> {
    let at = |byte: usize, reason: String| Err((Some(byte), reason));
    if !(1..=10_000).contains(file.cells.get_ref()) {
        return at(file.cells.span().start, "choose 1 to 10000 runs".into());
    }
    let mut ranges = Vec::new();
    for (logarithmic, entries) in [(false, &file.uniform), (true, &file.log)] {
        for (key, ends) in &entries.0 {
            match Range::read(key.get_ref(), ends.get_ref(), logarithmic) {
                Ok(range) => ranges.push((key, range, logarithmic)),
                Err(reason) => return at(key.span().start, reason),
            }
        }
    }
    for (key, values) in &file.choice.0 {
        if values.get_ref().is_empty() {
            let reason = format!(
                "{} has no values; list some, or delete the key",
                key.get_ref()
            );
            return at(key.span().start, reason);
        }
    }
    let draw = |rng: &mut dyn Rng| {
        let mut point = Vec::new();
        let mut add = |key: &Spanned<String>, value: Value| {
            point.push(SettingChange {
                key: key.get_ref().clone(),
                value,
                byte: Some(key.span().start),
            });
        };
        for (key, range, logarithmic) in &ranges {
            let unit: f64 = rng.random();
            add(key, range.at(unit, *logarithmic));
        }
        for (key, values) in &file.choice.0 {
            let values = values.get_ref();
            add(key, values[uniform_index(rng, values.len())].clone());
        }
        point
    };
    let mut points = Vec::new();
    let mut known = BTreeSet::new();
    for number in 0..*file.cells.get_ref() {
        let mut rng = stream(file.seed, 0, number, Purpose::Sweep);
        let mut is_new = |point: &Vec<SettingChange>| {
            let values = point.iter().map(|change| change.value.to_string());
            known.insert(values.collect::<Vec<_>>())
        };
        // Ranges of whole numbers and choices are soon drawn twice.
        let found = (0..REDRAWS).map(|_| draw(&mut rng)).find(&mut is_new);
        let Some(point) = found else {
            let reason = format!(
                "there seem to be only {number} different runs; lower it, or widen the ranges"
            );
            return at(file.cells.span().start, reason);
        };
        points.push(point);
    }
    Ok(points)
}

/// To four significant digits, which a name can hold, and on which platforms agree.
fn rounded(x: f64) -> f64 {
    format!("{x:.3e}").parse().unwrap_or(x)
}
