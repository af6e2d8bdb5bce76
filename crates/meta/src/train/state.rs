//! Where a trial stands between two meta-batches: all that the rest of it depends on.
//!
//! Random streams are named by (seed, trial, episode, purpose) and start anew in every episode
//! ([`crate::seeds`]), so there is no generator to remember: θ, the meta-optimiser, the guard and
//! the number of episodes are the whole state. A trial that is taken up from a stored state ends
//! with the same bits as one that was never interrupted.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::divergence::Divergence;
use crate::guard::Guard;
use crate::optimizer::Optimizer;
use crate::trainer::{Settings, TrialResult};

/// The state of one trial after its first [`episodes`](TrialState::episodes) episodes.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TrialState {
    pub(crate) trial: u64,
    pub(crate) episodes: u64,
    pub(crate) theta: Vec<f64>,
    /// Query cross-entropy of the last episode.
    pub(crate) last_loss: Option<f64>,
    /// The last episode that diverged, since the last that went well.
    pub(crate) last_divergence: Option<Divergence>,
    pub(crate) guard: Guard,
    pub(crate) optimizer: Optimizer,
}

/// A state that no run of these settings can have come to.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("trial {trial}: its {what} does not fit the settings of the run")]
pub struct UnfitState {
    /// 0-based number of the trial.
    pub trial: u64,
    /// Which part of it.
    pub what: &'static str,
}

impl TrialState {
    /// 0-based number of the trial.
    pub fn trial(&self) -> u64 {
        self.trial
    }

    /// Episodes done.
    pub fn episodes(&self) -> u64 {
        self.episodes
    }

    /// θ of the next episode.
    pub fn theta(&self) -> &[f64] {
        &self.theta
    }

    /// Diverged episodes so far.
    pub fn diverged(&self) -> u64 {
        self.guard.diverged()
    }

    /// What the trial would result in if it ended here.
    pub fn result(&self) -> TrialResult {
        TrialResult {
            trial: self.trial,
            theta: self.theta.clone(),
            diverged: self.guard.diverged(),
        }
    }

    /// Whether no episode follows: all are done, or the trial gave up.
    pub fn has_ended(&self, settings: &Settings) -> bool {
        self.episodes >= settings.episodes || self.guard.in_a_row() >= settings.most_in_a_row()
    }

    /// Checks that a state from a file is one of a run with these settings, so that going on from it
    /// cannot fail.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(&self, settings: &Settings) -> Result<(), UnfitState> {
        let coefficients = settings.model.rule.theta().len();
        let whole_batches = self.episodes.is_multiple_of(settings.meta_batch);
        let done = self.episodes == settings.episodes;
        let sound = self.theta.iter().all(|theta| theta.is_finite());
        let outputs = settings.model.architecture.outputs();
        let checks = [
            (
                "number of episodes",
                self.episodes <= settings.episodes && (whole_batches || done),
            ),
            ("θ", self.theta.len() == coefficients && sound),
            ("guard", self.guard.fits(outputs, coefficients)),
            (
                "optimizer",
                self.optimizer.kind() == settings.optimizer && self.optimizer.fits(coefficients),
            ),
        ];
        match checks.into_iter().find(|(_, fits)| !fits) {
            None => Ok(()),
            Some((what, _)) => Err(UnfitState {
                trial: self.trial,
                what,
            }),
        }
    }
}
