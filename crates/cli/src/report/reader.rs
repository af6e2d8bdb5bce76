//! A run directory as plain data for reports.

use std::path::Path;

use metaplast_meta::train::EpisodeRecord;
use metaplast_report::{Episode, Run, Term, Trial};
use metaplast_runs::Error;
use metaplast_runs::stored::StoredRun;
use metaplast_runs::toml_text;

use crate::libraries;
use crate::shell::quoted;

/// Reads the directory that a meta-training made. `rule.toml` may be missing: the run has not ended.
pub(crate) fn read_run(directory: &Path, name: &str) -> Result<Run, Error> {
    let StoredRun {
        settings,
        config,
        trials,
        rule: finished,
    } = StoredRun::read_with(directory, &libraries::all())?;
    let trials: Vec<Trial> = trials
        .into_iter()
        .map(|rows| {
            let last = rows.episodes.last().map(|episode| episode.theta.clone());
            let theta = finished
                .as_ref()
                .map(|file| file.trials[rows.number as usize].clone());
            Trial {
                number: rows.number,
                theta: theta.or(last).unwrap_or_default(),
                episodes: rows.episodes.into_iter().map(episode).collect(),
            }
        })
        .collect();
    let rule = match finished {
        Some(file) => file.rule.to_string(),
        None => {
            let mean = mean_theta(&trials);
            let rule = config.rule.clone().try_with_theta(&mean);
            rule.map_or_else(|error| error.to_string(), |rule| rule.to_string())
        }
    };
    let terms = config.rule.coefficients().map(|coefficient| Term {
        symbol: coefficient.name(),
        name: match coefficient.layer {
            None => coefficient.readable_name(),
            Some(layer) => format!("{}, layer {layer}", coefficient.readable_name()),
        },
        formula: coefficient.formula(),
        locality: coefficient.locality().describe().to_owned(),
    });
    let table = toml_text::to_table(&settings);
    let shown = |(key, value): (&String, &toml::Value)| (key.replace('_', " "), plain(value));
    Ok(Run {
        name: name.to_owned(),
        rule,
        terms: terms.collect(),
        ways: config.ways,
        outputs: config.architecture.outputs() as u64,
        trials,
        settings: table.iter().map(shown).collect(),
        command: command(&table),
    })
}

fn episode(record: EpisodeRecord) -> Episode {
    let mut angles = record.diagnostics.angles;
    // The outer angles say nothing.
    angles.pop();
    angles.remove(0);
    Episode {
        meta_loss: record.meta_loss,
        cross_entropy: record.query.cross_entropy,
        accuracy: record.query.accuracy,
        theta: record.theta,
        angles,
        orthonormality: record.diagnostics.orthonormality,
        diverged: record.diverged,
    }
}

fn mean_theta(trials: &[Trial]) -> Vec<f64> {
    let n = trials.len() as f64;
    let terms = trials.first().map_or(0, |trial| trial.theta.len());
    (0..terms)
        .map(|place| trials.iter().map(|trial| trial.theta[place]).sum::<f64>() / n)
        .collect()
}

/// The command with every setting as a flag.
fn command(settings: &toml::Table) -> String {
    let mut command = "metaplast meta-train".to_owned();
    for (key, value) in settings {
        // Not a flag: it guards the images of a configuration file.
        if key == "data_fingerprint" {
            continue;
        }
        let flag = key.replace('_', "-");
        // A flag that is given again for each value.
        let values = match value {
            toml::Value::Array(texts) if key == "term" || key == "remember" => texts.as_slice(),
            value => std::slice::from_ref(value),
        };
        for value in values {
            command += &format!(" --{flag} {}", quoted(Path::new(&plain(value))));
        }
    }
    command
}

/// A value as on the command line.
fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(values) => {
            let values: Vec<String> = values.iter().map(plain).collect();
            values.join(",")
        }
        other => other.to_string(),
    }
}
