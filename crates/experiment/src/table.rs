//! Tables as data.

use metaplast_numbers::Estimate;
use metaplast_numbers::digits::significant;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Table {
    /// A short name for links and programs.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// One for each column.
    pub headings: Vec<String>,
    /// Rows, each as long as the headings.
    pub rows: Vec<Vec<Cell>>,
    /// How its numbers were made.
    pub note: String,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Cell {
    /// Words.
    Text(String),
    /// A count.
    Count(u64),
    /// A number, and how many of its digits count.
    Number {
        /// The number.
        value: f64,
        /// Significant digits.
        digits: usize,
    },
    /// A mean with its interval, and how many digits count.
    Mean {
        /// The mean.
        mean: f64,
        /// The lower end of its interval, if it has one.
        low: Option<f64>,
        /// The upper end.
        high: Option<f64>,
        /// Significant digits.
        digits: usize,
    },
    /// Nothing: what cannot be said.
    Nothing,
}

impl Cell {
    /// A number; [`Cell::Nothing`] of what is not finite.
    #[must_use]
    pub fn number(value: f64, digits: usize) -> Self {
        match value.is_finite() {
            true => Cell::Number { value, digits },
            false => Cell::Nothing,
        }
    }

    /// A mean with its interval.
    #[must_use]
    pub fn mean(estimate: Option<Estimate>, digits: usize) -> Self {
        match estimate {
            None => Cell::Nothing,
            Some(Estimate { mean, interval }) => Cell::Mean {
                mean,
                low: interval.map(|interval| interval.low),
                high: interval.map(|interval| interval.high),
                digits,
            },
        }
    }

    /// As people read it: `0.71 (0.70 to 0.72)`.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Count(n) => n.to_string(),
            Cell::Number { value, digits } => significant(*value, *digits),
            Cell::Mean {
                mean,
                low: Some(low),
                high: Some(high),
                digits,
            } => format!(
                "{} ({} to {})",
                significant(*mean, *digits),
                significant(*low, *digits),
                significant(*high, *digits)
            ),
            Cell::Mean { mean, digits, .. } => significant(*mean, *digits),
            Cell::Nothing => "–".into(),
        }
    }

    /// As programs read it: a number, a word, null, or an object with `mean`, `low` and `high`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Cell::Text(text) => json!(text),
            Cell::Count(n) => json!(n),
            Cell::Number { value, .. } => json!(value),
            Cell::Mean {
                mean,
                low: Some(low),
                high: Some(high),
                ..
            } => {
                json!({ "mean": mean, "low": low, "high": high })
            }
            Cell::Mean { mean, .. } => json!({ "mean": mean }),
            Cell::Nothing => Value::Null,
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}

impl From<u64> for Cell {
    fn from(count: u64) -> Self {
        Cell::Count(count)
    }
}

impl Table {
    /// Without rows.
    pub fn new<S: Into<String>>(
        id: impl Into<String>,
        title: impl Into<String>,
        headings: impl IntoIterator<Item = S>,
    ) -> Self {
        Table {
            id: id.into(),
            title: title.into(),
            headings: headings.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
            note: String::new(),
        }
    }

    /// With a note on how its numbers were made.
    #[must_use]
    pub fn with_note(self, note: impl Into<String>) -> Self {
        Table {
            note: note.into(),
            ..self
        }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// When it is not as long as the headings.
    #[track_caller]
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let row: Vec<Cell> = cells.into_iter().collect();
        let (cells, headings) = (row.len(), self.headings.len());
        assert_eq!(cells, headings, "table {}: cells, headings", self.id);
        self.rows.push(row);
    }

    /// The mean of values with its interval, as a cell of the row that comes next. Values that are not
    /// finite do not count.
    #[must_use]
    pub fn mean_of(&self, values: &[f64], digits: usize) -> Cell {
        Cell::mean(Estimate::of(values, self.rows.len() as u64), digits)
    }

    /// Each row as a JSON object, by heading, with the table's name under `table`.
    #[must_use]
    pub fn objects(&self) -> Vec<Value> {
        let object = |row: &Vec<Cell>| {
            let cells = self.headings.iter().zip(row);
            let cells = cells.map(|(heading, cell)| (heading.clone(), cell.to_json()));
            let table = ("table".to_owned(), json!(self.id));
            Value::Object(
                [table]
                    .into_iter()
                    .chain(cells)
                    .collect::<Map<String, Value>>(),
            )
        };
        self.rows.iter().map(object).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_read_as_text_and_as_json_and_come_back() {
        let mut table = Table::new("t", "T", ["layer", "error", "runs", "rest"]);
        let mean = table.mean_of(&[1.0, 2.0, 3.0], 2);
        table.row(["1".into(), mean, 3u64.into(), Cell::number(f64::NAN, 3)]);
        let text = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<Table>(&text).unwrap(), table);
        let shown: Vec<String> = table.rows[0].iter().map(Cell::to_text).collect();
        assert_eq!(shown[0], "1");
        assert!(
            shown[1].starts_with("2.0 (1.") && shown[3] == "–",
            "{shown:?}"
        );
        let object = &table.objects()[0];
        assert_eq!(
            (&object["table"], &object["runs"]),
            (&json!("t"), &json!(3))
        );
        assert_eq!(object["error"]["mean"], json!(2.0));
        assert!(object["rest"].is_null());
    }

    #[test]
    #[should_panic = "table t: cells, headings"]
    fn a_row_is_as_long_as_the_headings() {
        Table::new("t", "T", ["a", "b"]).row(["x".into()]);
    }
}
