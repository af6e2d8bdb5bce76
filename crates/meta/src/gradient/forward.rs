//! Forward mode: the network learns on dual numbers, whose tangents are the derivatives of every
//! weight and activity by the coefficients.
//!
//! Nothing of a step stays on the tape, so memory is `1 + #θ` times that of the weights, whatever
//! the number of steps.

use std::any::Any;

use metaplast_autodiff::{Dual, Tape};
use metaplast_plasticity::Number;

use super::outcome::{Ask, Outcome};
use crate::episode::Episode;
use crate::start::Start;

/// Tapes whose memory is kept from episode to episode; those not used stay empty.
pub(crate) struct ForwardTapes {
    single: Tapes<f32>,
    double: Tapes<f64>,
}

/// A tape for each number of tangents that a pass may carry: the paper's rule or less, and its
/// whole pool. More coefficients take several passes.
struct Tapes<T: Number> {
    three: Tape<Dual<T, 3>>,
    ten: Tape<Dual<T, 10>>,
}

impl ForwardTapes {
    pub(crate) fn new() -> Self {
        ForwardTapes {
            single: Tapes::new(),
            double: Tapes::new(),
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

fn single(tapes: &Tapes<f32>, episode: &Episode<'_>, start: &Start<f32>, ask: Ask) -> Outcome {
    tapes.episode(episode, start, ask)
}

fn double(tapes: &Tapes<f64>, episode: &Episode<'_>, start: &Start<f64>, ask: Ask) -> Outcome {
    tapes.episode(episode, start, ask)
}

impl<T: Number> Tapes<T>
where
    Dual<T, 3>: Number,
    Dual<T, 10>: Number,
{
    fn new() -> Self {
        Tapes {
            three: Tape::new(),
            ten: Tape::new(),
        }
    }

    fn episode(&self, episode: &Episode<'_>, start: &Start<T>, ask: Ask) -> Outcome {
        let mut outcome = self.pass(episode, start, ask, 0);
        let mut gradient = outcome.gradient.take().unwrap_or_default();
        while gradient.len() < episode.theta.len() {
            // What the evaluation tells beside the gradient is known already.
            let pass = self.pass(episode, start, Ask::GRADIENT, gradient.len());
            gradient.extend(pass.gradient.unwrap_or_default());
        }
        Outcome {
            gradient: Some(gradient),
            ..outcome
        }
    }

    /// One pass over all steps, with tangents by as many coefficients from `first` on as fit.
    fn pass(&self, episode: &Episode<'_>, start: &Start<T>, ask: Ask, first: usize) -> Outcome {
        match episode.theta.len() - first {
            ..=3 => pass(&self.three, episode, start, ask, first),
            _ => pass(&self.ten, episode, start, ask, first),
        }
    }
}

fn pass<T: Number, const N: usize>(
    tape: &Tape<Dual<T, N>>,
    episode: &Episode<'_>,
    start: &Start<T>,
    ask: Ask,
    first: usize,
) -> Outcome
where
    Dual<T, N>: Number,
{
    tape.reset();
    let live = episode.begin_from(tape, start.cast::<Dual<T, N>>());
    let directions = episode.theta.len().saturating_sub(first).min(N);
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
        gradient: Some(slopes.collect()),
        diagnostics: evaluated.diagnostics,
    }
}
