//! Meta-training in a directory: [`start`] makes it, [`resume`] goes on where a run was stopped. Both
//! write rows, checkpoints and, at the end, the rule; an [`Execution`] says who runs the episodes, and a
//! [`Monitor`] follows.

mod accuracies;
mod checks;
mod execution;
mod extend;
mod log;
mod monitor;
mod worker;

use std::path::{Path, PathBuf};

use metaplast_data::Dataset;
use metaplast_meta::train::{EpisodeExecutor, Penalty, Trainer, TrialResult, TrialState};

use crate::checkpoint::Checkpoint;
use crate::data::fingerprint;
use crate::directory::RunDirectory;
use crate::directory::names::{CHECKPOINT, CONFIG, EPISODES, RULE, RULE_PAGE};
use crate::error::Error;
use crate::rule::{Provenance, RuleFile, rule_name, rule_page};
use crate::settings::images::{size_name, unusual};
use crate::settings::rule::Libraries;
use crate::settings::{Config, Settings, Tasks};
use crate::toml_text;
use checks::{check_config, check_penalty, fits};
use log::{Ending, TrainingLog};

pub use accuracies::LastAccuracies;
pub use execution::{EPISODES_PER_CHECKPOINT, Execution, RunExecutor};
pub use monitor::Monitor;
pub use worker::EpisodeWorker;

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
pub fn start(config: &Config, out: PathBuf, mut execution: Execution<'_>) -> Result<RunEnd, Error> {
    let pool = execution.pool;
    let mut config = config.clone();
    let (dataset, tasks) = config.open_data()?;
    // In the pool: what this frees, the threads that run the episodes take up again.
    let memory = pool.install(|| config.fit_memory(&dataset, &tasks))?;
    let at_once = execution.at_once();
    pool.install(|| config.check_memory(&dataset, &tasks, at_once))?;
    let stored = config.to_settings(fingerprint(&dataset));

    // All input is validated; writing starts here.
    let mut directory = RunDirectory::create(out)?;
    execution.begin(&config, memory.as_deref(), None);
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
    let run = RunInDirectory {
        config: &config,
        dataset: &dataset,
        tasks: &tasks,
    };
    run.train(directory, stored, states, rows, execution)
}

/// Resumes the run in a directory from its latest checkpoint, and trains to its end, or until the
/// monitor asks to stop. The files at the end are the same, byte for byte, as without interruption.
///
/// # Errors
/// As [`start`]; when there is no checkpoint that can be used; when `config.toml` was changed.
pub fn resume(path: &Path, execution: Execution<'_>) -> Result<RunEnd, Error> {
    go_on(path, None, execution)
}

/// Gives the run in a directory so many episodes for each trial, more than it was begun with, and resumes
/// it. It may have come to its end. The files at the end are the same, byte for byte, as those of a run
/// that was begun with as many.
///
/// # Errors
/// As [`resume`]; when the run has more episodes already, or ended with a step of θ by fewer episodes than
/// a longer run would have taken.
pub fn extend(path: &Path, episodes: u64, execution: Execution<'_>) -> Result<RunEnd, Error> {
    go_on(path, Some(episodes), execution)
}

fn go_on(
    path: &Path,
    episodes: Option<u64>,
    mut execution: Execution<'_>,
) -> Result<RunEnd, Error> {
    let none = Libraries::default();
    let libraries = execution.libraries.unwrap_or(&none);
    let directory = RunDirectory::reopen(path.to_owned())?;
    let mut found = Checkpoint::find(path, |checkpoint| fits(path, checkpoint, libraries))?;
    if let Some(episodes) = episodes {
        check_penalty(&found.checkpoint.settings, &found.path)?;
        extend::extend(path, &mut found.checkpoint, episodes, libraries)?;
    }
    let Checkpoint {
        settings: stored,
        trials: states,
        rows,
        version,
        ..
    } = found.checkpoint;
    let mut config =
        Config::resolve_with(&Settings::default(), &stored, Some(&found.path), libraries)?;
    check_config(path, &stored)?;
    check_penalty(&stored, &found.path)?;
    let (dataset, tasks) = config.open_data()?;
    let at_once = execution.at_once();
    execution
        .pool
        .install(|| config.check_memory(&dataset, &tasks, at_once))?;

    let warning = found.note.or_else(|| {
        let other = version != crate::VERSION;
        other.then(|| {
            format!(
                "the run was begun by metaplast {version}; only the same version promises the same bytes"
            )
        })
    });
    execution.begin(&config, None, warning.as_deref());
    let run = RunInDirectory {
        config: &config,
        dataset: &dataset,
        tasks: &tasks,
    };
    run.train(directory, stored, states, rows, execution)
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
        directory: RunDirectory,
        stored: Settings,
        states: Vec<TrialState>,
        rows: Vec<u64>,
        execution: Execution<'_>,
    ) -> Result<RunEnd, Error> {
        let settings = self.config.trainer_settings();
        let executor = execution.executor.map(|executor| {
            executor.begin(&stored);
            executor as &dyn EpisodeExecutor
        });
        let trainer =
            Trainer::new(&settings, self.dataset, &self.tasks.sampler).with_executor(executor);
        let mut log = TrainingLog::open(
            directory,
            settings.clone(),
            stored,
            states,
            rows,
            execution.checkpoint_every,
            execution.monitor,
        )?;
        let states = log.states();
        let results = execution
            .pool
            .install(|| trainer.run_from(states, &mut log));
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
            results.iter().map(|result| result.theta.clone()).collect(),
            stopped_after,
        )?;
        directory.write(RULE_PAGE, rule_page(&name, &file).as_bytes())?;
        directory.write(RULE, file.to_toml().as_bytes())?;
        Ok(file)
    }
}

/// The rule file of trials that were trained by a configuration and ended with these θ, of which the mean is the
/// rule's; `stopped_after` has the episodes of each where they were interrupted.
///
/// # Errors
/// When the mean is not finite.
pub fn rule_file(
    config: &Config,
    dataset: &Dataset,
    tasks: &Tasks,
    trials: Vec<Vec<f64>>,
    stopped_after: Option<Vec<u64>>,
) -> Result<RuleFile, Error> {
    let mut mean = vec![0.0; config.rule.theta().len()];
    for theta in &trials {
        for (mean, theta) in mean.iter_mut().zip(theta) {
            *mean += theta / trials.len() as f64;
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
        trials,
        provenance: Some(Provenance {
            dataset: dataset.name().to_owned(),
            data: config.source.to_string(),
            glyphs_per_class: config.source.glyphs().map(|(per_class, _)| per_class),
            data_seed: config.source.glyphs().map(|(_, seed)| seed),
            image_size: size_name(&config.form()),
            color_mode: unusual(config.form().color_mode),
            groups: unusual(config.grouping()),
            data_fingerprint: fingerprint(dataset),
            sampling: config.sampling.to_string(),
            ways: config.ways,
            shots: config.shots,
            queries: config.queries,
            steps: config.steps(),
            query_loss: unusual(config.query_loss),
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
