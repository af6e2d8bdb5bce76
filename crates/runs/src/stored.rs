//! Runs read back from their directories, finished or not.

use std::path::Path;

use crate::directory::names::{CONFIG, EPISODES, RULE};
use crate::episodes::{Columns, TrialRows, read_trials};
use crate::error::Error;
use crate::rule::RuleFile;
use crate::settings::rule::Libraries;
use crate::settings::{Config, Settings};

/// What is in the directory of a run.
#[derive(Clone, Debug)]
pub struct StoredRun {
    /// The settings as `config.toml` has them,
    pub settings: Settings,
    /// and with every choice made.
    pub config: Config,
    /// Trials that have an episode at least, with all of theirs.
    pub trials: Vec<TrialRows>,
    /// The rule; none when the run has not ended.
    pub rule: Option<RuleFile>,
}

impl StoredRun {
    /// Checks that a directory has the files of a run.
    ///
    /// # Errors
    /// When it is not there, or has none.
    pub fn check_there(directory: &Path) -> Result<(), Error> {
        let missing = [CONFIG, EPISODES]
            .into_iter()
            .find(|name| !directory.join(name).exists());
        let reason = match (directory.is_dir(), missing) {
            (true, None) => return Ok(()),
            (true, Some(name)) => format!(
                "no run is there: {name} is missing; a run has config.toml, episodes.csv and, once it has ended, rule.toml"
            ),
            (false, _) if directory.exists() => "this is no directory".to_owned(),
            (false, _) => "no such directory".to_owned(),
        };
        Err(Error::setting(
            directory.display().to_string(),
            format!(
                "{reason}; name the directory of a run, or make one by: metaplast meta-train --out DIR"
            ),
        ))
    }

    /// Reads the directory that a meta-training made. Images are not opened.
    ///
    /// # Errors
    /// When a file cannot be read, or the files are not those of one run.
    pub fn read(directory: &Path) -> Result<Self, Error> {
        StoredRun::read_with(directory, &Libraries::default())
    }

    /// The same for a run whose terms and feedback may be any of `libraries`.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_with(directory: &Path, libraries: &Libraries) -> Result<Self, Error> {
        StoredRun::check_there(directory)?;
        let path = directory.join(CONFIG);
        let settings = Settings::read(&path)?;
        let config = Config::resolve_with(&Settings::default(), &settings, Some(&path), libraries)?;
        let columns = Columns::new(&config.rule, config.architecture.layers());
        let trials = read_trials(&directory.join(EPISODES), &columns)?;

        let path = directory.join(RULE);
        let rule = match path.is_file() {
            true => Some(RuleFile::read_with(&path, libraries)?),
            false => None,
        };
        if let Some(file) = &rule {
            let known = |rows: &TrialRows| (rows.number as usize) < file.trials.len();
            let same = file.rule.coefficients().eq(config.rule.coefficients());
            if !same || !trials.iter().all(known) {
                let reason = "terms or trials are not those of config.toml and episodes.csv; name a directory that meta-train wrote";
                return Err(Error::setting(path.display().to_string(), reason));
            }
        }
        Ok(StoredRun {
            settings,
            config,
            trials,
            rule,
        })
    }
}
