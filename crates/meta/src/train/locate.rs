//! What is done about a diverged episode, and where in it the weights blew up.

use std::fmt;
use std::str::FromStr;

use metaplast_autodiff::Tape;
use metaplast_data::{Dataset, Task};
use metaplast_plasticity::{Network, Pathway};
use metaplast_tensor::Scalar;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::images::constant_image;
use crate::learner::{Model, Start};

/// What follows an episode that [`crate::guard`] calls diverged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDivergence {
    /// No step of θ is taken from it, and θ goes back to where episodes went well.
    #[default]
    Skip,
    /// As long as its loss and gradient are finite it counts with its gradient, shortened to the
    /// median length of the latest good ones; otherwise, or when there is none yet, as
    /// [`Skip`](OnDivergence::Skip).
    Clip,
    /// The trial ends with an error.
    Stop,
}

impl OnDivergence {
    /// Every policy, in the order shown to users.
    pub const ALL: [OnDivergence; 3] = [OnDivergence::Skip, OnDivergence::Clip, OnDivergence::Stop];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            OnDivergence::Skip => "skip",
            OnDivergence::Clip => "clip",
            OnDivergence::Stop => "stop",
        }
    }
}

impl fmt::Display for OnDivergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A policy name that stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown policy `{0}`; choose skip, clip or stop")]
pub struct UnknownPolicy(pub String);

impl FromStr for OnDivergence {
    type Err = UnknownPolicy;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        OnDivergence::ALL
            .into_iter()
            .find(|policy| policy.name() == name)
            .ok_or_else(|| UnknownPolicy(name.to_owned()))
    }
}

/// What was wrong with an episode.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Its query loss: not finite, or beyond the guard's limit.
    Loss,
    /// Its gradient: not finite, though the loss is in order.
    Gradient,
    /// θ after the step that it led to: not finite.
    Theta,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Cause; 3] = [Cause::Loss, Cause::Gradient, Cause::Theta];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Loss => "loss",
            Cause::Gradient => "gradient",
            Cause::Theta => "theta",
        }
    }
}

/// Where in an episode an update was too large for its weights.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// 0-based online step: the first whose update is larger than the weights that it changes, in
    /// the Frobenius norm, or not finite; when there is none, the one with the relatively largest.
    pub step: u64,
    /// Layer of weights, from 1.
    pub layer: usize,
    /// Name of the coefficient whose term has the largest part in that update: `F2`, or `F2_l1` when
    /// layers have their own.
    pub term: String,
    /// `‖ΔW‖ / ‖W‖` of the layer in that step; not finite when the update is not.
    pub relative_update: f64,
}

/// A diverged episode.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Divergence {
    /// What was wrong.
    pub cause: Cause,
    /// Where the weights blew up.
    pub place: Place,
}

impl fmt::Display for Divergence {
    /// `loss not finite or too high; step 17, layer 2: …`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place {
            step,
            layer,
            term,
            relative_update,
        } = &self.place;
        write!(
            f,
            "{} out of bounds; in step {step} layer {layer} changed by {relative_update:.2e} of its size, most by {term}",
            self.cause.name()
        )
    }
}

/// Repeats an episode of this many online steps without gradients and finds where it blew up.
///
/// It takes about twice the time of the episode's forward part.
pub fn locate<T: Scalar>(
    model: &Model,
    theta: &[f64],
    start: &Start<T>,
    dataset: &Dataset,
    task: &Task,
    steps: u64,
) -> Place {
    let tape = Tape::<T>::new();
    let mut place = Place {
        step: 0,
        layer: 1,
        term: String::new(),
        relative_update: -1.0,
    };
    let mut before = start.weights.clone();
    let mut at_place = before.clone();
    let sample_of = |step: u64| task.support[(step % task.support.len() as u64) as usize];
    for step in 0..steps {
        let sample = sample_of(step);
        let after = step_from(&tape, model, theta, start, &before, |tape| {
            (constant_image(tape, dataset, sample), sample.label)
        });
        for (layer, relative_update) in (1..).zip(relative(&before, &after)) {
            if exceeds(relative_update, place.relative_update) {
                at_place = before.clone();
                place = Place {
                    step,
                    layer,
                    term: String::new(),
                    relative_update,
                };
            }
        }
        if exceeds(place.relative_update, 1.0) {
            break;
        }
        before = after;
    }

    let sample = sample_of(place.step);
    let mut largest = -1.0;
    for (r, coefficient) in model.rule.coefficients().enumerate() {
        let mut alone = vec![0.0; theta.len()];
        alone[r] = theta[r];
        let after = step_from(&tape, model, &alone, start, &at_place, |tape| {
            (constant_image(tape, dataset, sample), sample.label)
        });
        let part = relative(&at_place, &after)[place.layer - 1];
        if exceeds(part, largest) {
            largest = part;
            place.term = coefficient.name();
        }
    }
    place
}

