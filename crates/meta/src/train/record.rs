//! Records of a meta-training: episodes, results, and why it stopped.

use metaplast_plasticity::digits::shown;
use thiserror::Error;

use super::divergence::Divergence;
use crate::query::{Diagnostics, QueryScore};

/// One episode of meta-training, as logged.
#[derive(Clone, Debug, PartialEq)]
pub struct EpisodeRecord {
    /// 0-based number of the trial.
    pub trial: u64,
    /// 0-based number of the episode in its trial.
    pub episode: u64,
    /// θ during the episode, before the step that follows it.
    pub theta: Vec<f64>,
    /// The query loss, `query.cross_entropy` by default, `+ λ ‖θ‖₁`
    pub meta_loss: f64,
    /// Loss and accuracy on the query images.
    pub query: QueryScore,
    /// Angles, orthonormality errors, weight norms.
    pub diagnostics: Diagnostics,
    /// Whether the meta-batch of this episode diverged.
    pub diverged: bool,
    /// Diverged meta-batches of the trial so far, this one included.
    pub diverged_so_far: u64,
    /// What was wrong with this episode, and the update with which it diverged.
    pub divergence: Option<Divergence>,
}

/// A finished trial.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TrialResult {
    /// 0-based number of the trial.
    pub trial: u64,
    /// θ after the last episode.
    pub theta: Vec<f64>,
    /// Number of diverged episodes.
    pub diverged: u64,
}

/// Why meta-training stopped early.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// Episode after episode diverged although θ went back.
    #[error(
        "trial {trial} stopped at episode {episode}: {in_a_row} in a row diverged (last query loss {}{}); lower the learning rate{}",
        shown(*cross_entropy),
        divergence.as_ref().map(|divergence| format!("; {divergence}")).unwrap_or_default(),
        if *steady { "" } else { ", or use the steady optimizer" }
    )]
    Diverged {
        /// 0-based number of the trial.
        trial: u64,
        /// The episode at which it stopped.
        episode: u64,
        /// How many diverged without a good one between.
        in_a_row: u32,
        /// Query loss of the last one.
        cross_entropy: f64,
        /// What was wrong with it, and where.
        divergence: Option<Divergence>,
        /// Whether the optimiser was the steady one already.
        steady: bool,
    },
    /// The observer asked to stop.
    #[error("stopped on request")]
    Stopped,
}
