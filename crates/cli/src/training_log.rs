//! Observes a run: writes rows and checkpoints, shows progress, handles interruption.

use std::ops::ControlFlow;
use std::sync::Arc;

use metaplast_meta::train::{
    EpisodeRecord, Observer, TrainError, TrainSettings, TrialResult, TrialState,
};
use tracing::{debug, trace, warn};

use crate::checkpoint::Checkpoint;
use crate::episode_log::EpisodeLog;
use crate::episodes_csv::{Columns, row};
use crate::error::Error;
use crate::interrupt;
use crate::json::episode_line;
use crate::output;
use crate::progress::{Overall, Progress};
use crate::rule_choice;
use crate::run_directory::RunDirectory;
use crate::settings::Settings;
use crate::summary::LastAccuracies;

/// How a run is to talk and how often it is to be saved.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    pub(crate) quiet: bool,
    pub(crate) json: bool,
    /// Episodes from one checkpoint to the next.
    pub(crate) checkpoint_every: u64,
    /// The progress of several runs, of which this is one.
    pub(crate) overall: Option<Arc<Overall>>,
}

/// Where episodes go, as they come.
pub(crate) struct TrainingLog {
    manner: Manner,
    symbols: Vec<String>,
    settings: TrainSettings,
    /// The settings as a checkpoint holds them.
    stored: Settings,
    progress: Progress,
    columns: Columns,
    log: EpisodeLog,
    directory: RunDirectory,
    /// Where each trial stood last, and how many bytes of rows it had.
    states: Vec<TrialState>,
    rows: Vec<u64>,
    last: Vec<LastAccuracies>,
    /// Episodes since the last checkpoint.
    since: u64,
    error: Option<Error>,
}

impl TrainingLog {
    /// Follows a run whose trials stand at `states`, with `rows` bytes of rows each.
    pub(crate) fn open(
        mut directory: RunDirectory,
        settings: TrainSettings,
        stored: Settings,
        states: Vec<TrialState>,
        rows: Vec<u64>,
        manner: Manner,
    ) -> Result<Self, Error> {
        let rule = &settings.model.rule;
        let columns = Columns::new(rule, settings.model.architecture.layers());
        let trials = states.len() as u64;
        let silent = manner.quiet || manner.json;
        // To be removed with the directory when nothing comes of the run.
        directory.file(crate::episode_log::EPISODES);
        let current = turn(&states, &settings);
        let log = EpisodeLog::open(directory.path(), &columns.header(), &rows, current)?;
        let mut last = vec![LastAccuracies::default(); states.len()];
        for (trial, last) in (0..).zip(&mut last) {
            log.rows_of(&columns.header(), trial, &mut |line| {
                if let Some(record) = columns.read(line) {
                    last.push(record.query.accuracy);
                }
            })?;
        }
        Ok(TrainingLog {
            manner,
            symbols: rule_choice::names(rule),
            progress: Progress::new(silent, "", rule, settings.episodes, trials),
            columns,
            log,
            directory,
            states,
            rows,
            last,
            since: 0,
            error: None,
            settings,
            stored,
        })
    }

    /// Where the trials stand, to go on from.
    pub(crate) fn states(&self) -> Vec<TrialState> {
        self.states.clone()
    }

    /// Saves where the run stands.
    pub(crate) fn save(&mut self) -> Result<(), Error> {
        // A checkpoint must not count on rows that a power cut could take.
        self.log.sync()?;
        let checkpoint =
            Checkpoint::new(self.stored.clone(), self.rows.clone(), self.states.clone());
        checkpoint.save(self.directory.path())?;
        debug!(directory = %self.directory.path().display(), rows = ?self.rows, "saved a checkpoint");
        self.since = 0;
        Ok(())
    }

    /// Ends the progress and hands over what the end of a command needs. `None` for the results
    /// when the run was interrupted.
    pub(crate) fn close(
        mut self,
        results: Vec<Result<TrialResult, TrainError>>,
    ) -> Result<(RunDirectory, Ending), Error> {
        if let Some(error) = self.error.take() {
            // Often only one file, or the reader of the output, is in trouble.
            let _ = self.save();
            return Err(self.with_way_on(error));
        }
        let stopped = results
            .iter()
            .any(|result| matches!(result, Err(TrainError::Stopped)));
        let saved = self.save();
        // What waited for its turn is shown; going on cuts it off again.
        let rest = saved.and_then(|()| self.turn_to(self.states.len() as u64));
        rest.map_err(|error| self.with_way_on(error))?;
        let ending = if stopped {
            self.directory.keep();
            Ending::Stopped(self.states)
        } else {
            let results: Result<Vec<TrialResult>, TrainError> = results.into_iter().collect();
            match results {
                Ok(results) => {
                    self.log.clean()?;
                    Ending::Finished(results, self.last)
                }
                Err(error) => Ending::GaveUp(error),
            }
        };
        Ok((self.directory, ending))
    }

