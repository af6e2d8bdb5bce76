//! Runs the cells of a sweep, in parallel, those that have not been run.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use metaplast_meta::train::EpisodeRecord;
use metaplast_runs::directory::names::{CHECKPOINT, CONFIG, RULE};
use metaplast_runs::rule::RuleFile;
use metaplast_runs::settings::Settings;
use metaplast_runs::train::{self, EPISODES_PER_CHECKPOINT, Monitor};
use rayon::ThreadPool;
use rayon::prelude::*;
use tracing::info;

use super::plan::{Cell, Plan};
use crate::error::Error;
use crate::terminal::interrupt;
use crate::terminal::progress::Overall;

/// How a cell ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was there already.
    Found,
    /// It was run to its end.
    Finished,
    /// It did not get there.
    Failed(String),
}

/// A cell that was run or tried.
#[derive(Clone, Debug)]
pub(crate) struct CellOutcome {
    pub(crate) cell: Cell,
    pub(crate) directory: PathBuf,
    pub(crate) fate: Fate,
}

/// Runs cells.
pub(crate) struct Runner<'a> {
    pub(crate) plan: &'a Plan,
    /// The directory of the sweep.
    pub(crate) out: &'a Path,
    pub(crate) pool: &'a ThreadPool,
    pub(crate) quiet: bool,
    /// The command that goes on when it is stopped.
    pub(crate) way_on: String,
}

impl Runner<'_> {
    /// Runs every cell that is not there yet and returns all, in the order of the plan.
    ///
    /// A cell that fails does not stop the others.
    pub(crate) fn run(&self) -> Result<Vec<CellOutcome>, Error> {
        let directories = self.plan.directories(self.out);
        let mut found = Vec::new();
        for (cell, directory) in self.plan.cells.iter().zip(&directories) {
            found.push(is_finished(cell, directory)?);
        }
        let todo: Vec<(&Cell, &PathBuf)> = self
            .plan
            .cells
            .iter()
            .zip(&directories)
            .zip(&found)
            .filter(|(_, found)| !**found)
            .map(|(cell, _)| cell)
            .collect();
        // Data that cannot be read, or networks that do not fit it, are better known before hours.
        if let Some((cell, _)) = todo.first() {
            cell.config.open_data()?;
        }
        interrupt::listen(self.quiet);
        let episodes = todo
            .iter()
            .map(|(cell, _)| cell.config.episodes * cell.config.trials);
        let title = format!("{} runs", todo.len());
        let overall = Overall::new(self.quiet, episodes.sum(), &title);
        let done = AtomicU64::new(0);
        let run = |(cell, directory): &(&Cell, &PathBuf)| {
            if interrupt::requested() {
                return Ok(());
            }
            let result = self.train(cell, directory, &overall);
            if !interrupt::requested() {
                let number = 1 + done.fetch_add(1, Ordering::SeqCst);
                let failed = result.as_ref().err().map(|error| format!(": {error}"));
                let failed = failed.unwrap_or_default();
                overall.say(&format!("{number}/{}  {}{failed}", todo.len(), cell.name));
            }
            result
        };
        let results: Vec<Result<(), Error>> = self
            .pool
            .install(|| todo.par_iter().with_max_len(1).map(run).collect());
        drop(overall);
        if interrupt::requested() {
            let done = done.into_inner() + found.iter().filter(|found| **found).count() as u64;
            return Err(Error::Interrupted(format!(
                "stopped after {done} of {} runs; go on with: {}",
                found.len(),
                self.way_on
            )));
        }
        let mut results = results.into_iter();
        let fates = found.iter().map(|found| match found {
            true => Fate::Found,
            false => match results.next().expect("a result for each") {
                Ok(()) => Fate::Finished,
                Err(error) => Fate::Failed(error.to_string()),
            },
        });
        let fates: Vec<Fate> = fates.collect();
        let cells = self.plan.cells.iter().cloned().zip(directories).zip(fates);
        let outcomes = cells.map(|((cell, directory), fate)| CellOutcome {
            cell,
            directory,
            fate,
        });
        Ok(outcomes.collect())
    }

    fn train(&self, cell: &Cell, directory: &Path, overall: &Overall) -> Result<(), Error> {
        info!(cell = cell.name, directory = %directory.display(), "begins");
        let mut monitor = RunMonitor { overall };
        let end = match directory.join(CHECKPOINT).is_file() {
            true => train::resume(directory, self.pool, EPISODES_PER_CHECKPOINT, &mut monitor),
            false => train::start(
                &cell.config,
                directory.to_owned(),
                self.pool,
                EPISODES_PER_CHECKPOINT,
                &mut monitor,
            ),
        };
        end.map(|_| ()).map_err(Error::from)
    }
}

/// Follows one run of several.
struct RunMonitor<'a> {
    overall: &'a Overall,
}

impl Monitor for RunMonitor<'_> {
    fn episode(&mut self, _record: &EpisodeRecord) {
        self.overall.tick();
    }

    fn warning(&mut self, text: &str) {
        self.overall.say(text);
    }

    fn stop_requested(&self) -> bool {
        interrupt::requested()
    }
}

/// Whether a cell was run to its end. An error when the directory holds another run.
fn is_finished(cell: &Cell, directory: &Path) -> Result<bool, Error> {
    let config = directory.join(CONFIG);
    if !config.is_file() {
        return Ok(false);
    }
    let found = Settings::read(&config)?;
    let expected = cell
        .config
        .to_settings(found.data_fingerprint.clone().unwrap_or_default());
    if found != expected {
        return Err(Error::setting(
            directory.display().to_string(),
            "a run with other settings is there; give another --out, or remove it",
        ));
    }
    let rule = directory.join(RULE);
    if !rule.is_file() {
        return Ok(false);
    }
    let provenance = RuleFile::read(&rule)?.provenance;
    Ok(provenance.is_some_and(|provenance| provenance.stopped_after.is_none()))
}
