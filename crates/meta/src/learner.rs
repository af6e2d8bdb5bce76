//! One episode: online learning from a fresh start, and how well and how steeply it ends.

use metaplast_autodiff::Tape;
use metaplast_data::{Dataset, Task};
use metaplast_plasticity::diagnostics::{alignment_angles, orthonormality_errors};
use metaplast_plasticity::{Architecture, Feedback, Network, Pathway, Rule};
use metaplast_tensor::Scalar;

use crate::images::{constant_image, image_batch};
use crate::query::{QueryScore, score};
use crate::seeds::{Purpose, stream};

/// What learns: a network's sizes, its feedback pathway and the terms of its rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Layer sizes and activation.
    pub architecture: Architecture,
    /// How errors travel back.
    pub feedback: Feedback,
    /// The plasticity terms; their coefficients come with each episode.
    pub rule: Rule,
}

/// The random weights from which an episode starts.
#[derive(Clone, Debug)]
pub struct Start<T: Scalar> {
    /// Forward weights.
    pub weights: Pathway<T>,
    /// Feedback weights, for fixed feedback.
    pub feedback: Option<Pathway<T>>,
}

impl<T: Scalar> Start<T> {
    /// The start of one episode of one trial.
    pub fn draw(model: &Model, seed: u64, trial: u64, episode: u64) -> Self {
        let pathway = |purpose| {
            Pathway::uniform(
                &model.architecture,
                &mut stream(seed, trial, episode, purpose),
            )
        };
        Start {
            weights: pathway(Purpose::Weights),
            feedback: (model.feedback == Feedback::Fixed).then(|| pathway(Purpose::Feedback)),
        }
    }
}

/// What an episode is asked for beside the query score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// The gradient of the query cross-entropy with respect to θ.
    pub gradient: bool,
    /// Alignment angles, orthonormality errors and weight norms.
    pub diagnostics: bool,
}

/// How an episode ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Loss and accuracy on the query images, with the final weights.
    pub query: QueryScore,
    /// `∂ query cross-entropy / ∂θ`, through all online steps; `None` when it was not asked for or
    /// the loss is not finite.
    pub gradient: Option<Vec<f64>>,
    /// What else was asked for.
    pub diagnostics: Option<Diagnostics>,
}

/// Measured on the query images with the final weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostics {
    /// Angles in degrees between the mean teaching signals `e_0..e_L` and those of backpropagation.
    pub angles: Vec<f64>,
    /// Orthonormality error of each layer.
    pub orthonormality: Vec<f64>,
    /// Frobenius norm of each layer's final weights.
    pub weight_norms: Vec<f64>,
}

/// Runs episodes, one after the other, on one tape whose memory it keeps.
pub struct Learner<T: Scalar> {
    model: Model,
    tape: Tape<T>,
}

impl<T: Scalar> Learner<T> {
    /// A learner for this model.
    pub fn new(model: Model) -> Self {
        Learner {
            model,
            tape: Tape::new(),
        }
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The tape, empty between episodes; for looking at its memory.
    pub fn tape(&self) -> &Tape<T> {
        &self.tape
    }

    /// Learns the task's support images one by one from `start` by the rule with coefficients
    /// `theta`, and is examined on its query images.
    ///
    /// # Panics
    /// When θ does not have one coefficient per term, the images do not have the network's number
    /// of inputs, or a label is not below its number of outputs.
    pub fn episode(
        &mut self,
        theta: &[f64],
        start: &Start<T>,
        dataset: &Dataset,
        task: &Task,
        ask: Ask,
    ) -> Outcome {
        self.tape.reset();
        let tape = &self.tape;
        let network = Network::new(
            tape,
            &self.model.architecture,
            &start.weights,
            self.model.feedback,
            start.feedback.as_ref(),
        );
        let theta: Vec<_> = theta
            .iter()
            .map(|&theta| tape.scalar(T::from_f64(theta)))
            .collect();
        let rule = self.model.rule.bind_to(&theta);

        let steps = || {
            for sample in &task.support {
                let mark = tape.mark();
                let x = constant_image(tape, dataset, *sample);
                network.step(&rule, x, sample.label);
                if !ask.gradient {
                    tape.cut(mark);
                }
            }
        };
        if ask.gradient {
            steps();
        } else {
            tape.without_gradients(steps);
        }

        let labels: Vec<usize> = task.query.iter().map(|sample| sample.label).collect();
        let x = tape.constant(&image_batch(dataset, &task.query));
        let logits = network.logits(x);
        let query = logits.with(|z| score(z, &labels));
        let diagnostics = ask.diagnostics.then(|| Diagnostics {
            angles: alignment_angles(&network, x, &labels),
            orthonormality: orthonormality_errors(&network, x),
            weight_norms: weight_norms(&network),
        });
        let gradient = (ask.gradient && query.cross_entropy.is_finite()).then(|| {
            let gradients = logits.softmax_cross_entropy(&labels).backward();
            let wrt = |theta| gradients.wrt(theta).item().to_f64();
            theta.into_iter().map(wrt).collect()
        });
        Outcome {
            query,
            gradient,
            diagnostics,
        }
    }
}

fn weight_norms<T: Scalar>(network: &Network<'_, T>) -> Vec<f64> {
    let norm = |w: &[T]| {
        w.iter()
            .map(|w| w.to_f64() * w.to_f64())
            .sum::<f64>()
            .sqrt()
    };
    network.states().iter().map(|w| w.with(norm)).collect()
}
