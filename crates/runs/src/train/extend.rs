//! Extension of a run: more episodes for each trial than it was begun with.
//!
//! Nothing in an episode or a step of θ depends on how many follow, so a run that is made longer goes on
//! to the same bytes as one that was begun with as many. What has to change is where rows are: those of
//! trials that had ended wait for their turn again.

use std::path::Path;

use metaplast_meta::train::TrialState;

use super::checks::check_config;
use super::log::turn;
use crate::checkpoint::Checkpoint;
use crate::directory::file::write_whole;
use crate::directory::names::CONFIG;
use crate::episodes::{Columns, withdraw};
use crate::error::Error;
use crate::settings::rule::Libraries;
use crate::settings::{Config, Settings};
use crate::toml_text;

const ORIGIN: &str = "--episodes";

/// Gives the run in a directory, whose lock is held and whose checkpoint was checked, so many episodes.
/// At any moment the files are those of the run before or after.
pub(super) fn extend(
    directory: &Path,
    checkpoint: &mut Checkpoint,
    episodes: u64,
    libraries: &Libraries,
) -> Result<(), Error> {
    let before = checkpoint.settings.clone();
    let after = Settings {
        episodes: Some(episodes),
        ..before.clone()
    };
    // An attempt that was broken off may have written the configuration already.
    if Settings::read(&directory.join(CONFIG)).ok().as_ref() != Some(&after) {
        check_config(directory, &before)?;
    }
    let had = before.episodes.unwrap_or_default();
    if episodes < had {
        let reason = format!("the run has {had} episodes for each trial already; give more");
        return Err(Error::setting(ORIGIN, reason));
    }
    if episodes == had {
        return Ok(());
    }
    let resolve = |settings: &Settings| {
        let config = Config::resolve_with(&Settings::default(), settings, None, libraries)?;
        Ok::<_, Error>(config.trainer_settings())
    };
    let (short, long) = (resolve(&before)?, resolve(&after)?);
    if let Some(state) = checkpoint
        .trials
        .iter()
        .find(|state| state.check(&long).is_err())
    {
        return Err(Error::setting(
            ORIGIN,
            format!(
                "the last step of trial {} took the mean of fewer than {} episodes, which a run of {episodes} would not have done; begin it anew",
                state.trial(),
                long.meta_batch
            ),
        ));
    }
    let states: &[TrialState] = &checkpoint.trials;
    let columns = Columns::new(&long.model.rule, long.model.architecture.layers());
    let (from, to) = (turn(states, &long), turn(states, &short));
    withdraw(directory, &columns.header(), &checkpoint.rows, from, to)?;
    checkpoint.settings = after;
    write_whole(
        &directory.join(CONFIG),
        toml_text::write(&checkpoint.settings).as_bytes(),
    )?;
    // Twice: the one before counts on rows that will soon be elsewhere.
    checkpoint.save(directory)?;
    checkpoint.save(directory)
}
