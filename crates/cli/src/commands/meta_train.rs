//! `metaplast meta-train`: find a rule and write a run directory.

use std::ops::ControlFlow;

use metaplast_data::Dataset;
use metaplast_meta::trainer::{EpisodeRecord, TrainError, Trainer, TrialResult};

use crate::architecture::Precision;
use crate::arguments::MetaTrain;
use crate::config::{Config, Tasks};
use crate::data_source::fingerprint;
use crate::episodes_csv::EpisodesCsv;
use crate::error::Error;
use crate::json::episode_line;
use crate::output;
use crate::progress::Progress;
use crate::rule_file::{Provenance, RuleFile};
use crate::rule_name::rule_name;
use crate::rule_page::rule_page;
use crate::run_directory::{self, RunDirectory};
use crate::settings::Settings;
use crate::summary::summary;
use crate::threads;
use crate::trial_order::TrialOrder;

/// Runs the command.
pub(crate) fn run(arguments: &MetaTrain) -> Result<(), Error> {
    let flags = &arguments.settings;
    let file = match &arguments.config {
        Some(path) => Settings::read(path)?,
        None => Settings::default(),
    };
    let config = Config::resolve(flags, &file, arguments.config.as_deref())?;
    let pool = threads::pool(flags.threads.or(file.threads))?;
    let out = flags.out.as_deref().or(file.out.as_deref());
    let name = rule_name(&config.rule, config.feedback);
    let out = run_directory::choose(out, &name)?;
    let (dataset, tasks) = config.open_data()?;

    // Nothing was written up to here, and from here on nothing of the request can be wrong.
    let mut directory = RunDirectory::create(out)?;
    let settings = config.to_settings(fingerprint(&dataset));
    let text = toml::to_string(&settings).expect("strings and numbers within TOML's range");
    directory.write("config.toml", text.as_bytes())?;

    // Flags for how to talk are flags of the file too, and one of the flags beats both.
    let talk = if flags.quiet || flags.json {
        flags
    } else {
        &file
    };
    let mut log = Log {
        json: talk.json,
        symbols: config.rule.infos().map(|info| info.symbol).collect(),
        progress: Progress::new(
            talk.quiet || talk.json,
            "",
            &config.rule,
            config.episodes,
            config.trials,
        ),
        order: TrialOrder::new(config.episodes),
        csv: EpisodesCsv::create(
            &directory.file("episodes.csv"),
            config.rule.indices(),
            config.architecture.layers(),
        )?,
        directory,
        written: Vec::new(),
        error: None,
    };
    let trained = pool.install(|| train(&config, &dataset, &tasks, &mut log));
    let rest = log.order.rest();
    log.write(&rest)?;
    if let Some(error) = log.error.take() {
        return Err(error);
    }
    let Log {
        progress,
        mut directory,
        written,
        ..
    } = log;
    drop(progress);
    let results = trained.map_err(|error| {
        let csv = directory.path().join("episodes.csv");
        Error::Failed(format!("{error}; the episodes are in {}", csv.display()))
    })?;

    let rule_file = rule_file(&config, &dataset, &tasks, &results)?;
    directory.write("rule.md", rule_page(&name, &rule_file).as_bytes())?;
    directory.write("rule.toml", rule_file.to_toml().as_bytes())?;
    if talk.quiet || talk.json {
        return Ok(());
    }
    output::print(&summary(
        &results,
        &written,
        &rule_file.rule,
        directory.path(),
    ))
}

fn train(
    config: &Config,
    dataset: &Dataset,
    tasks: &Tasks,
    log: &mut Log,
) -> Result<Vec<TrialResult>, TrainError> {
    let settings = config.trainer_settings();
    let trainer = Trainer::new(&settings, dataset, &tasks.sampler);
    let mut observe = |record: &EpisodeRecord| log.observe(record);
    match config.precision {
        Precision::Single => trainer.run::<f32>(config.trials, &mut observe),
        Precision::Double => trainer.run::<f64>(config.trials, &mut observe),
    }
}

/// Where episodes go, as they come.
struct Log {
    json: bool,
    symbols: Vec<&'static str>,
    progress: Progress,
    order: TrialOrder,
    csv: EpisodesCsv,
    directory: RunDirectory,
    /// Accuracy and loss of what was written, for the summary.
    written: Vec<EpisodeRecord>,
    error: Option<Error>,
}

impl Log {
    fn observe(&mut self, record: &EpisodeRecord) -> ControlFlow<()> {
        self.progress.show(record);
        let ready = self.order.push(record);
        match self.write(&ready) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.error.get_or_insert(error);
                ControlFlow::Break(())
            }
        }
    }

    fn write(&mut self, records: &[EpisodeRecord]) -> Result<(), Error> {
        for record in records {
            self.csv.write(record)?;
            self.directory.keep();
            if self.json {
                output::line(&episode_line(&self.symbols, record))?;
            }
            self.written.push(record.clone());
        }
        Ok(())
    }
}

fn rule_file(
    config: &Config,
    dataset: &Dataset,
    tasks: &Tasks,
    results: &[TrialResult],
) -> Result<RuleFile, Error> {
    let mut mean = vec![0.0; config.rule.indices().len()];
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
            episodes: config.episodes,
            trials: config.trials,
            meta_batch: config.meta_batch,
            seed: config.seed,
            lambda: config.lambda,
            optimizer: config.optimizer.to_string(),
            lr: config.rate,
            precision: config.precision.to_string(),
            held_out_classes: tasks.held_out.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }),
    })
}
