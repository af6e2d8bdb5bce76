//! `metaplast verify`: repeat episodes of a run and compare.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use metaplast_meta::gradient::Outcome;
use metaplast_meta::train::{EpisodeRecord, TrainSettings, Trainer};

use crate::arguments::Verify;
use crate::checkpoint::{CHECKPOINT, Checkpoint};
use crate::choice::Choice;
use crate::config::Config;
use crate::episode_log::EPISODES;
use crate::episodes_csv::{Columns, row};
use crate::error::Error;
use crate::file::read_text;
use crate::output;
use crate::rule_file::RuleFile;
use crate::settings::Settings;

/// Runs the command.
pub(crate) fn run(arguments: &Verify) -> Result<(), Error> {
    let directory = &arguments.run;
    let number = Choice::new(arguments.episodes, "--episodes").positive()?;
    let path = directory.join("config.toml");
    let config = Config::resolve(&Settings::default(), &Settings::read(&path)?, Some(&path))?;
    let rows = Rows::read(directory, &config)?;
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
        directory.display()
    ))
}

/// `episodes.csv`, line by line.
struct Rows {
    path: PathBuf,
    columns: Columns,
    lines: Vec<(String, EpisodeRecord)>,
}

impl Rows {
    fn read(directory: &Path, config: &Config) -> Result<Self, Error> {
        let path = directory.join(EPISODES);
        let columns = Columns::new(&config.rule, config.architecture.layers());
        let mut text = read_text(&path)?;
        // A run that was killed, or goes on, may have written a part of a row.
        text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
        let at = |line: usize, reason: &str| Error::File {
            path: path.clone(),
            line: Some(line),
            reason: reason.into(),
        };
        let Some(text) = text.strip_prefix(&columns.header()) else {
            return Err(at(
                1,
                "not the columns of a run with the settings of config.toml; name a directory that meta-train wrote",
            ));
        };
        let lines = (2..).zip(text.lines()).map(|(number, line)| {
            let record = columns.read(line);
            let record =
                record.ok_or_else(|| at(number, "not a row of this run; it was damaged"))?;
            Ok((line.to_owned(), record))
        });
        let lines: Vec<_> = lines.collect::<Result<_, Error>>()?;
        if lines.is_empty() {
            return Err(at(1, "no episodes yet; wait for the first"));
        }
        Ok(Rows {
            path,
            columns,
            lines,
        })
    }

    /// An error that names the first number of a row that came out otherwise.
    fn compare(&self, index: usize, repeated: &EpisodeRecord) -> Result<(), Error> {
        let (logged, record) = &self.lines[index];
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
            "{}: line {}: episode {} of trial {}: {name} is {logged}, and {repeated} when it is repeated; the file was changed, or another version or processor wrote it",
            self.path.display(),
            index + 2,
            record.episode,
            record.trial,
        )))
    }
}

struct Verification<'a> {
    trainer: Trainer<'a>,
    settings: &'a TrainSettings,
    rows: &'a Rows,
}

impl Verification<'_> {
    /// Repeats `number` episodes from the beginning and as many others; returns how many there were.
    fn repeat(&self, number: u64) -> Result<(usize, usize), Error> {
        let lines = &self.rows.lines;
        let trial = lines[0].1.trial;
        let of_trial = lines
            .iter()
            .take_while(|(_, row)| row.trial == trial)
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

        let rest = lines.len() - first;
        let others = rest.min(first);
        // Evenly, and the last row among them.
        let indices: Vec<usize> = (1..=others)
            .map(|k| first + rest * k / others - 1)
            .collect();
        let episodes = indices.iter().map(|&index| {
            let logged = &lines[index].1;
            (logged.trial, logged.episode, logged.theta.as_slice())
        });
        let mut verdict = Ok(());
        let mut next = indices.iter();
        self.trainer.repeat(episodes, &mut |outcome| {
            let index = *next.next().expect("an outcome for each episode");
            verdict = self.compare_alone(index, outcome);
            match verdict {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        verdict?;
        Ok((first, others))
    }

    /// Compares an episode that was repeated from the θ in its row.
    fn compare_alone(&self, index: usize, outcome: Outcome) -> Result<(), Error> {
        let logged = &self.rows.lines[index].1;
        let cross_entropy = outcome.query.cross_entropy;
        let repeated = EpisodeRecord {
            meta_loss: self.settings.meta_loss(cross_entropy, &logged.theta),
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
    let (rule, checkpoint) = (directory.join("rule.toml"), directory.join(CHECKPOINT));
    if !rule.exists() || !checkpoint.exists() {
        return Ok("");
    }
    let text = fs::read(&checkpoint).map_err(|cause| Error::io(&checkpoint, "read", cause))?;
    let Ok(state) = Checkpoint::from_text(&text) else {
        return Ok("; the checkpoint cannot be read, and was not compared with the rule");
    };
    let trials = state.trials.iter().map(|trial| trial.theta());
    if trials.ne(RuleFile::read(&rule)?.trials.iter()) {
        return Err(Error::Failed(format!(
            "{}: its trials do not end at the coefficients of {}; one of the files was changed, or the run went on since it was stopped",
            rule.display(),
            checkpoint.display()
        )));
    }
    Ok("; rule.toml is that of the checkpoint")
}
