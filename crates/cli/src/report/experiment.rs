//! The results of an experiment as data for reports.

use std::path::Path;

use metaplast_experiment::{About, ExperimentSettings, Results};
use metaplast_report::ExperimentReport;
use metaplast_runs::Error;
use metaplast_runs::directory::file::read_text;
use metaplast_runs::directory::names::RESULTS;
use serde_json::Value;

use crate::experiments;

/// Whether an experiment has left its results in a directory.
pub(crate) fn has_results(directory: &Path) -> bool {
    directory.join(RESULTS).is_file()
}

/// Reads the results that an experiment left in a directory.
pub(crate) fn read_experiment(directory: &Path) -> Result<ExperimentReport, Error> {
    let path = directory.join(RESULTS);
    let text = read_text(&path)?;
    let wrong = |error: serde_json::Error| {
        Error::File {
        path: path.clone(),
        line: Some(error.line()).filter(|line| *line > 0),
        reason: "this is not what an experiment writes; repeat the command that wrote it, which does not measure again".to_owned(),
    }
    };
    let json: Value = serde_json::from_str(&text).map_err(wrong)?;
    let about: About = serde_json::from_value(json["experiment"].clone()).map_err(wrong)?;
    let results: Results = serde_json::from_value(json.clone()).map_err(wrong)?;
    // What settings mean is known to the experiments that come with the program.
    let settings = experiments::find(&about.name);
    let settings = settings.map_or_else(ExperimentSettings::new, |known| known.settings(false));
    Ok(ExperimentReport {
        settings: settings.with_values_of(&json["settings"]),
        about,
        results,
        command: json["command"].as_str().unwrap_or_default().to_owned(),
    })
}