    /// What failed on the way, with how to go on when that is put right.
    fn with_way_on(&self, error: Error) -> Error {
        match error {
            error if error.is_broken_pipe() || !self.directory.is_kept() => error,
            error => Error::Failed(format!(
                "{error}; then go on with: {}",
                way_on(&self.directory)
            )),
        }
    }

    fn tell(&mut self, record: &EpisodeRecord) -> Result<(), Error> {
        trace!(
            trial = record.trial,
            episode = record.episode,
            meta_loss = record.meta_loss,
            theta = ?record.theta,
            "episode"
        );
        if record.diverged {
            warn!(
                trial = record.trial,
                episode = record.episode,
                query_ce = record.query.cross_entropy,
                "diverged; θ steps back"
            );
        }
        self.progress.show(record);
        if let Some(overall) = &self.manner.overall {
            overall.tick();
        }
        let its_turn = self.log.append(record.trial, &row(record))?;
        self.directory.keep();
        self.last[record.trial as usize].push(record.query.accuracy);
        if its_turn && self.manner.json {
            output::line(&episode_line(&self.symbols, record))?;
        }
        self.since += 1;
        Ok(())
    }

    fn take_note(&mut self, state: &TrialState) -> Result<(), Error> {
        let trial = state.trial();
        self.states[trial as usize] = state.clone();
        self.rows[trial as usize] = self.log.bytes_of(trial);
        if state.has_ended(&self.settings) {
            self.log.end(trial)?;
            self.turn_to(turn(&self.states, &self.settings))?;
        }
        if self.since >= self.manner.checkpoint_every {
            self.save()?;
        }
        Ok(())
    }

    fn turn_to(&mut self, current: u64) -> Result<(), Error> {
        let (json, columns, symbols) = (self.manner.json, &self.columns, &self.symbols);
        self.log.turn_to(
            current,
            &mut |line| match columns.read(line).filter(|_| json) {
                Some(record) => output::line(&episode_line(symbols, &record)),
                None => Ok(()),
            },
        )
    }

    fn flow(&mut self, attempt: Result<(), Error>) -> ControlFlow<()> {
        if let Err(error) = attempt {
            self.error.get_or_insert(error);
        }
        match self.error {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    }
}

impl Observer for TrainingLog {
    fn episode(&mut self, record: &EpisodeRecord) -> ControlFlow<()> {
        let attempt = match self.error {
            Some(_) => Ok(()),
            None => self.tell(record),
        };
        self.flow(attempt)
    }

    fn checkpoint(&mut self, state: &TrialState) -> ControlFlow<()> {
        let attempt = match self.error {
            Some(_) => Ok(()),
            None => self.take_note(state),
        };
        match self.flow(attempt) {
            ControlFlow::Continue(()) if interrupt::requested() => ControlFlow::Break(()),
            flow => flow,
        }
    }

    fn gave_up(&mut self, error: &TrainError) {
        if self.states.len() > 1 {
            self.progress
                .say(&format!("{error}; the other trials go on"));
        }
    }
}

/// How a run ended.
pub(crate) enum Ending {
    /// With results, and the accuracies of each trial's last episodes.
    Finished(Vec<TrialResult>, Vec<LastAccuracies>),
    /// Before its last episode, on request.
    Stopped(Vec<TrialState>),
    /// A trial did not get out of divergence.
    GaveUp(TrainError),
}

/// The command that goes on with a run.
pub(crate) fn way_on(directory: &RunDirectory) -> String {
    format!(
        "metaplast meta-train --resume {}",
        output::quoted(directory.path())
    )
}

/// The trial whose rows are next in `episodes.csv`: the first that has not ended.
pub(crate) fn turn(states: &[TrialState], settings: &TrainSettings) -> u64 {
    let ended = states.iter().take_while(|state| state.has_ended(settings));
    ended.count() as u64
}
