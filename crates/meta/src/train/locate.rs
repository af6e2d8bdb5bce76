//! Location of a divergence: an episode is repeated, and the update is looked for that was too large
//! for its weights.

use std::mem;

use metaplast_autodiff::Tape;
use metaplast_plasticity::{Number, Remembered};
use metaplast_tensor::Tensor;

use super::divergence::Location;
use crate::episode::{Episode, LiveEpisode};
use crate::precision::{Precision, in_precision};
use crate::start::Start;

/// Repeats an episode without gradients and finds the update with which it diverged.
///
/// The part of each term in the update is what the step changes by this term alone, from the weights
/// and feedback weights as they were before it.
///
/// It takes about twice the time of the episode's forward part.
///
/// # Panics
/// As [`gradient::run`](crate::gradient::run).
#[must_use]
#[track_caller]
pub fn locate(episode: &Episode<'_>, precision: Precision) -> Location {
    in_precision!(precision, T => locate_from(episode, &episode.start::<T>()))
}

/// The same from these first weights.
///
/// # Panics
/// As [`locate`], and when the weights do not fit the model.
#[must_use]
#[track_caller]
pub fn locate_from<T: Number>(episode: &Episode<'_>, start: &Start<T>) -> Location {
    let tape = Tape::<T>::new();
    let layers = episode.model.architecture.layers();
    let live = episode.begin_from(&tape, start);
    let (rule, _) = episode.bind(&tape);
    let mut worst = Location {
        step: 0,
        layer: 1,
        term: String::new(),
        relative_update: -1.0,
    };
    let mut before = values(&live);
    let mut before_worst = before.clone();
    let mut memory = live.network().memory_values();
    let mut memory_before_worst = memory.clone();
    for t in 0..episode.steps {
        live.step_unrecorded(&rule, t);
        let after = values(&live);
        let mut is_worst = false;
        for layer in 1..=layers {
            let relative_update = relative(&before[layer - 1], &after[layer - 1]);
            if exceeds(relative_update, worst.relative_update) {
                is_worst = true;
                (worst.step, worst.layer) = (t as u64, layer);
                worst.relative_update = relative_update;
            }
        }
        let before = mem::replace(&mut before, after);
        let remembered = mem::replace(&mut memory, live.network().memory_values());
        if is_worst {
            (before_worst, memory_before_worst) = (before, remembered);
        }
        if exceeds(worst.relative_update, 1.0) {
            break;
        }
    }

    let mut largest = -1.0;
    let coefficients: Vec<_> = episode.model.rule.coefficients().collect();
    for (r, coefficient) in coefficients.iter().enumerate() {
        if coefficient.term.is_none() {
            continue;
        }
        // Memories are what they were.
        let alone: Vec<f64> = (coefficients.iter().zip(episode.theta).enumerate())
            .map(
                |(k, (other, &theta))| match k == r || other.term.is_none() {
                    true => theta,
                    false => 0.0,
                },
            )
            .collect();
        let episode = episode.with_theta(&alone);
        tape.reset();
        let carried = before_worst.iter().map(|w| tape.state(w)).collect();
        let live = LiveEpisode::on(episode, &tape, carried, &start.feedback, start.seed);
        let remembered = memory_before_worst
            .iter()
            .map(|value| Remembered::on(&tape, value));
        let remembered: Vec<_> = remembered.collect();
        live.network().set_memory(&episode.model.rule, &remembered);
        let (rule, _) = episode.bind(&tape);
        live.step_unrecorded(&rule, worst.step as usize);
        let layer = worst.layer - 1;
        let part = relative(&before_worst[layer], &live.carried()[layer].value());
        if exceeds(part, largest) {
            largest = part;
            worst.term = coefficient.name();
        }
    }
    worst
}

/// Whether an update is worse than the worst so far; one that is not a number is the worst.
fn exceeds(update: f64, worst: f64) -> bool {
    !worst.is_nan() && (update.is_nan() || update > worst)
}

/// All that steps change, as it is now.
fn values<T: Number>(live: &LiveEpisode<'_, '_, T>) -> Vec<Tensor<T>> {
    live.carried().iter().map(|state| state.value()).collect()
}

/// `‖after − before‖ / ‖before‖`
fn relative<T: Number>(before: &Tensor<T>, after: &Tensor<T>) -> f64 {
    let pairs = before.data().iter().zip(after.data());
    let (mut change, mut size) = (0.0, 0.0);
    for (before, after) in pairs {
        let difference = after.to_f64() - before.to_f64();
        change += difference * difference;
        size += before.to_f64() * before.to_f64();
    }
    if change == 0.0 {
        0.0
    } else {
        (change / size).sqrt()
    }
}
