//! `metaplast meta-train`: find a rule and write a run directory.

use std::path::{Path, PathBuf};

use metaplast_data::Dataset;
use metaplast_meta::train::{Penalty, Trainer, TrialResult, TrialState};
use rayon::ThreadPool;

use crate::arguments::MetaTrain;
use crate::checkpoint::{CHECKPOINT, Checkpoint};
use crate::choice::Choice;
use crate::config::{Config, Tasks};
use crate::data_source::fingerprint;
use crate::episode_log::{EPISODES, EpisodeLog};
use crate::episodes_csv::Columns;
use crate::error::Error;
use crate::file::write_whole;
use crate::interrupt;
use crate::output;
use crate::rule_file::{Provenance, RuleFile};
use crate::rule_name::rule_name;
use crate::rule_page::rule_page;
use crate::run_directory::{self, RunDirectory};
use crate::settings::Settings;
use crate::summary::summary;
use crate::threads;
use crate::training_log::{Ending, Manner, TrainingLog, turn, way_on};

/// A few seconds of work at the paper's size.
const EPISODES_PER_CHECKPOINT: u64 = 50;
/// The settings of a run.
pub(crate) const CONFIG: &str = "config.toml";

/// Runs the command.
pub(crate) fn run(arguments: &MetaTrain) -> Result<(), Error> {
    match &arguments.resume {
        None => begin(arguments),
        Some(directory) => resume(arguments, directory),
    }
}

fn begin(arguments: &MetaTrain) -> Result<(), Error> {
    let flags = &arguments.settings;
    let file = match &arguments.config {
        Some(path) => Settings::read(path)?,
        None => Settings::default(),
    };
    let config = Config::resolve(flags, &file, arguments.config.as_deref())?;
    let manner = manner(flags, &file)?;
    let pool = threads::pool(flags.threads.or(file.threads))?;
    let out = flags.out.as_deref().or(file.out.as_deref());
    let out = run_directory::choose(out, &rule_name(&config.rule, config.feedback))?;
    start(&config, out, &pool, manner)
}

/// Begins a run in a directory that is not there yet, or empty.
pub(crate) fn start(
    config: &Config,
    out: PathBuf,
    pool: &ThreadPool,
    manner: Manner,
) -> Result<(), Error> {
    let (dataset, tasks) = config.open_data()?;
    let mut config = config.clone();
    // In the pool: what this frees, the threads that run the episodes take up again.
    let memory = pool.install(|| config.fit_memory(&dataset, &tasks))?;
    let stored = config.to_settings(fingerprint(&dataset));

    // Nothing was written up to here, and from here on nothing of the request can be wrong.
    let mut directory = RunDirectory::create(out)?;
    interrupt::listen(manner.quiet || manner.json);
    if let Some(memory) = memory.filter(|_| !manner.quiet && !manner.json) {
        output::complain(&memory);
    }
    let settings = config.trainer_settings();
    let trainer = Trainer::new(&settings, &dataset, &tasks.sampler);
    let states = pool.install(|| trainer.begin_all(config.trials));
    let rows = vec![0; states.len()];
    // The checkpoint first: from then on everything else can be restored.
    let checkpoint = Checkpoint::new(stored.clone(), rows.clone(), states.clone());
    directory.write(CHECKPOINT, checkpoint.to_text().as_bytes())?;
    directory.write(CONFIG, config_text(&stored).as_bytes())?;
    let log = TrainingLog::open(
        directory,
        settings.clone(),
        stored,
        states,
        rows,
        manner.clone(),
    )?;
    let run = Run {
        config: &config,
        dataset: &dataset,
        tasks: &tasks,
        manner,
    };
    run.go(&trainer, pool, log)
}

fn resume(arguments: &MetaTrain, path: &Path) -> Result<(), Error> {
    let flags = &arguments.settings;
    let allowed = Settings {
        threads: flags.threads,
        checkpoint_every: flags.checkpoint_every,
        quiet: flags.quiet,
        json: flags.json,
        ..Settings::default()
    };
    if *flags != allowed {
        return Err(Error::setting(
            "--resume",
            "a run goes on with its own settings; give only --threads, --checkpoint-every, --quiet or --json with it",
        ));
    }
    let manner = manner(flags, &Settings::default())?;
    let pool = threads::pool(flags.threads)?;
    go_on(path, &pool, manner)
}

