//! `metaplast meta-train`: find a rule and write a run directory.

use std::path::{Path, PathBuf};

use clap::Args;
use metaplast_runs::rule::rule_name;
use metaplast_runs::settings::{Choice, Config, Origins, Settings, heading};
use metaplast_runs::train::{self, EPISODES_PER_CHECKPOINT, Execution, RunEnd, RunExecutor};
use metaplast_runs::{directory, threads};

use crate::error::Error;
use crate::libraries;
use crate::shell::resume_command;
use crate::terminal::monitor::{TerminalMonitor, Verbosity};
use crate::terminal::output;
use crate::terminal::summary::summary;

const AFTER: &str = "\
Every flag but --config is also a key of the file that --config names, with `_` for `-`; flags win. \
The config.toml of a run directory is such a file and repeats the run.

--json prints, for each episode in the order of episodes.csv, one object with the keys trial, \
episode, meta_loss, query_ce, query_accuracy, theta (by term symbol), alpha (of layers 1 to L−1, in \
degrees), orthonormality and weight_norm (of layers 1 to L), diverged, diverged_so_far (a count) and \
divergence (cause, step, layer, term, relative_update); null is a number that is not finite.

--resume takes every setting from the run; with it go only --threads, --episode-threads, --checkpoint-every, \
--quiet and --json (for the episodes from there on), and --episodes, more than the run has, also when it has come to \
its end: the files become those of a run that was begun with as many, byte for byte. Ctrl-C stops a run after its episode, ready to be resumed; so \
is a run that was killed, from its last checkpoint.

Example:
  metaplast meta-train --preset bio --episodes 20 --shots 10";

/// Find the coefficients θ of a plasticity rule by gradient descent through whole episodes.
///
/// Writes a run directory with config.toml, episodes.csv, rule.toml and rule.md.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct MetaTrain {
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// A TOML file with settings; flags win over it
    #[arg(long, value_name = "FILE", help_heading = heading::EXECUTION)]
    config: Option<PathBuf>,
    /// Go on with an interrupted run; the result is the same, byte for byte, as without interruption
    #[arg(long, value_name = "RUN_DIR", conflicts_with = "config", help_heading = heading::EXECUTION)]
    resume: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(arguments: &MetaTrain) -> Result<(), Error> {
    run_on(arguments, None)
}

/// Runs the command with episodes that an executor runs, if there is one.
pub(crate) fn run_on(
    arguments: &MetaTrain,
    executor: Option<&dyn RunExecutor>,
) -> Result<(), Error> {
    let settings = &arguments.settings;
    for (flag, given) in [
        ("--threads", settings.threads),
        ("--episode-threads", settings.episode_threads),
    ] {
        if executor.is_some() && given.is_some() {
            return Err(Error::setting(
                flag,
                "the episodes run elsewhere; say there how many at a time",
            ));
        }
    }
    match &arguments.resume {
        None => start(arguments, executor),
        Some(directory) => resume(arguments, directory, executor),
    }
}

fn start(arguments: &MetaTrain, executor: Option<&dyn RunExecutor>) -> Result<(), Error> {
    let flags = &arguments.settings;
    let file = match &arguments.config {
        Some(path) => Settings::read(path)?,
        None => Settings::default(),
    };
    let path = arguments.config.as_deref();
    let config = Config::resolve_with(flags, &file, path, &libraries::all())?;
    let verbosity = verbosity(flags, &file);
    let origins = Origins::new(flags, &file, arguments.config.as_deref());
    let by_origin = |error| origins.name(error);
    let checkpoint_every = flags.checkpoint_every.or(file.checkpoint_every);
    let checkpoint_every = self::checkpoint_every(checkpoint_every).map_err(by_origin)?;
    let pool = match executor {
        Some(_) => threads::waiting(config.trials),
        None => threads::pool_of_teams(
            flags.threads.or(file.threads),
            flags.episode_threads.or(file.episode_threads),
        ),
    };
    let pool = pool.map_err(by_origin)?;
    let out = flags.out.as_deref().or(file.out.as_deref());
    let name = rule_name(&config.rule, &config.feedback);
    let ended = directory::in_chosen(out, &name, |out| {
        let mut monitor = TerminalMonitor::new(verbosity);
        let execution = Execution::new(&pool, &mut monitor)
            .with_executor(executor)
            .with_checkpoint_every(checkpoint_every);
        let end = train::start(&config, out.clone(), execution)?;
        Ok((end, out))
    });
    let (end, out) = ended.map_err(by_origin)?;
    say(&end, &out, verbosity)
}

fn resume(
    arguments: &MetaTrain,
    path: &Path,
    executor: Option<&dyn RunExecutor>,
) -> Result<(), Error> {
    let flags = &arguments.settings;
    let allowed = Settings {
        threads: flags.threads,
        episode_threads: flags.episode_threads,
        checkpoint_every: flags.checkpoint_every,
        quiet: flags.quiet,
        json: flags.json,
        episodes: flags.episodes,
        ..Settings::default()
    };
    if *flags != allowed {
        return Err(Error::setting(
            "--resume",
            "a run goes on with its own settings; give only --episodes, --threads, --episode-threads, --checkpoint-every, --quiet or --json with it",
        ));
    }
    let verbosity = verbosity(flags, &Settings::default());
    let checkpoint_every = checkpoint_every(flags.checkpoint_every)?;
    let pool = match executor {
        // The trials are not known yet.
        Some(_) => threads::waiting(u64::MAX),
        None => threads::pool_of_teams(flags.threads, flags.episode_threads),
    }?;
    let mut monitor = TerminalMonitor::new(verbosity);
    let episodes = flags
        .episodes
        .map(|n| Choice::new(n, "--episodes").positive());
    let libraries = libraries::all();
    let execution = Execution::new(&pool, &mut monitor)
        .with_executor(executor)
        .with_checkpoint_every(checkpoint_every)
        .with_libraries(&libraries);
    let end = match episodes.transpose()? {
        Some(episodes) => train::extend(path, episodes, execution)?,
        None => train::resume(path, execution)?,
    };
    drop(monitor);
    say(&end, path, verbosity)
}

/// Flags for how much to print are keys of the file too, and one of the flags beats both.
fn verbosity(flags: &Settings, file: &Settings) -> Verbosity {
    let chosen = if flags.quiet || flags.json {
        flags
    } else {
        file
    };
    match (chosen.json, chosen.quiet) {
        (true, _) => Verbosity::Json,
        (false, true) => Verbosity::Quiet,
        (false, false) => Verbosity::Normal,
    }
}

fn checkpoint_every(given: Option<u64>) -> Result<u64, metaplast_runs::Error> {
    let every = given.unwrap_or(EPISODES_PER_CHECKPOINT);
    Choice::new(every, "--checkpoint-every").positive()
}

/// Prints how the run ended.
fn say(end: &RunEnd, directory: &Path, verbosity: Verbosity) -> Result<(), Error> {
    match end {
        RunEnd::Finished(run) if verbosity == Verbosity::Normal => {
            output::print(&summary(run, directory))
        }
        RunEnd::Finished(_) => Ok(()),
        RunEnd::Stopped { episodes, of } => Err(Error::Interrupted(format!(
            "stopped after {episodes} of {of} episodes; rule.toml is what was learned so far; go on with: {}",
            resume_command(directory)
        ))),
    }
}
