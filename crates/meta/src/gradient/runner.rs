//! Runner: episodes one after the other, on one tape whose memory it keeps.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use metaplast_autodiff::Tape;
use metaplast_plasticity::{KnownInputs, Number};

use super::forward::ForwardTapes;
use super::mode::{GradientMode, Unroll};
use super::outcome::{Ask, Outcome};
use super::{evolution, gram, segments, tape};
use crate::episode::Episode;
use crate::precision::{Precision, in_precision};
use crate::start::Start;

/// Runs one episode.
///
/// To run many, an [`EpisodeRunner`] reuses the memory of its tape.
///
/// # Panics
/// When θ does not have one coefficient per term, the model fails the [check](super::gram::check) of the mode, the images do not have the network's number of
/// inputs, a label is not below its number of outputs, or there are steps to make and no support
/// image.
#[must_use]
#[track_caller]
pub fn run(episode: &Episode<'_>, mode: GradientMode, precision: Precision, ask: Ask) -> Outcome {
    in_precision!(precision, T => EpisodeRunner::<T>::new(mode).run(episode, ask))
}

/// Runs episodes, one after the other, on one tape whose memory it keeps.
pub struct EpisodeRunner<T: Number> {
    mode: GradientMode,
    tape: Tape<T>,
    forward: ForwardTapes,
    /// Of episodes by Gram matrix.
    inputs: Arc<KnownInputs<T>>,
}

impl<T: Number> EpisodeRunner<T> {
    /// A runner that gets gradients in this way.
    #[must_use]
    pub fn new(mode: GradientMode) -> Self {
        EpisodeRunner {
            mode,
            tape: Tape::new(),
            forward: ForwardTapes::new(),
            inputs: Arc::default(),
        }
    }

    /// The tape of plain episodes and of [`Unroll::Tape`], empty between episodes; for looking at
    /// its memory.
    #[must_use]
    pub fn tape(&self) -> &Tape<T> {
        &self.tape
    }

    /// Runs an episode from its own start.
    ///
    /// # Panics
    /// As [`run`].
    #[track_caller]
    pub fn run(&mut self, episode: &Episode<'_>, ask: Ask) -> Outcome {
        self.run_from(episode, episode.start(), ask)
    }

    /// Runs an episode from these weights.
    ///
    /// A start that is handed over is given back to the allocator as soon as the tape has its own copy
    /// of the weights; one that is lent stays beside it.
    ///
    /// Which way the exact gradient takes changes it by rounding errors only. Query score and diagnostics
    /// of reverse mode are the same, bit for bit, by every [`Unroll`]; those of forward mode and of
    /// [`GradientMode::Gram`] agree to rounding.
    ///
    /// # Panics
    /// As [`run`], and when the weights do not fit the model.
    #[track_caller]
    pub fn run_from<'s>(
        &mut self,
        episode: &Episode<'_>,
        start: impl Into<Cow<'s, Start<T>>>,
        ask: Ask,
    ) -> Outcome {
        let start = start.into();
        let outcome = match self.mode {
            GradientMode::Gram => {
                gram::episode((&self.tape, &mut self.inputs), episode, start, ask)
            }
            _ if !ask.gradient => tape::episode(&self.tape, episode, start, 0, ask),
            GradientMode::Reverse(Unroll::Tape) => {
                tape::episode(&self.tape, episode, start, u64::MAX, ask)
            }
            GradientMode::Truncated(steps) => tape::episode(&self.tape, episode, start, steps, ask),
            GradientMode::Evolution(evolution) => {
                evolution::episode(&self.tape, episode, &start, evolution, ask)
            }
            GradientMode::Reverse(Unroll::Segments(kept)) => {
                segments::episode(episode, start.into_owned(), kept, ask)
            }
            GradientMode::Forward => self.forward.episode(episode, &start, ask),
        };
        Outcome {
            gradient: outcome.gradient.filter(|_| outcome.loss.is_finite()),
            ..outcome
        }
    }
}

impl<T: Number> fmt::Debug for EpisodeRunner<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EpisodeRunner")
            .field("mode", &self.mode)
            .field("memory", &self.tape.memory())
            .finish_non_exhaustive()
    }
}
