//! Meta-training in a directory: [`start`] makes it, [`resume`] goes on where a run was stopped. Both
//! write rows, checkpoints and, at the end, the rule; a [`Monitor`] follows.

mod accuracies;
mod log;
mod monitor;

use std::path::{Path, PathBuf};

use metaplast_data::Dataset;
use metaplast_meta::train::{Penalty, Trainer, TrialResult, TrialState};
use rayon::ThreadPool;

use crate::checkpoint::Checkpoint;
use crate::data::fingerprint;
use crate::directory::RunDirectory;
use crate::directory::file::write_whole;
use crate::directory::names::{CHECKPOINT, CONFIG, EPISODES, RULE, RULE_PAGE};
use crate::episodes::{Columns, EpisodeLog};
use crate::error::Error;
use crate::rule::{Provenance, RuleFile, rule_name, rule_page};
use crate::settings::rule::Libraries;
use crate::settings::{Config, Settings, Tasks};
use crate::toml_text;
use log::{Ending, TrainingLog, turn};

pub use accuracies::LastAccuracies;
pub use monitor::Monitor;

/// Episodes from one checkpoint to the next unless told otherwise: a few seconds of work at the paper's
/// size.
pub const EPISODES_PER_CHECKPOINT: u64 = 50;

/// How a run ended that did not fail.
#[derive(Debug)]
pub enum RunEnd {
    /// With its last episode.
    Finished(Box<FinishedRun>),
    /// Before its last episode, on request. `rule.toml` is what was learned so far, and the run can be
    /// resumed.
    Stopped {
        /// Episodes of all trials that were done,
        episodes: u64,
        /// and how many there are to be.
        of: u64,
    },
}

/// A run that came to its last episode.
#[derive(Debug)]
pub struct FinishedRun {
    /// What `rule.toml` holds.
    pub rule: RuleFile,
    /// The results of each trial,
    pub results: Vec<TrialResult>,
    /// and the accuracies of its last episodes.
    pub last: Vec<LastAccuracies>,
}

/// Begins a run in a directory that is not there yet, or empty, and trains to its end, or until the
/// monitor asks to stop.
///
/// # Errors
/// When images, network and tasks do not fit each other, before anything is written; when a file
/// cannot be written or the monitor fails, as [`Error::Resumable`]; when a trial gave up because its
/// episodes kept diverging.
pub fn start(
    config: &Config,
    out: PathBuf,
    pool: &ThreadPool,
    checkpoint_every: u64,
    monitor: &mut dyn Monitor,
) -> Result<RunEnd, Error> {
    let (dataset, tasks) = config.open_data()?;
    let mut config = config.clone();
    // In the pool: what this frees, the threads that run the episodes take up again.
    let memory = pool.install(|| config.fit_memory(&dataset, &tasks))?;
    pool.install(|| config.check_memory(&dataset, &tasks, pool.current_num_threads()))?;
    let stored = config.to_settings(fingerprint(&dataset));

    // All input is validated; writing starts here.
    let mut directory = RunDirectory::create(out)?;
    monitor.begin(&config);
    if let Some(memory) = memory {
        monitor.note(&memory);
    }
    let settings = config.trainer_settings();
    let trainer = Trainer::new(&settings, &dataset, &tasks.sampler);
    let states = pool.install(|| trainer.begin_all(config.trials));
    let rows = vec![0; states.len()];
    // The checkpoint first: from then on everything else can be restored.
    let checkpoint = Checkpoint::new(
        stored.clone(),
        rows.clone(),
        vec![0; rows.len()],
        states.clone(),
    );
    directory.write(CHECKPOINT, checkpoint.to_text().as_bytes())?;
    directory.write(CONFIG, toml_text::write(&stored).as_bytes())?;
    let log = TrainingLog::open(
        directory,
        settings.clone(),
        stored,
        states,
        rows,
        checkpoint_every,
        monitor,
    )?;
    let run = RunInDirectory {
        config: &config,
        dataset: &dataset,
        tasks: &tasks,
    };
    run.train(&trainer, pool, log)
}

/// Resumes the run in a directory from its latest checkpoint, and trains to its end, or until the
/// monitor asks to stop. The files at the end are the same, byte for byte, as without interruption.
///
/// # Errors
/// As [`start`]; when there is no checkpoint that can be used; when `config.toml` was changed.
pub fn resume(
    path: &Path,
    pool: &ThreadPool,
    checkpoint_every: u64,
    monitor: &mut dyn Monitor,
) -> Result<RunEnd, Error> {
    resume_with(path, pool, checkpoint_every, monitor, &Libraries::default())
}