/// Goes on with the run in a directory.
pub(crate) fn go_on(path: &Path, pool: &ThreadPool, manner: Manner) -> Result<(), Error> {
    let directory = RunDirectory::reopen(path.to_owned())?;
    let found = Checkpoint::find(path, |checkpoint| fits(path, checkpoint))?;
    let Checkpoint {
        settings: stored,
        trials: states,
        rows,
        version,
        ..
    } = found.checkpoint;
    let config = Config::resolve(&Settings::default(), &stored, Some(&found.path))?;
    check_config(path, &stored)?;
    let (dataset, tasks) = config.open_data()?;

    interrupt::listen(manner.quiet || manner.json);
    let note = found.note.or_else(|| {
        let other = version != env!("CARGO_PKG_VERSION");
        other.then(|| {
            format!(
                "the run was begun by metaplast {version}; only the same version promises the same bytes"
            )
        })
    });
    if let Some(note) = note {
        output::complain(&note);
    }
    let settings = config.trainer_settings();
    let trainer = Trainer::new(&settings, &dataset, &tasks.sampler);
    let log = TrainingLog::open(
        directory,
        settings.clone(),
        stored,
        states,
        rows,
        manner.clone(),
    )?;
    let run = Run {
        config: &config,
        dataset: &dataset,
        tasks: &tasks,
        manner,
    };
    run.go(&trainer, pool, log)
}

/// Flags for how to talk are flags of the file too, and one of the flags beats both.
fn manner(flags: &Settings, file: &Settings) -> Result<Manner, Error> {
    let talk = if flags.quiet || flags.json {
        flags
    } else {
        file
    };
    let every = flags.checkpoint_every.or(file.checkpoint_every);
    Ok(Manner {
        quiet: talk.quiet,
        json: talk.json,
        checkpoint_every: Choice::new(
            every.unwrap_or(EPISODES_PER_CHECKPOINT),
            "--checkpoint-every",
        )
        .positive()?,
        overall: None,
    })
}

fn config_text(settings: &Settings) -> String {
    toml::to_string(settings).expect("strings and numbers within TOML's range")
}

/// Checks a checkpoint against itself and the rows in the directory.
fn fits(directory: &Path, checkpoint: &Checkpoint) -> Result<(), String> {
    let path = directory.join(CHECKPOINT);
    let config = Config::resolve(&Settings::default(), &checkpoint.settings, Some(&path));
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
    EpisodeLog::holds(directory, &columns.header(), &checkpoint.rows, current)
}

/// The configuration of a run cannot change on the way; where it is missing it is written anew.
fn check_config(directory: &Path, stored: &Settings) -> Result<(), Error> {
    let path = directory.join(CONFIG);
    if !path.exists() {
        return write_whole(&path, config_text(stored).as_bytes());
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
struct Run<'a> {
    config: &'a Config,
    dataset: &'a Dataset,
    tasks: &'a Tasks,
    manner: Manner,
}

impl Run<'_> {
    /// Trains to the end, or until it is asked to stop.
    fn go(
        &self,
        trainer: &Trainer<'_>,
        pool: &ThreadPool,
        mut log: TrainingLog,
    ) -> Result<(), Error> {
        let states = log.states();
        let results = pool.install(|| trainer.run_from(states, &mut log));
        let (mut directory, ending) = log.close(results)?;
        match ending {
            Ending::Finished(results, last) => {
                let rule_file = self.write_rule(&mut directory, &results, None)?;
                if self.manner.quiet || self.manner.json {
                    return Ok(());
                }
                output::print(&summary(&results, &last, &rule_file.rule, directory.path()))
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
                let all: u64 = done.iter().sum();
                self.write_rule(&mut directory, &results, Some(done))?;
                Err(Error::Interrupted(format!(
                    "stopped after {all} of {} episodes; rule.toml is what was learned so far; go on with: {}",
                    self.config.episodes * self.config.trials,
                    way_on(&directory)
                )))
            }
        }
    }

    fn write_rule(
        &self,
        directory: &mut RunDirectory,
        results: &[TrialResult],
        stopped_after: Option<Vec<u64>>,
    ) -> Result<RuleFile, Error> {
        let name = rule_name(&self.config.rule, self.config.feedback);
        let file = rule_file(
            self.config,
            self.dataset,
            self.tasks,
            results,
            stopped_after,
        )?;
        directory.write("rule.md", rule_page(&name, &file).as_bytes())?;
        directory.write("rule.toml", file.to_toml().as_bytes())?;
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
            "after the last episode {error}; lower --lr or --lambda"
        ))
    })?;
    Ok(RuleFile {
        rule,
        feedback: config.feedback,
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
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }),
    })
}