/// Whether an update is worse than the worst so far; one that is not a number is the worst.
fn exceeds(update: f64, worst: f64) -> bool {
    !worst.is_nan() && (update.is_nan() || update > worst)
}

/// The weights after one step from `weights`.
fn step_from<T: Scalar>(
    tape: &Tape<T>,
    model: &Model,
    theta: &[f64],
    start: &Start<T>,
    weights: &Pathway<T>,
    sample: impl for<'t> FnOnce(&'t Tape<T>) -> (metaplast_autodiff::Var<'t, T>, usize),
) -> Pathway<T> {
    tape.reset();
    let network = Network::new(
        tape,
        &model.architecture,
        weights,
        model.feedback,
        start.feedback.as_ref(),
    );
    let theta: Vec<_> = theta
        .iter()
        .map(|&theta| tape.scalar(T::from_f64(theta)))
        .collect();
    let rule = model.rule.bind_to(&theta);
    tape.without_gradients(|| {
        let (x, label) = sample(tape);
        network.step(&rule, x, label);
    });
    network.weights()
}

/// `‖after − before‖ / ‖before‖` of each layer.
fn relative<T: Scalar>(before: &Pathway<T>, after: &Pathway<T>) -> Vec<f64> {
    let pairs = before.transposed().iter().zip(after.transposed());
    pairs
        .map(|(before, after)| {
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
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use metaplast_data::{Sampling, TaskSampler};
    use metaplast_plasticity::{Architecture, Preset, Rule};

    use super::*;
    use crate::seeds::{Purpose, stream};

    fn place(theta: &[f64]) -> Place {
        let dataset = Dataset::glyphs(6, 1);
        let sampler = TaskSampler::new(&dataset, 2, 4, 1, Sampling::Fresh).unwrap();
        let task = sampler.sample(&dataset, &mut stream(1, 0, 0, Purpose::Task));
        let preset = Preset::Bio;
        let model = Model {
            architecture: Architecture::new(vec![784, 12, 8, 47]).unwrap(),
            feedback: preset.feedback(),
            rule: Rule::preset(preset),
        };
        let start = Start::<f32>::draw(&model, 1, 0, 0);
        locate(&model, theta, &start, &dataset, &task, 8)
    }

    #[test]
    fn the_term_that_blows_up_is_named() {
        for (r, term) in [(0, "F0"), (1, "F2"), (2, "F9")] {
            let mut theta = [1e-4; 3];
            theta[r] = 1e3;
            let found = place(&theta);
            assert_eq!((found.step, found.term.as_str()), (0, term), "{found:?}");
            assert!(found.relative_update > 1.0, "{found:?}");
        }
    }

    #[test]
    fn numbers_beyond_f32_are_the_worst() {
        let found = place(&[1e300, 0.0, 0.0]);
        assert!(!found.relative_update.is_finite(), "{found:?}");
        assert_eq!((found.step, found.term.as_str()), (0, "F0"));
    }

    #[test]
    fn without_an_explosion_it_is_the_largest_update() {
        let found = place(&[1e-3, 0.0, 0.0]);
        assert!(found.relative_update < 1.0 && found.relative_update > 0.0);
        assert_eq!(found.term, "F0");
    }
}
