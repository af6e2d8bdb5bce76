//! `metaplast verify`: repeat episodes of a run and compare.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;
use metaplast_data::text::{MOST_TABLE_BYTES, read_up_to};
use metaplast_meta::gradient::Outcome;
use metaplast_meta::train::{EpisodeRecord, TrainSettings, Trainer};
use metaplast_runs::checkpoint::Checkpoint;
use metaplast_runs::directory::names::{CHECKPOINT, CONFIG, EPISODES, RULE};
use metaplast_runs::episodes::{Columns, EpisodeRow, LastRow, read_rows, row};
use metaplast_runs::rule::RuleFile;
use metaplast_runs::settings::{Choice, Config, Settings, whole};
use metaplast_runs::stored::StoredRun;

use crate::error::Error;
use crate::libraries;
use crate::shell::shown;
use crate::terminal::output;

const AFTER: &str = "\
Repeats the first episodes of the run with the steps of θ between them, and others, spread over all \
of it, from the θ that is logged in their rows; every number of a row must come out again to the bit. \
Then the coefficients of rule.toml must be those of the last checkpoint. Exits with 1 when something \
differs, and names it. A run that is still going on can be verified as far as it has come.

Example:
  metaplast verify runs/bio-1 --episodes 20";

/// Repeat some episodes of a run and compare them with what it logged.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Verify {
    /// A run directory of meta-train
    #[arg(value_name = "RUN_DIR")]
    run: PathBuf,
    /// How many to repeat from the beginning, and how many others
    #[arg(long, value_name = "N", default_value = "5", value_parser = whole, allow_negative_numbers = true)]
    episodes: u64,
}

/// Runs the command.
pub(crate) fn run(arguments: &Verify) -> Result<(), Error> {
    let directory = &arguments.run;
    let number = Choice::new(arguments.episodes, "--episodes").positive()?;
    StoredRun::check_there(directory)?;
    let path = directory.join(CONFIG);
    let (none, given) = (Settings::default(), Settings::read(&path)?);
    let mut config = Config::resolve_with(&none, &given, Some(&path), &libraries::all())?;
    let rows = LoggedEpisodes::read(directory, &config)?;
    let (dataset, tasks) = config.open_data()?;
    let settings = config.trainer_settings();
    let verification = Verification {
        trainer: Trainer::new(&settings, &dataset, &tasks.sampler),
        settings: &settings,
        rows: &rows,
    };
    let (first, others) = verification.repeat(number)?;
    let rule = check_rule(directory)?;
    output::line(&format!(
        "{}: {first} episodes repeated from the beginning with their steps of θ, {others} more from their logged θ; every number is the same to the bit{rule}",
        shown(directory)
    ))
}

/// The rows of `episodes.csv`.
struct LoggedEpisodes {
    path: PathBuf,
    columns: Columns,
    rows: Vec<EpisodeRow>,
}

impl LoggedEpisodes {
    fn read(directory: &Path, config: &Config) -> Result<Self, Error> {
        let path = directory.join(EPISODES);
        let columns = Columns::new(&config.rule, config.architecture.layers());
        Ok(LoggedEpisodes {
            // A run that was killed, or goes on, may have written a part of a row.
            rows: read_rows(&path, &columns, LastRow::InProgress)?,
            path,
            columns,
        })
    }

    /// An error that names the first number of a row that came out otherwise.
    fn compare(&self, index: usize, repeated: &EpisodeRecord) -> Result<(), Error> {
        let EpisodeRow {
            line,
            text: logged,
            record,
        } = &self.rows[index];
        let repeated = row(repeated);
        let repeated = repeated.trim_end();
        if logged == repeated {
            return Ok(());
        }
        let header = self.columns.header();
        let cells = header.trim_end().split(',');
        let cells = cells.zip(logged.split(',')).zip(repeated.split(','));
        let different = cells
            .into_iter()
            .find(|((_, logged), repeated)| logged != repeated);
        let ((name, logged), repeated) = different.unwrap_or((("row", logged), repeated));
        Err(Error::Failed(format!(
            "{}: line {line}: episode {} of trial {}: {name} is {logged}, and {repeated} when it is repeated; the file was changed, or another version or processor wrote it",
            self.path.display(),
            record.episode,
            record.trial,
        )))
    }
}

struct Verification<'a> {
    trainer: Trainer<'a>,
    settings: &'a TrainSettings,
    rows: &'a LoggedEpisodes,
}

impl Verification<'_> {
    /// Repeats `number` episodes from the beginning and as many others; returns how many there were.
    fn repeat(&self, number: u64) -> Result<(usize, usize), Error> {
        let rows = &self.rows.rows;
        let trial = rows[0].record.trial;
        let of_trial = rows
            .iter()
            .take_while(|row| row.record.trial == trial)
            .count();
        let first = of_trial.min(usize::try_from(number).unwrap_or(usize::MAX));

        let mut index = 0;
        let mut verdict = Ok(());
        // The observer always stops it, or it stops by itself.
        let _ = self.trainer.run_trial(trial, &mut |record| {
            verdict = self.rows.compare(index, record);
            index += 1;
            if verdict.is_err() || index >= first {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        verdict?;

        let rest = rows.len() - first;
        let others = rest.min(first);
        // Evenly, and the last row among them.
        let indices: Vec<usize> = (1..=others)
            .map(|k| first + rest * k / others - 1)
            .collect();
        let mut run = self.trainer.runner();
        for index in indices {
            let logged = &rows[index].record;
            self.compare_alone(index, run(logged.trial, logged.episode, &logged.theta))?;
        }
        Ok((first, others))
    }

    /// Compares an episode that was repeated from the θ in its row.
    fn compare_alone(&self, index: usize, outcome: Outcome) -> Result<(), Error> {
        let logged = &self.rows.rows[index].record;
        let repeated = EpisodeRecord {
            meta_loss: self.settings.meta_loss(outcome.loss, &logged.theta),
            query: outcome.query,
            diagnostics: outcome
                .diagnostics
                .expect("the trainer asks for diagnostics"),
            ..logged.clone()
        };
        self.rows.compare(index, &repeated)
    }
}

/// Compares the rule with the checkpoint, where both are there.
fn check_rule(directory: &Path) -> Result<&'static str, Error> {
    let (rule, checkpoint) = (directory.join(RULE), directory.join(CHECKPOINT));
    if !rule.exists() || !checkpoint.exists() {
        return Ok("");
    }
    let text = read_up_to(&checkpoint, MOST_TABLE_BYTES)
        .map_err(|cause| metaplast_runs::Error::io(&checkpoint, "read", cause))?;
    let Ok(state) = Checkpoint::from_text(&text) else {
        return Ok("; the checkpoint cannot be read, and was not compared with the rule");
    };
    let trials = state.trials.iter().map(|trial| trial.theta());
    if trials.ne(RuleFile::read_with(&rule, &libraries::all())?.trials.iter()) {
        return Err(Error::Failed(format!(
            "{}: its trials do not end at the coefficients of {}; one of the files was changed, or the run went on since it was stopped",
            rule.display(),
            checkpoint.display()
        )));
    }
    Ok("; rule.toml is that of the checkpoint")
}
