//! Checks of a run before it goes on: its checkpoint, its rows and its configuration against each other.

use std::path::Path;

use metaplast_meta::train::TrialState;

use super::log::turn;
use crate::checkpoint::Checkpoint;
use crate::directory::file::write_whole;
use crate::directory::names::{CHECKPOINT, CONFIG};
use crate::episodes::{Columns, EpisodeLog};
use crate::error::Error;
use crate::settings::rule::Libraries;
use crate::settings::{Config, Settings};
use crate::toml_text;

/// Refuses a run from before penalties had a name: it began with subgradients, and would go on with
/// proximal steps.
pub(super) fn check_penalty(stored: &Settings, path: &Path) -> Result<(), Error> {
    if stored.penalty.is_some() || stored.lambda.is_none_or(|lambda| lambda == 0.0) {
        return Ok(());
    }
    Err(Error::File {
        path: path.to_owned(),
        line: None,
        reason: "an earlier version began this run, which paid λ by subgradients; begin it anew with --penalty subgradient".into(),
    })
}

/// Checks a checkpoint against itself and the rows in the directory.
pub(super) fn fits(
    directory: &Path,
    checkpoint: &Checkpoint,
    libraries: &Libraries,
) -> Result<(), String> {
    let path = directory.join(CHECKPOINT);
    let settings = &checkpoint.settings;
    let config = Config::resolve_with(&Settings::default(), settings, Some(&path), libraries);
    let config = config.map_err(|error| error.to_string())?;
    let settings = config.trainer_settings();
    let numbers = checkpoint.trials.iter().map(TrialState::trial);
    if checkpoint.trials.len() != checkpoint.rows.len()
        || checkpoint.trials.len() as u64 != config.trials
        || !numbers.eq(0..config.trials)
    {
        return Err("the checkpoint does not hold every trial".into());
    }
    for state in &checkpoint.trials {
        state.check(&settings).map_err(|unfit| unfit.to_string())?;
    }
    let model = &settings.model;
    let columns = Columns::new(&model.rule, model.architecture.layers());
    let current = turn(&checkpoint.trials, &settings);
    let (rows, sums) = (&checkpoint.rows, &checkpoint.row_sums);
    EpisodeLog::holds(directory, &columns.header(), rows, sums, current)
}

/// The configuration of a run cannot change on the way; where it is missing it is written anew.
pub(super) fn check_config(directory: &Path, stored: &Settings) -> Result<(), Error> {
    let path = directory.join(CONFIG);
    if !path.exists() {
        return write_whole(&path, toml_text::write(stored).as_bytes());
    }
    if Settings::read(&path)? == *stored {
        return Ok(());
    }
    Err(Error::File {
        path,
        line: None,
        reason: "the settings are not those with which the run began; put them back, or delete the file to have it written anew".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_from_before_penalties_had_a_name_is_not_resumed_with_another_one() {
        let refused = |text: &str| {
            let settings = Settings::parse(text, Path::new("config.toml")).unwrap();
            check_penalty(&settings, Path::new("checkpoint.toml")).is_err()
        };
        assert!(refused("lambda = 0.1"));
        assert!(!refused("lambda = 0.0"));
        assert!(!refused("lambda = 0.1\npenalty = \"proximal\""));
    }
}
