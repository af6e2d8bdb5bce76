//! Cells drawn at random.

use metaplast_meta::seeds::{Purpose, stream};
use rand::{Rng, RngExt};
use serde::Deserialize;
use toml::{Spanned, Value};

use super::entries::{Change, Entries};

/// `[random]`: how many cells, and what their settings are drawn from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RandomFile {
    cells: Spanned<u64>,
    #[serde(default = "one")]
    seed: u64,
    /// Between two ends.
    #[serde(default)]
    uniform: Entries<[f64; 2]>,
    /// Between two ends above zero, all orders of magnitude alike.
    #[serde(default)]
    log: Entries<[f64; 2]>,
    /// One of a list.
    #[serde(default)]
    choice: Entries<Vec<Value>>,
}

fn one() -> u64 {
    1
}

/// What is wrong, and the byte where.
type Wrong = (Option<usize>, String);

/// The settings of each cell.
pub(crate) fn points(file: RandomFile) -> Result<Vec<Vec<Change>>, Wrong> {
    let at = |byte: usize, reason: String| Err((Some(byte), reason));
    if !(1..=10_000).contains(file.cells.get_ref()) {
        return at(file.cells.span().start, "choose 1 to 10000 cells".into());
    }
    for (logarithmic, entries) in [(false, &file.uniform), (true, &file.log)] {
        for (key, ends) in &entries.0 {
            let [low, high] = *ends.get_ref();
            let fits =
                low.is_finite() && high.is_finite() && low < high && (low > 0.0 || !logarithmic);
            if !fits {
                let above = if logarithmic { ", both above 0" } else { "" };
                let reason = format!(
                    "{}: give the lower and then the upper end{above}",
                    key.get_ref()
                );
                return at(key.span().start, reason);
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
    let draw = |number: u64| {
        let mut rng = stream(file.seed, 0, number, Purpose::Sweep);
        let mut point = Vec::new();
        let mut add = |key: &Spanned<String>, value: Value| {
            point.push(Change {
                key: key.get_ref().clone(),
                value,
                byte: Some(key.span().start),
            });
        };
        for (key, ends) in &file.uniform.0 {
            let [low, high] = *ends.get_ref();
            let unit: f64 = rng.random();
            add(key, Value::Float(rounded(low + unit * (high - low))));
        }
        for (key, ends) in &file.log.0 {
            let [low, high] = *ends.get_ref();
            let unit: f64 = rng.random();
            let value = low * (high / low).powf(unit);
            add(key, Value::Float(rounded(value)));
        }
        for (key, values) in &file.choice.0 {
            let values = values.get_ref();
            // Multiply and shift: the same index on every platform.
            let place = (u128::from(rng.next_u64()) * values.len() as u128) >> 64;
            add(key, values[place as usize].clone());
        }
        point
    };
    Ok((0..*file.cells.get_ref()).map(draw).collect())
}

/// To four significant digits, which a name can hold, and on which platforms agree.
fn rounded(x: f64) -> f64 {
    format!("{x:.3e}").parse().unwrap_or(x)
}
