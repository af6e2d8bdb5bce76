//! The checks of one episode.

use metaplast_autodiff::Tape;
use metaplast_meta::images::{constant_image, image_batch};
use metaplast_meta::learner::{Ask, Learner, Start};
use metaplast_plasticity::Network;
use metaplast_tensor::Scalar;

use super::Tally;
use super::agreement::{Agreement, EXPLAINED, compare};
use super::noisy::{self, Noisy};
use crate::gradients::Episode;

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
fn run<T: Scalar>(episode: &Episode<'_>, tally: &mut Tally) -> Result<Option<Vec<f64>>, String> {
    let Episode {
        model,
        dataset,
        task,
        ..
    } = *episode;
    let start = episode.start::<T>();
    let mut learner = Learner::<T>::new(model.clone());
    let theta = model.rule.theta();
    let ask = Ask {
        gradient: true,
        diagnostics: true,
    };
    let mut once = || {
        let outcome = learner.episode(theta, &start, dataset, task, ask);
        let memory = learner.tape().memory().total();
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
        check_undone(episode, &start, tally)?;
    }
    Ok(gradient)
}

/// Whether the sweep ends at the weights from which the episode started.
fn check_undone<T: Scalar>(
    episode: &Episode<'_>,
    start: &Start<T>,
    tally: &mut Tally,
) -> Result<(), String> {
    let Episode {
        model,
        dataset,
        task,
        ..
    } = *episode;
    let tape = Tape::<T>::new();
    let network = Network::new(
        &tape,
        &model.architecture,
        &start.weights,
        model.feedback,
        start.feedback.as_ref(),
    );
    let (rule, _) = model.rule.bind(&tape);
    let size = || {
        let weights = network.states().iter();
        let sizes = weights.map(|w| w.with(largest::<T>));
        sizes.fold(0.0f64, f64::max)
    };
    let mut most = size();
    for sample in &task.support {
        let x = constant_image(&tape, dataset, *sample);
        network.step(&rule, x, sample.label);
        most = most.max(size());
    }
    let labels: Vec<usize> = task.query.iter().map(|sample| sample.label).collect();
    let x = tape.constant(&image_batch(dataset, &task.query));
    network.logits(x).softmax_cross_entropy(&labels).backward();
    for (layer, (state, first)) in
        (1..).zip(network.states().iter().zip(start.weights.transposed()))
    {
        let back = state.rewound_value();
        let pairs = back.data().iter().zip(first.data());
        let worst = pairs
            .map(|(a, b)| (a.to_f64() - b.to_f64()).abs())
            .fold(0.0, f64::max);
        let units = worst / (T::EPSILON * most);
        if units > UNDONE || units.is_nan() {
            return Err(format!(
                "layer {layer} came back to within {worst:.1e} of its first weights, the largest weight on the way being {most:.1e}"
            ));
        }
        tally.undone = tally.undone.max(units);
    }
    Ok(())
}

fn largest<T: Scalar>(weights: &[T]) -> f64 {
    weights.iter().fold(0.0, |m, w| m.max(w.to_f64().abs()))
}

/// Reverse against forward mode, in f64.
fn check_forward(episode: &Episode<'_>, reverse: &[f64], tally: &mut Tally) -> Result<(), String> {
    let Some(forward) = episode.forward() else {
        tally.ill_conditioned += 1;
        return Ok(());
    };
    let samples: Vec<Vec<f64>> = (0..SAMPLES)
        .filter_map(|sample| {
            noisy::begin(sample);
            episode.reverse::<Noisy>().1
        })
        .collect();
    if samples.len() < SAMPLES as usize {
        tally.ill_conditioned += 1;
        return Ok(());
    }
    match compare(episode.model.rule.theta(), reverse, &forward, &samples) {
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
