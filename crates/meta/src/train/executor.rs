//! Executors: who runs the episodes of a meta-batch.

use std::fmt;
use std::ops::Range;

use crate::gradient::Outcome;

/// Runs episodes for a [`Trainer`](super::Trainer), such as by other processes or machines.
///
/// An episode follows from the settings of the training and from (trial, episode, θ) alone, so whoever
/// runs it, by [`Trainer::runner`](super::Trainer::runner) under the same settings, gets the same bits.
/// What is made of the outcomes stays with the trainer, in the order of the episodes.
pub trait EpisodeExecutor: fmt::Debug + Sync {
    /// The outcomes of these episodes of a trial at `theta`, in their order, each with gradient and
    /// diagnostics; none when the training is to stop, which it then does as on request.
    fn outcomes(&self, trial: u64, episodes: Range<u64>, theta: &[f64]) -> Option<Vec<Outcome>>;
}
