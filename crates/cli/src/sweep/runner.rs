//! Runner of a sweep: the runs that are not there yet, in parallel.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use metaplast_experiment::{Error as ExperimentError, ExperimentMonitor, Part};
use metaplast_meta::train::EpisodeRecord;
use metaplast_runs::directory::names::{CHECKPOINT, CONFIG, RULE};
use metaplast_runs::rule::RuleFile;
use metaplast_runs::settings::Settings;
use metaplast_runs::train::{self, Execution, Monitor};
use rayon::ThreadPool;
use rayon::prelude::*;
use tracing::info;

use super::experiment::SweepError;
use super::plan::SweepPlan;
use super::planned_run::PlannedRun;
use crate::error::Error;
use crate::libraries;

/// What messages call the pieces of a sweep.
const PIECES: &str = "runs";

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RunOutcome {
    /// It was there already.
    Found,
    /// It went to its end.
    Finished,
    /// It did not get there.
    Failed(Failure),
}

/// Why a run did not get to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// In words, on one line.
    pub(crate) reason: String,
    /// Whether its episodes kept diverging, and not that something was wrong with its settings or files.
    pub(crate) diverged: bool,
}

/// Runs that are known to fail, by name.
pub(crate) type Failures = BTreeMap<String, Failure>;

/// A run of the plan and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct SweptRun {
    pub(crate) planned: PlannedRun,
    pub(crate) directory: PathBuf,
    pub(crate) outcome: RunOutcome,
}

/// Does the runs of a plan.
pub(crate) struct Runner<'a> {
    pub(crate) plan: &'a SweepPlan,
    /// The directory of the sweep.
    pub(crate) out: &'a Path,
    pub(crate) pool: &'a ThreadPool,
    pub(crate) monitor: &'a dyn ExperimentMonitor,
    /// Which runs are to be done.
    pub(crate) part: Part,
    /// Runs that failed before, and are not tried again.
    pub(crate) failures: &'a Failures,
}

