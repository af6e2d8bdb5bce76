//! Observers of a meta-training: told of episodes and checkpoints as they come.

use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard};

use super::record::{EpisodeRecord, TrainError};
use super::state::TrialState;

/// Called after each episode; [`ControlFlow::Break`] stops the run.
pub type OnEpisode<'o> = dyn FnMut(&EpisodeRecord) -> ControlFlow<()> + Send + 'o;

/// Observes a meta-training.
pub trait Observer: Send {
    /// After each episode; [`ControlFlow::Break`] stops the trial, in the middle of its meta-batch.
    fn episode(&mut self, record: &EpisodeRecord) -> ControlFlow<()>;

    /// Before the first episode, and after each meta-batch once all its episodes were told of: the
    /// state of the trial. [`ControlFlow::Break`] stops the trial, which can go on from this state.
    fn checkpoint(&mut self, _state: &TrialState) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// When a trial gives up because its episodes keep diverging, while others may still run.
    fn gave_up(&mut self, _error: &TrainError) {}
}

/// A callback as an observer.
pub(super) struct Callback<'a, 'o>(pub(super) &'a mut OnEpisode<'o>);

impl Observer for Callback<'_, '_> {
    fn episode(&mut self, record: &EpisodeRecord) -> ControlFlow<()> {
        (self.0)(record)
    }
}

/// One observer of trials on several threads.
pub(super) struct Shared<'a, 'w>(pub(super) &'a Mutex<&'w mut dyn Observer>);

impl<'w> Shared<'_, 'w> {
    fn lock(&self) -> MutexGuard<'_, &'w mut dyn Observer> {
        self.0.lock().expect("no observer panicked")
    }
}

impl Observer for Shared<'_, '_> {
    fn episode(&mut self, record: &EpisodeRecord) -> ControlFlow<()> {
        self.lock().episode(record)
    }

    fn checkpoint(&mut self, state: &TrialState) -> ControlFlow<()> {
        self.lock().checkpoint(state)
    }

    fn gave_up(&mut self, error: &TrainError) {
        self.lock().gave_up(error);
    }
}
