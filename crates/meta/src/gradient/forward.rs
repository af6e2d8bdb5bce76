//! Forward mode: the network learns on dual numbers, whose tangents are the derivatives of every
//! weight and activity by the coefficients.
//!
//! Nothing of a step stays on the tape, so memory is `1 + #θ` times that of the weights, whatever
//! the number of steps.

use std::any::Any;

use metaplast_autodiff::{Dual, Tape};
use metaplast_plasticity::{Number, TANGENTS};

use super::outcome::{Ask, Outcome};
use crate::episode::Episode;
use crate::start::Start;

/// Tapes whose memory is kept from episode to episode; one that is not used stays empty.
pub(crate) struct ForwardTapes {
    single: Tape<Dual<f32, TANGENTS>>,
    double: Tape<Dual<f64, TANGENTS>>,
}

impl ForwardTapes {
    pub(crate) fn new() -> Self {
        ForwardTapes {
            single: Tape::new(),
            double: Tape::new(),
        }
    }

    /// The episode, with its gradient; in `f64` for numbers other than `f32`.
    // Kernels for dual numbers are long to compile, so they are compiled here, for two types, and
    // not in every crate that makes a runner.
    pub(super) fn episode<T: Number>(
        &self,
        episode: &Episode<'_>,
        start: &Start<T>,
        ask: Ask,
    ) -> Outcome {
        let as_any: &dyn Any = start;
        match as_any.downcast_ref::<Start<f32>>() {
            Some(start) => single(&self.single, episode, start, ask),
            None => double(&self.double, episode, &start.cast(), ask),
        }
    }
}

type DualTape<T> = Tape<Dual<T, TANGENTS>>;

fn single(tape: &DualTape<f32>, episode: &Episode<'_>, start: &Start<f32>, ask: Ask) -> Outcome {
    passes(tape, episode, start, ask)
}

fn double(tape: &DualTape<f64>, episode: &Episode<'_>, start: &Start<f64>, ask: Ask) -> Outcome {
    passes(tape, episode, start, ask)
}

/// As many passes over all steps as the coefficients take.
fn passes<T: Number>(
    tape: &DualTape<T>,
    episode: &Episode<'_>,
    start: &Start<T>,
    ask: Ask,
) -> Outcome
where
    Dual<T, TANGENTS>: Number,
{
    let mut outcome = pass(tape, episode, start, ask, 0);
    let mut gradient = outcome.gradient.take().unwrap_or_default();
    while gradient.len() < episode.theta.len() {
        // What the evaluation tells beside the gradient is known already.
        let more = pass(tape, episode, start, Ask::GRADIENT, gradient.len());
        gradient.extend(more.gradient.unwrap_or_default());
    }
    Outcome {
        gradient: Some(gradient),
        ..outcome
    }
}

/// One pass, with tangents by as many coefficients from `first` on as fit.
fn pass<T: Number>(
    tape: &DualTape<T>,
    episode: &Episode<'_>,
    start: &Start<T>,
    ask: Ask,
    first: usize,
) -> Outcome
where
    Dual<T, TANGENTS>: Number,
{
    tape.reset();
    let live = episode.begin_from(tape, start.cast::<Dual<T, TANGENTS>>());
    let directions = episode.theta.len().saturating_sub(first).min(TANGENTS);
    let theta: Vec<_> = (0..)
        .zip(episode.theta)
        .map(|(r, &theta)| {
            let theta = T::from_f64(theta);
            tape.scalar(if (first..first + directions).contains(&r) {
                Dual::seeded(theta, r - first)
            } else {
                Dual::constant(theta)
            })
        })
        .collect();
    let rule = episode.model.rule.bind_to(&theta);
    live.run_unrecorded(&rule);
    let evaluated = tape.without_gradients(|| live.evaluate(ask.diagnostics));
    let slopes = evaluated.loss.item().tangent();
    let slopes = slopes[..directions].iter().map(|slope| slope.to_f64());
    Outcome {
        query: evaluated.query,
        loss: evaluated.told(),
        gradient: Some(slopes.collect()),
        diagnostics: evaluated.diagnostics,
    }
}
