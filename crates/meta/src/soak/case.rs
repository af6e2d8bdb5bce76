//! The checks of one episode.

use std::borrow::Cow;

use metaplast_autodiff::{Noisy, Tape};
use metaplast_plasticity::Number;
use metaplast_tensor::Tensor;

use super::agreement::{Agreement, EXPLAINED, compare};
use super::tally::Tally;
use crate::episode::Episode;
use crate::gradient::compare as ways;
use crate::gradient::{Ask, EpisodeRunner, GradientMode, run_on_tape};

/// Largest error of undone weights; see [`Tally::undone`].
const UNDONE: f64 = 1e3;
/// Noisy repetitions of an episode.
const SAMPLES: u64 = 2;

/// Checks all that must hold for an episode; says what does not.
pub(super) fn check(episode: &Episode<'_>, tally: &mut Tally) -> Result<(), String> {
    let gradient = run::<f64>(episode, tally)?;
    run::<f32>(episode, tally)?;
    match gradient {
        Some(reverse) => check_forward(episode, &reverse, tally),
        None => {
            tally.diverged += 1;
            Ok(())
        }
    }
}

/// Runs the episode twice and once more by hand; returns its gradient where that is finite.
fn run<T: Number>(episode: &Episode<'_>, tally: &mut Tally) -> Result<Option<Vec<f64>>, String> {
    let mut runner = EpisodeRunner::<T>::new(GradientMode::default());
    let mut once = || {
        let outcome = runner.run(episode, Ask::ALL);
        let memory = runner.tape().memory().total();
        (format!("{outcome:?}"), outcome, memory)
    };
    let (first, outcome, memory) = once();
    let (second, _, memory_again) = once();
    if first != second {
        return Err(format!("an episode gave {first} and then {second}"));
    }
    if memory_again > memory {
        return Err(format!(
            "the tape grew from {memory} to {memory_again} bytes by the same episode"
        ));
    }
    let gradient = match outcome.gradient {
        None if outcome.query.cross_entropy.is_finite() => {
            return Err("a finite loss has no gradient".into());
        }
        gradient => gradient.filter(|gradient| gradient.iter().all(|g| g.is_finite())),
    };
    if gradient.is_some() {
        check_undone::<T>(episode, tally)?;
    }
    Ok(gradient)
}

/// Whether the sweep ends at the weights from which the episode started, those of feedback that learns
/// among them.
fn check_undone<T: Number>(episode: &Episode<'_>, tally: &mut Tally) -> Result<(), String> {
    let tape = Tape::<T>::new();
    let live = episode.begin(&tape);
    let states = live.carried();
    let first: Vec<Tensor<T>> = states.iter().map(|w| w.value()).collect();
    let (rule, _) = episode.bind(&tape);
    let size = || {
        let sizes = states.iter().map(|w| w.with(largest::<T>));
        sizes.fold(0.0f64, f64::max)
    };
    let mut most = size();
    for t in 0..episode.steps {
        live.step(&rule, t);
        most = most.max(size());
    }
    let changed: Vec<bool> = states
        .iter()
        .zip(&first)
        .map(|(state, first)| state.value() != *first)
        .collect();
    let layers = episode.model.architecture.layers();
    // The sweep leaves a state alone that nothing depends on, like feedback weights for an e_0 that no
    // term uses.
    let loss = states[layers..]
        .iter()
        .fold(live.evaluate(false).loss, |loss, b| {
            let ones = tape.constant_with(b.shape().dims()[1], |ones| ones.fill(T::ONE));
            loss + b.matvec(ones).sum()
        });
    loss.backward();
    for (place, (state, first)) in states.iter().zip(first).enumerate() {
        // Nor is there anything to undo of feedback weights for whose terms the rule has no coefficient.
        if !changed[place] {
            continue;
        }
        let back = state.rewound_value();
        let pairs = back.data().iter().zip(first.data());
        let worst = pairs
            .map(|(a, b)| (a.to_f64() - b.to_f64()).abs())
            .fold(0.0, f64::max);
        let units = worst / (T::EPSILON * most);
        if units > UNDONE || units.is_nan() {
            let which = match place < layers {
                true => "weights",
                false => "feedback weights",
            };
            return Err(format!(
                "the {which} of layer {} came back to within {worst:.1e} of the first ones, the largest weight on the way being {most:.1e}",
                place % layers + 1
            ));
        }
        tally.undone = tally.undone.max(units);
    }
    Ok(())
}

fn largest<T: Number>(weights: &[T]) -> f64 {
    weights.iter().fold(0.0, |m, w| m.max(w.to_f64().abs()))
}

/// Reverse against forward mode, in f64.
fn check_forward(episode: &Episode<'_>, reverse: &[f64], tally: &mut Tally) -> Result<(), String> {
    let Some(forward) = ways::forward(episode) else {
        tally.ill_conditioned += 1;
        return Ok(());
    };
    let samples: Vec<Vec<f64>> = (0..SAMPLES)
        .filter_map(|sample| {
            Noisy::begin(sample);
            // A runner would compile every other mode for these numbers, too.
            let (tape, start) = (Tape::<Noisy>::new(), Cow::Owned(episode.start()));
            run_on_tape(&tape, episode, start, u64::MAX, Ask::GRADIENT).gradient
        })
        .collect();
    if samples.len() < SAMPLES as usize {
        tally.ill_conditioned += 1;
        return Ok(());
    }
    match compare(episode.theta, reverse, &forward, &samples) {
        Agreement::IllConditioned => tally.ill_conditioned += 1,
        Agreement::Within {
            explained,
            relative,
        } => {
            if explained > EXPLAINED || explained.is_nan() {
                return Err(format!(
                    "reverse mode gives {reverse:?} and forward mode {forward:?}, a difference of {relative:.1e} and {explained:.0} times what rounding explains"
                ));
            }
            tally.explained = tally.explained.max(explained);
            tally.apart = tally.apart.max(relative);
        }
    }
    Ok(())
}
