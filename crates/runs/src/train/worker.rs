//! Worker: the episodes of a run, for a process that only runs them.

use metaplast_data::Dataset;
use metaplast_meta::train::{RunEpisode, TrainSettings, Trainer};

use crate::error::Error;
use crate::settings::{Config, Tasks};

/// What a process needs that runs episodes for a [`RunExecutor`](super::RunExecutor): the settings of the
/// run and its images.
pub struct EpisodeWorker {
    settings: TrainSettings,
    dataset: Dataset,
    tasks: Tasks,
}

impl EpisodeWorker {
    /// Reads the images of a run.
    ///
    /// # Errors
    /// When they cannot be read, are not those that the settings name, or do not fit network and tasks.
    pub fn new(mut config: Config) -> Result<Self, Error> {
        let (dataset, tasks) = config.open_data()?;
        config.fit_memory(&dataset, &tasks)?;
        Ok(EpisodeWorker {
            settings: config.trainer_settings(),
            dataset,
            tasks,
        })
    }

    /// Coefficients of the rule.
    #[must_use]
    pub fn coefficients(&self) -> usize {
        self.settings.model.rule.theta().len()
    }

    /// A function that runs the episode of a trial and number at θ, with gradient and diagnostics: the same
    /// bits whoever runs it.
    #[must_use]
    pub fn runner(&self) -> RunEpisode<'_> {
        Trainer::new(&self.settings, &self.dataset, &self.tasks.sampler).runner()
    }
}
