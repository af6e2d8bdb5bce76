//! State of a trial between two meta-batches: all that the rest of it depends on.
//!
//! Random streams are named by (seed, trial, episode, purpose) and start anew in every episode
//! ([`crate::seeds`]), so there is no generator to remember: θ, the meta-optimiser, the guard and
//! the number of episodes are the whole state. A trial that is resumed from a stored state ends
//! with the same bits as one that was never interrupted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::divergence::Divergence;
use super::guard::Guard;
use super::proximal::ProximalStep;
use super::record::TrialResult;
use super::settings::TrainSettings;
use crate::optimizer::{MetaOptimizer, OptimizerState, UnfitOptimizer};

/// The state of one trial after its first [`episodes`](TrialState::episodes) episodes.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TrialState {
    pub(super) trial: u64,
    pub(super) episodes: u64,
    pub(super) theta: Vec<f64>,
    /// Query cross-entropy of the last episode.
    pub(super) last_loss: Option<f64>,
    /// The last episode that diverged, since the last that went well.
    pub(super) last_divergence: Option<Divergence>,
    pub(super) guard: Guard,
    pub(super) optimizer: NamedState,
    /// With a penalty that takes proximal steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) proximal: Option<ProximalStep>,
}

/// A meta-optimiser's state under the name of its kind.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(into = "BTreeMap<String, OptimizerState>")]
#[serde(try_from = "BTreeMap<String, OptimizerState>")]
pub(super) struct NamedState {
    name: String,
    state: OptimizerState,
}

impl From<NamedState> for BTreeMap<String, OptimizerState> {
    fn from(named: NamedState) -> Self {
        BTreeMap::from([(named.name, named.state)])
    }
}

impl TryFrom<BTreeMap<String, OptimizerState>> for NamedState {
    type Error = &'static str;

    fn try_from(named: BTreeMap<String, OptimizerState>) -> Result<Self, Self::Error> {
        let mut entries = named.into_iter();
        match (entries.next(), entries.next()) {
            (Some((name, state)), None) => Ok(NamedState { name, state }),
            _ => Err("one optimizer is wanted"),
        }
    }
}

impl NamedState {
    pub(super) fn of(optimizer: &dyn MetaOptimizer, settings: &TrainSettings) -> Self {
        NamedState {
            name: settings.optimizer.name().to_owned(),
            state: optimizer.save(),
        }
    }

    /// The optimiser as it was saved.
    pub(super) fn restored(
        &self,
        settings: &TrainSettings,
    ) -> Result<Box<dyn MetaOptimizer>, UnfitOptimizer> {
        if self.name != settings.optimizer.name() {
            return Err(UnfitOptimizer(self.name.clone()));
        }
        let coefficients = settings.model.rule.theta().len();
        settings
            .optimizer
            .restored(settings.rate, coefficients, &self.state)
    }
}

/// A state that no run of these settings can have come to.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("trial {trial}: its {what} does not fit the settings of the run")]
#[non_exhaustive]
pub struct UnfitState {
    /// 0-based number of the trial.
    pub trial: u64,
    /// Which part of it.
    pub what: &'static str,
}

impl TrialState {
    /// 0-based number of the trial.
    #[must_use]
    pub fn trial(&self) -> u64 {
        self.trial
    }

    /// Episodes done.
    #[must_use]
    pub fn episodes(&self) -> u64 {
        self.episodes
    }

    /// θ of the next episode.
    #[must_use]
    pub fn theta(&self) -> &[f64] {
        &self.theta
    }

    /// Diverged episodes so far.
    #[must_use]
    pub fn diverged(&self) -> u64 {
        self.guard.diverged()
    }

    /// What the trial would result in if it ended here.
    #[must_use]
    pub fn result(&self) -> TrialResult {
        TrialResult {
            trial: self.trial,
            theta: self.theta.clone(),
            diverged: self.guard.diverged(),
        }
    }

    /// Whether no episode follows: all are done, or the trial gave up.
    #[must_use]
    pub fn has_ended(&self, settings: &TrainSettings) -> bool {
        self.episodes >= settings.episodes || self.guard.in_a_row() >= settings.most_in_a_row()
    }

    fn proximal_fits(&self, settings: &TrainSettings) -> bool {
        let coefficients = settings.model.rule.theta().len();
        let wanted = settings.penalty.is_proximal(settings.lambda);
        match &self.proximal {
            Some(proximal) => wanted && proximal.fits(coefficients),
            None => !wanted,
        }
    }

    /// Checks that a state from a file is one of a run with these settings, so that going on from it
    /// cannot fail.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(&self, settings: &TrainSettings) -> Result<(), UnfitState> {
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
            (
                "guard",
                self.guard.fits(settings.query_loss, outputs, coefficients),
            ),
            ("optimizer", self.optimizer.restored(settings).is_ok()),
            ("proximal step", self.proximal_fits(settings)),
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