impl Runner<'_> {
    /// Does every run of the part that is not there yet and returns all, in the order of the plan.
    ///
    /// A run that fails does not stop the others. One that another process is doing is left to it.
    pub(super) fn run(&self) -> Result<Vec<SweptRun>, SweepError> {
        let directories = self.plan.directories(self.out);
        let mut found = Vec::new();
        for (planned, directory) in self.plan.runs.iter().zip(&directories) {
            found.push(is_finished(planned, directory)?);
        }
        let all = self.plan.runs.iter().zip(&directories);
        let missing: Vec<(usize, (&PlannedRun, &PathBuf))> = all
            .enumerate()
            .filter(|(place, (planned, _))| !found[*place] && !self.has_failed(planned))
            .collect();
        if self.part == Part::Gather && !missing.is_empty() {
            let names = missing.iter().map(|(_, (planned, _))| planned.name.clone());
            return Err(SweepError::Experiment(ExperimentError::Missing {
                names: names.collect(),
                all: found.len(),
                pieces: PIECES,
            }));
        }
        let mine = missing.iter().filter(|(place, _)| self.part.has(*place));
        let todo: Vec<(&PlannedRun, &PathBuf)> = mine.map(|(_, run)| *run).collect();
        // Fail early rather than after hours of training.
        if let Some((planned, _)) = todo.first() {
            planned.config.clone().open_data()?;
        }
        let episodes = todo
            .iter()
            .map(|(planned, _)| planned.config.episodes * planned.config.trials);
        let monitor = self.monitor;
        monitor.begin(episodes.sum(), "episodes of all runs");
        let done = AtomicU64::new(0);
        let run = |(planned, directory): &(&PlannedRun, &PathBuf)| {
            if monitor.stop_requested() {
                return Ok(());
            }
            let result = self.train(planned, directory);
            if !monitor.stop_requested() && !is_busy(&result) {
                let number = 1 + done.fetch_add(1, Ordering::SeqCst);
                let failed = result.as_ref().err().map(|error| format!(": {error}"));
                let failed = failed.unwrap_or_default();
                monitor.say(&format!(
                    "{number}/{}  {}{failed}",
                    todo.len(),
                    planned.name
                ));
            }
            result
        };
        let mut results: Vec<Result<(), Error>> = self
            .pool
            .install(|| todo.par_iter().with_max_len(1).map(run).collect());
        // Who was at a run may have ended it by now, or been ended.
        for (todo, result) in todo.iter().zip(&mut results) {
            if is_busy(result) {
                *result = self.pool.install(|| run(todo));
            }
        }
        if monitor.stop_requested() {
            let done = done.into_inner() + found.iter().filter(|found| **found).count() as u64;
            return Err(SweepError::Experiment(ExperimentError::Interrupted {
                done: done as usize,
                all: found.len(),
                pieces: PIECES,
            }));
        }
        if let Some(busy) = results.iter_mut().find(|result| is_busy(result)) {
            std::mem::replace(busy, Ok(()))?;
        }
        if let Part::Shard(_) = self.part {
            return self.end_of_shard(&todo, results, found.len() - missing.len(), found.len());
        }
        let mut results = results.into_iter();
        let outcomes = found.iter().zip(&self.plan.runs);
        let outcomes = outcomes.map(|(found, planned)| match self.failures.get(&planned.name) {
            _ if *found => RunOutcome::Found,
            Some(failure) => RunOutcome::Failed(failure.clone()),
            None => match results.next().expect("a result for each") {
                Ok(()) => RunOutcome::Finished,
                Err(error) => RunOutcome::Failed(Failure {
                    reason: error.to_string(),
                    diverged: matches!(error, Error::Run(metaplast_runs::Error::Failed(_))),
                }),
            },
        });
        let outcomes: Vec<RunOutcome> = outcomes.collect();
        let swept_runs = self
            .plan
            .runs
            .iter()
            .cloned()
            .zip(directories)
            .zip(outcomes);
        let swept_runs = swept_runs.map(|((planned, directory), outcome)| SweptRun {
            planned,
            directory,
            outcome,
        });
        Ok(swept_runs.collect())
    }

    fn has_failed(&self, planned: &PlannedRun) -> bool {
        self.failures.contains_key(&planned.name)
    }

    /// What a shard says when its runs have ended: it has no results.
    fn end_of_shard(
        &self,
        todo: &[(&PlannedRun, &PathBuf)],
        results: Vec<Result<(), Error>>,
        found: usize,
        all: usize,
    ) -> Result<Vec<SweptRun>, SweepError> {
        let failed = todo.iter().zip(&results);
        let failed = failed.filter_map(|((planned, _), result)| {
            let error = result.as_ref().err()?;
            Some(format!("{}: {error}", planned.name))
        });
        let failed: Vec<String> = failed.collect();
        if !failed.is_empty() {
            let (n, said) = (failed.len(), failed.join("; "));
            let said = format!("{n} of {} runs of the shard failed: {said}", todo.len());
            return Err(Error::Failed(said).into());
        }
        Err(SweepError::Experiment(ExperimentError::ShardEnded {
            done: found + todo.len(),
            all,
            pieces: PIECES,
        }))
    }

    fn train(&self, planned: &PlannedRun, directory: &Path) -> Result<(), Error> {
        info!(run = planned.name, directory = %directory.display(), "begins");
        let mut monitor = RunMonitor(self.monitor);
        let libraries = libraries::all();
        let execution = Execution::new(self.pool, &mut monitor).with_libraries(&libraries);
        let end = match directory.join(CHECKPOINT).is_file() {
            true => train::resume(directory, execution),
            false => train::start(&planned.config, directory.to_owned(), execution),
        };
        end.map(|_| ()).map_err(Error::from)
    }
}

/// Whether another process is at a run.
fn is_busy(result: &Result<(), Error>) -> bool {
    matches!(result, Err(Error::Run(metaplast_runs::Error::Busy { .. })))
}

/// Follows one run of several.
struct RunMonitor<'a>(&'a dyn ExperimentMonitor);

impl Monitor for RunMonitor<'_> {
    fn episode(&mut self, _record: &EpisodeRecord) {
        self.0.tick();
    }

    fn warning(&mut self, text: &str) {
        self.0.say(text);
    }

    fn stop_requested(&self) -> bool {
        self.0.stop_requested()
    }
}

/// Whether a run went to its end. An error when the directory holds another run.
fn is_finished(planned: &PlannedRun, directory: &Path) -> Result<bool, Error> {
    let config = directory.join(CONFIG);
    if !config.is_file() {
        return Ok(false);
    }
    let found = Settings::read(&config)?;
    let expected = planned
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
    let provenance = RuleFile::read_with(&rule, &libraries::all())?.provenance;
    Ok(provenance.is_some_and(|provenance| provenance.stopped_after.is_none()))
}
