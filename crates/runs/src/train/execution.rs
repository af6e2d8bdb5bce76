//! Execution: who runs a run's episodes, how often it is saved, and who follows it.

use metaplast_meta::train::EpisodeExecutor;
use rayon::ThreadPool;

use super::monitor::Monitor;
use crate::settings::rule::Libraries;
use crate::settings::{Config, Settings};

/// Episodes from one checkpoint to the next unless told otherwise: a few seconds of work at the paper's
/// size.
pub const EPISODES_PER_CHECKPOINT: u64 = 50;

/// Runs the episodes of a run, such as by other processes or machines.
pub trait RunExecutor: EpisodeExecutor {
    /// Episodes of the run with these settings, all of which are given, are about to be asked for.
    fn begin(&self, _settings: &Settings) {}
}

/// How a run is carried out. Nothing of it changes a byte of what is written.
pub struct Execution<'a> {
    pub(super) pool: &'a ThreadPool,
    pub(super) executor: Option<&'a dyn RunExecutor>,
    pub(super) checkpoint_every: u64,
    pub(super) libraries: Option<&'a Libraries>,
    pub(super) monitor: &'a mut dyn Monitor,
}

impl<'a> Execution<'a> {
    /// On the threads of a pool, with a checkpoint every [`EPISODES_PER_CHECKPOINT`] episodes.
    #[must_use]
    pub fn new(pool: &'a ThreadPool, monitor: &'a mut dyn Monitor) -> Self {
        Execution {
            pool,
            executor: None,
            checkpoint_every: EPISODES_PER_CHECKPOINT,
            libraries: None,
            monitor,
        }
    }

    /// With episodes that an executor runs, if there is one. The pool then only waits for it, with as many
    /// trials at a time as it has threads; see [`threads::waiting`](crate::threads::waiting).
    #[must_use]
    pub fn with_executor(self, executor: Option<&'a dyn RunExecutor>) -> Self {
        Execution { executor, ..self }
    }

    /// With so many episodes from one checkpoint to the next.
    ///
    /// # Panics
    /// When it is 0.
    #[must_use]
    pub fn with_checkpoint_every(self, episodes: u64) -> Self {
        assert!(episodes > 0, "execution: checkpoint_every is 0");
        Execution {
            checkpoint_every: episodes,
            ..self
        }
    }

    /// With terms and feedback of these libraries, beside the built-in ones, where a run is resumed.
    #[must_use]
    pub fn with_libraries(self, libraries: &'a Libraries) -> Self {
        Execution {
            libraries: Some(libraries),
            ..self
        }
    }

    /// Says that the run begins, with what is worth knowing about its memory and what may be wrong with it.
    pub(super) fn begin(&mut self, config: &Config, memory: Option<&str>, warning: Option<&str>) {
        self.monitor.begin(config);
        if let Some(memory) = memory {
            self.monitor.note(memory);
        }
        if let Some(warning) = warning {
            self.monitor.warning(warning);
        }
    }

    /// Episodes that this process runs at a time, at most.
    pub(super) fn at_once(&self) -> usize {
        match self.executor {
            Some(_) => 1,
            None => self.pool.current_num_threads(),
        }
    }
}
