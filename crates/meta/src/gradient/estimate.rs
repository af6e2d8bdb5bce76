//! Estimates: the memory that an episode takes, before it is run.

use metaplast_autodiff::Rewind;
use metaplast_autodiff::scan::{Policy, plan_recurrence};
use metaplast_plasticity::Number;

use super::mode::{GradientMode, Segments, Unroll};
use super::outcome::Ask;
use super::segments::OnlineLearning;
use crate::episode::Episode;
use crate::precision::{Precision, in_precision};
use crate::start::Model;

/// Bytes of weights that an episode of this model takes whatever its length and its gradient: those
/// drawn, those that learn, and their adjoints. Nothing of that size is allocated to tell.
#[must_use]
pub fn least_bytes(model: &Model, precision: Precision) -> u64 {
    let [forward, feedback] = weights(model);
    let elements = forward
        .saturating_mul(3)
        .saturating_add(feedback.saturating_mul(2));
    elements.saturating_mul(size_of(precision))
}

/// Bytes that an episode with its gradient takes at most, but for copies that guard exploding weights;
/// see [`Tape::estimate`](metaplast_autodiff::Tape::estimate). Its weights are drawn and a step is
/// recorded to tell, so [`least_bytes`] should be at hand.
///
/// # Panics
/// As [`run`](super::run).
#[must_use]
#[track_caller]
pub fn estimate(episode: &Episode<'_>, precision: Precision, mode: GradientMode) -> u64 {
    let steps = episode.steps as u64;
    let [forward, feedback] = weights(episode.model);
    let weights = (forward + feedback).saturating_mul(size_of(precision));
    match mode {
        GradientMode::Forward => {
            // Dual numbers, as they are drawn and as they learn.
            let tangents = if episode.theta.len() <= 3 { 3 } else { 10 };
            weights.saturating_mul(1 + 2 * (1 + tangents))
        }
        GradientMode::Reverse(Unroll::Tape) => tape_bytes(episode, precision, steps),
        GradientMode::Gram => {
            tape_bytes(episode, precision, steps).saturating_add(gram_bytes(episode, precision))
        }
        GradientMode::Truncated(last) => tape_bytes(episode, precision, steps.min(last)),
        // As they are drawn and as they learn.
        GradientMode::Evolution(_) => weights.saturating_mul(3),
        GradientMode::Reverse(Unroll::Segments(Segments {
            steps: segment,
            checkpoints,
            ..
        })) => {
            let segment = tape_bytes(episode, precision, steps.min(segment));
            let checkpoints = checkpoints.min(steps).saturating_add(1);
            segment.saturating_add(weights.saturating_mul(checkpoints))
        }
    }
}

/// Bytes of the first layer by Gram matrix: inputs, pre-activations and their adjoints, and three numbers for each
/// input in each step.
fn gram_bytes(episode: &Episode<'_>, precision: Precision) -> u64 {
    let sizes = episode.model.architecture.sizes();
    let [n_0, n_1] = [0, 1].map(|layer| sizes[layer] as u64);
    let examples = &episode.examples;
    let rows = (episode.steps.min(examples.support_len()) + examples.query_len()) as u64;
    let steps = (episode.steps as u64).saturating_mul(3);
    let columns = n_0.saturating_add(n_1.saturating_mul(2));
    let elements = rows.saturating_mul(columns.saturating_add(steps));
    elements.saturating_mul(size_of(precision))
}

/// Elements of the forward weights, and of the feedback pathway's own matrices.
fn weights(model: &Model) -> [u64; 2] {
    let elements = |shapes: Vec<[usize; 2]>| {
        let each = shapes
            .into_iter()
            .map(|[rows, columns]| (rows as u64).saturating_mul(columns as u64));
        each.fold(0, u64::saturating_add)
    };
    let architecture = &model.architecture;
    [
        elements(architecture.shapes()),
        elements(model.feedback.shapes(architecture)),
    ]
}

fn size_of(precision: Precision) -> u64 {
    in_precision!(precision, T => std::mem::size_of::<T>() as u64)
}

/// Bytes of a tape of so many steps.
fn tape_bytes(episode: &Episode<'_>, precision: Precision, steps: u64) -> u64 {
    in_precision!(precision, T => tape_bytes_in::<T>(episode, steps))
}

fn tape_bytes_in<T: Number>(episode: &Episode<'_>, steps: u64) -> u64 {
    /// Of more steps, the bytes grow by as much for each.
    const FEW: u64 = 1 << 12;
    let (learning, carried) = OnlineLearning::new(episode, episode.start::<T>(), Ask::GRADIENT);
    let of = |steps: u64| {
        let policy = Policy::Planned {
            segment: usize::MAX,
            checkpoints: 1,
            rewind: Rewind::Undo,
        };
        plan_recurrence(&learning, &carried, steps as usize, policy).bytes as u64
    };
    if steps <= FEW {
        return of(steps);
    }
    let (half, whole) = (of(FEW / 2), of(FEW));
    let each = whole.saturating_sub(half).div_ceil(FEW / 2);
    whole.saturating_add(each.saturating_mul(steps - FEW))
}
