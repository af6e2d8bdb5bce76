//! Training log: writes rows and checkpoints as episodes end, tells the monitor, and stops on request.

use std::ops::ControlFlow;

use metaplast_meta::train::{
    EpisodeRecord, Observer, TrainError, TrainSettings, TrialResult, TrialState,
};
use tracing::{debug, trace, warn};

use super::accuracies::LastAccuracies;
use super::monitor::Monitor;
use crate::checkpoint::Checkpoint;
use crate::directory::RunDirectory;
use crate::directory::names::EPISODES;
use crate::episodes::{Columns, EpisodeLog, row};
use crate::error::Error;
use crate::settings::Settings;

/// Where episodes go, as they come.
pub(super) struct TrainingLog<'m> {
    monitor: &'m mut dyn Monitor,
    settings: TrainSettings,
    /// The settings as a checkpoint holds them.
    stored: Settings,
    /// Episodes from one checkpoint to the next.
    checkpoint_every: u64,
    columns: Columns,
    log: EpisodeLog,
    directory: RunDirectory,
    /// The latest state of each trial, and how many bytes of rows it had then.
    states: Vec<TrialState>,
    rows: Vec<u64>,
    /// The checksums of these rows.
    sums: Vec<u32>,
    last: Vec<LastAccuracies>,
    /// Episodes since the last checkpoint.
    since: u64,
    error: Option<Error>,
}

impl<'m> TrainingLog<'m> {
    /// Follows a run whose trials are at `states`, with `rows` bytes of rows each.
    pub(super) fn open(
        mut directory: RunDirectory,
        settings: TrainSettings,
        stored: Settings,
        states: Vec<TrialState>,
        rows: Vec<u64>,
        checkpoint_every: u64,
        monitor: &'m mut dyn Monitor,
    ) -> Result<Self, Error> {
        let columns = Columns::new(&settings.model.rule, settings.model.architecture.layers());
        // To be removed with the directory when nothing comes of the run.
        directory.file(EPISODES);
        let current = turn(&states, &settings);
        let log = EpisodeLog::open(directory.path(), &columns.header(), &rows, current)?;
        let sums = (0..states.len() as u64)
            .map(|trial| log.sum_of(trial))
            .collect();
        let mut last = vec![LastAccuracies::default(); states.len()];
        for (trial, last) in (0..).zip(&mut last) {
            log.rows_of(&columns.header(), trial, &mut |line| {
                if let Ok(record) = columns.read(line) {
                    last.push(record.query.accuracy);
                }
            })?;
        }
        Ok(TrainingLog {
            monitor,
            checkpoint_every,
            columns,
            log,
            directory,
            states,
            rows,
            sums,
            last,
            since: 0,
            error: None,
            settings,
            stored,
        })
    }

    /// The latest state of each trial.
    pub(super) fn states(&self) -> Vec<TrialState> {
        self.states.clone()
    }

    /// Saves a checkpoint.
    fn save(&mut self) -> Result<(), Error> {
        // A checkpoint must not count on rows that a power cut could take.
        self.log.sync()?;
        let checkpoint = Checkpoint::new(
            self.stored.clone(),
            self.rows.clone(),
            self.sums.clone(),
            self.states.clone(),
        );
        checkpoint.save(self.directory.path())?;
        debug!(directory = %self.directory.path().display(), rows = ?self.rows, "saved a checkpoint");
        self.since = 0;
        Ok(())
    }

    /// Saves the last checkpoint, and says how the run ended.
    pub(super) fn close(
        mut self,
        results: Vec<Result<TrialResult, TrainError>>,
    ) -> Result<(RunDirectory, Ending), Error> {
        if let Some(error) = self.error.take() {
            // Often only one file, or the reader of the output, is in trouble.
            let _ = self.save();
            return Err(self.resumable(error));
        }
        let stopped = results
            .iter()
            .any(|result| matches!(result, Err(TrainError::Stopped)));
        let saved = self.save();
        // What waited for its turn is shown; going on cuts it off again.
        let rest = saved.and_then(|()| self.turn_to(self.states.len() as u64));
        rest.map_err(|error| self.resumable(error))?;
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

    /// What failed on the way, with the directory where the run can be resumed.
    fn resumable(&self, error: Error) -> Error {
        match self.directory.is_kept() {
            false => error,
            true => Error::Resumable {
                cause: Box::new(error),
                directory: self.directory.path().to_owned(),
            },
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
        self.monitor.episode(record);
        let its_turn = self.log.append(record.trial, &row(record))?;
        self.directory.keep();
        self.last[record.trial as usize].push(record.query.accuracy);
        if its_turn {
            self.monitor.row(record).map_err(Error::Monitor)?;
        }
        self.since += 1;
        Ok(())
    }

    fn take_note(&mut self, state: &TrialState) -> Result<(), Error> {
        let trial = state.trial();
        self.states[trial as usize] = state.clone();
        self.rows[trial as usize] = self.log.bytes_of(trial);
        self.sums[trial as usize] = self.log.sum_of(trial);
        if state.has_ended(&self.settings) {
            self.log.end(trial)?;
            self.turn_to(turn(&self.states, &self.settings))?;
        }
        if self.since >= self.checkpoint_every {
            self.save()?;
        }
        Ok(())
    }

    fn turn_to(&mut self, current: u64) -> Result<(), Error> {
        let (columns, monitor) = (&self.columns, &mut *self.monitor);
        self.log
            .turn_to(current, &mut |line| match columns.read(line) {
                Ok(record) => monitor.row(&record).map_err(Error::Monitor),
                Err(_) => Ok(()),
            })
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

impl Observer for TrainingLog<'_> {
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
            ControlFlow::Continue(()) if self.monitor.stop_requested() => ControlFlow::Break(()),
            flow => flow,
        }
    }

    fn gave_up(&mut self, error: &TrainError) {
        self.monitor.gave_up(error);
        if self.states.len() > 1 {
            self.monitor
                .note(&format!("{error}; the other trials go on"));
        }
    }
}

/// How a run ended.
pub(super) enum Ending {
    /// With results, and the accuracies of each trial's last episodes.
    Finished(Vec<TrialResult>, Vec<LastAccuracies>),
    /// Before its last episode, on request.
    Stopped(Vec<TrialState>),
    /// A trial did not get out of divergence.
    GaveUp(TrainError),
}

/// The trial whose rows are next in `episodes.csv`: the first that has not ended.
pub(super) fn turn(states: &[TrialState], settings: &TrainSettings) -> u64 {
    let ended = states.iter().take_while(|state| state.has_ended(settings));
    ended.count() as u64
}