/// [`resume`] for a run whose terms and feedback may be any of `libraries`.
///
/// # Errors
/// As [`resume`].
pub fn resume_with(
    path: &Path,
    pool: &ThreadPool,
    checkpoint_every: u64,
    monitor: &mut dyn Monitor,
    libraries: &Libraries,
) -> Result<RunEnd, Error> {
    let directory = RunDirectory::reopen(path.to_owned())?;
    let found = Checkpoint::find(path, |checkpoint| fits(path, checkpoint, libraries))?;
    let Checkpoint {
        settings: stored,
        trials: states,
        rows,
        version,
        ..
    } = found.checkpoint;
    let config = Config::resolve_with(&Settings::default(), &stored, Some(&found.path), libraries)?;
    check_config(path, &stored)?;
    check_penalty(&stored, &found.path)?;
    let (dataset, tasks) = config.open_data()?;
    pool.install(|| config.check_memory(&dataset, &tasks, pool.current_num_threads()))?;

    monitor.begin(&config);
    let warning = found.note.or_else(|| {
        let other = version != crate::VERSION;
        other.then(|| {
            format!(
                "the run was begun by metaplast {version}; only the same version promises the same bytes"
            )
        })
    });
    if let Some(warning) = warning {
        monitor.warning(&warning);
    }
    let settings = config.trainer_settings();
    let trainer = Trainer::new(&settings, &dataset, &tasks.sampler);
    let log = TrainingLog::open(
        directory,
        settings.clone(),
        stored,
        states,
        rows,
        checkpoint_every,
        monitor,
    )?;
    let run = RunInDirectory {
        config: &config,
        dataset: &dataset,
        tasks: &tasks,
    };
    run.train(&trainer, pool, log)
}

/// Refuses a run from before penalties had a name: it began with subgradients, and would go on with
/// proximal steps.
fn check_penalty(stored: &Settings, path: &Path) -> Result<(), Error> {
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
fn fits(directory: &Path, checkpoint: &Checkpoint, libraries: &Libraries) -> Result<(), String> {
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
fn check_config(directory: &Path, stored: &Settings) -> Result<(), Error> {
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

/// A run that has a directory.
struct RunInDirectory<'a> {
    config: &'a Config,
    dataset: &'a Dataset,
    tasks: &'a Tasks,
}

impl RunInDirectory<'_> {
    /// Trains to the end, or until it is asked to stop, and writes the rule.
    fn train(
        &self,
        trainer: &Trainer<'_>,
        pool: &ThreadPool,
        mut log: TrainingLog<'_>,
    ) -> Result<RunEnd, Error> {
        let states = log.states();
        let results = pool.install(|| trainer.run_from(states, &mut log));
        let (mut directory, ending) = log.close(results)?;
        match ending {
            Ending::Finished(results, last) => {
                let rule = self.write_rule(&mut directory, &results, None)?;
                Ok(RunEnd::Finished(Box::new(FinishedRun {
                    rule,
                    results,
                    last,
                })))
            }
            Ending::GaveUp(error) => {
                let csv = directory.path().join(EPISODES);
                Err(Error::Failed(format!(
                    "{error}; the episodes are in {}",
                    csv.display()
                )))
            }
            Ending::Stopped(states) => {
                let results: Vec<TrialResult> = states.iter().map(TrialState::result).collect();
                let done: Vec<u64> = states.iter().map(TrialState::episodes).collect();
                let episodes = done.iter().sum();
                self.write_rule(&mut directory, &results, Some(done))?;
                Ok(RunEnd::Stopped {
                    episodes,
                    of: self.config.episodes.saturating_mul(self.config.trials),
                })
            }
        }
    }

    fn write_rule(
        &self,
        directory: &mut RunDirectory,
        results: &[TrialResult],
        stopped_after: Option<Vec<u64>>,
    ) -> Result<RuleFile, Error> {
        let name = rule_name(&self.config.rule, &self.config.feedback);
        let file = rule_file(
            self.config,
            self.dataset,
            self.tasks,
            results,
            stopped_after,
        )?;
        directory.write(RULE_PAGE, rule_page(&name, &file).as_bytes())?;
        directory.write(RULE, file.to_toml().as_bytes())?;
        Ok(file)
    }
}

fn rule_file(
    config: &Config,
    dataset: &Dataset,
    tasks: &Tasks,
    results: &[TrialResult],
    stopped_after: Option<Vec<u64>>,
) -> Result<RuleFile, Error> {
    let mut mean = vec![0.0; config.rule.theta().len()];
    for result in results {
        for (mean, theta) in mean.iter_mut().zip(&result.theta) {
            *mean += theta / results.len() as f64;
        }
    }
    // No episode has tried this mean, and the trainer vouches only for the trials one by one.
    let rule = config.rule.clone().try_with_theta(&mean);
    let rule = rule.map_err(|error| {
        Error::Failed(format!(
            "after the last episode {error}; lower --lr{}",
            if config.lambda > 0.0 {
                " or --lambda"
            } else {
                ""
            }
        ))
    })?;
    Ok(RuleFile {
        rule,
        feedback: config.feedback.clone(),
        architecture: config.architecture.clone(),
        trials: results.iter().map(|result| result.theta.clone()).collect(),
        provenance: Some(Provenance {
            dataset: dataset.name().to_owned(),
            data: config.source.to_string(),
            glyphs_per_class: config.source.glyphs().map(|(per_class, _)| per_class),
            data_seed: config.source.glyphs().map(|(_, seed)| seed),
            data_fingerprint: fingerprint(dataset),
            sampling: config.sampling.to_string(),
            ways: config.ways,
            shots: config.shots,
            queries: config.queries,
            steps: config.steps(),
            episodes: config.episodes,
            stopped_after,
            trials: config.trials,
            meta_batch: config.meta_batch,
            seed: config.seed,
            lambda: config.lambda,
            penalty: (config.lambda != 0.0 && config.penalty == Penalty::Proximal)
                .then(|| config.penalty.to_string()),
            optimizer: config.optimizer.to_string(),
            lr: config.rate,
            precision: config.precision.to_string(),
            held_out_classes: tasks.held_out.clone(),
            version: crate::VERSION.to_owned(),
        }),
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
