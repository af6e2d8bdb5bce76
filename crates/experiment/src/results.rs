//! What an experiment found.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::experiment::About;
use crate::figure::Figure;
use crate::settings::ExperimentSettings;
use crate::table::Table;

/// What an experiment found, as data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Results {
    /// What the numbers say to the question, in sentences with intervals.
    pub findings: Vec<String>,
    /// Its tables.
    pub tables: Vec<Table>,
    /// Its figures.
    pub figures: Vec<Figure>,
    /// Directories of meta-trainings that it made and whose course belongs to its results.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<RunDirectoryName>,
    /// What a terminal shows instead of the tables, where these would not do.
    #[serde(skip)]
    pub text: Option<String>,
    /// What failed, though the rest succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The results as objects for programs, where those of the tables do not say all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<Value>,
}

/// The directory of a meta-training, and what legends call it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunDirectoryName {
    /// Its path below the directory of the experiment.
    pub path: String,
    /// What legends and tables call it.
    pub name: String,
}

impl Results {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Results::default()
    }

    /// With one more sentence.
    #[must_use]
    pub fn with_finding(mut self, finding: impl Into<String>) -> Self {
        self.findings.push(finding.into());
        self
    }

    /// With one more table.
    #[must_use]
    pub fn with_table(mut self, table: Table) -> Self {
        self.tables.push(table);
        self
    }

    /// With one more figure.
    #[must_use]
    pub fn with_figure(mut self, figure: Figure) -> Self {
        self.figures.push(figure);
        self
    }

    /// The results as objects for programs, one for each condition: the rows of the tables, unless the
    /// experiment gives others.
    #[must_use]
    pub fn to_objects(&self) -> Vec<Value> {
        match self.objects.is_empty() {
            true => self.tables.iter().flat_map(Table::objects).collect(),
            false => self.objects.clone(),
        }
    }

    /// The whole as one JSON object: the question, the settings and the results.
    ///
    /// # Panics
    /// Never: everything in it can be written as JSON.
    #[must_use]
    pub fn to_json(&self, about: &About, settings: &ExperimentSettings) -> Value {
        let mut whole = json!({ "experiment": about, "settings": settings.to_json() });
        let results = serde_json::to_value(self).expect("results are plain data");
        if let (Value::Object(whole), Value::Object(results)) = (&mut whole, results) {
            whole.extend(results);
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_back_from_their_json() {
        let mut table = Table::new("t", "T", ["a"]);
        table.row([1u64.into()]);
        let results = Results::new().with_finding("It holds.").with_table(table);
        let about = About::new("x", "X").asking("Does it?").published("Yes.");
        let settings = ExperimentSettings::new().trials_and_seed(2);
        let json = results.to_json(&about, &settings);
        assert_eq!(json["settings"]["trials"], json!(2));
        assert_eq!(json["experiment"]["question"], json!("Does it?"));
        assert_eq!(serde_json::from_value::<Results>(json).unwrap(), results);
        assert_eq!(results.to_objects(), [json!({ "table": "t", "a": 1 })]);
    }
}
