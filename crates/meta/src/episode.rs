//! One episode: online learning from a fresh start, and how well and how steeply it ends.

use std::borrow::Cow;

use metaplast_autodiff::Tape;
use metaplast_data::{Dataset, Task};
use metaplast_plasticity::{Architecture, Feedback, MirrorNoise, Network, Pathway, Rule};
use metaplast_tensor::Scalar;
use rand::Rng;

use crate::course::{Course, Gradient, Unroll};
use crate::lesson::{Examined, Lesson};
use crate::query::QueryScore;
use crate::seeds::{Purpose, stream};
use crate::segmented;
use crate::tangents::TangentTapes;

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

/// The random weights from which an episode starts, and what else is random in it.
#[derive(Clone, Debug)]
pub struct Start<T: Scalar> {
    /// Forward weights.
    pub weights: Pathway<T>,
    /// Feedback weights, for the kinds of feedback that have their own.
    pub feedback: Option<Pathway<T>>,
    /// Noise of weight mirrors, for the kind of feedback that has them.
    pub noise: MirrorNoise,
}

impl<T: Scalar> Start<T> {
    /// The start of one episode of one trial.
    pub fn draw(model: &Model, seed: u64, trial: u64, episode: u64) -> Self {
        let stream = |purpose| stream(seed, trial, episode, purpose);
        let architecture = &model.architecture;
        Start {
            weights: Pathway::uniform(architecture, &mut stream(Purpose::Weights))
                .scaled(T::from_f64(architecture.init_scale())),
            feedback: model
                .feedback
                .draw(architecture, &mut stream(Purpose::Feedback)),
            noise: MirrorNoise::new(stream(Purpose::Mirror).next_u64()),
        }
    }
}

impl<'a, T: Scalar> From<Start<T>> for Cow<'a, Start<T>> {
    fn from(start: Start<T>) -> Self {
        Cow::Owned(start)
    }
}

impl<'a, T: Scalar> From<&'a Start<T>> for Cow<'a, Start<T>> {
    fn from(start: &'a Start<T>) -> Self {
        Cow::Borrowed(start)
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
    course: Course,
    tape: Tape<T>,
    tangents: TangentTapes,
}

impl<T: Scalar> Learner<T> {
    /// A learner for this model that sees each support image once and gets its gradients by one
    /// reverse sweep.
    pub fn new(model: Model) -> Self {
        Self::on_course(model, Course::default())
    }

    /// A learner for this model and this way of running episodes.
    pub fn on_course(model: Model, course: Course) -> Self {
        Learner {
            model,
            course,
            tape: Tape::new(),
            tangents: TangentTapes::new(),
        }
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The tape of plain episodes and of [`Unroll::Tape`], empty between episodes; for looking at
    /// its memory.
    pub fn tape(&self) -> &Tape<T> {
        &self.tape
    }

    /// Learns the task's support images one by one from `start` by the rule with coefficients
    /// `theta`, and is examined on its query images.
    ///
    /// A start that is handed over is given back to the allocator as soon as the tape has its own copy
    /// of the weights; one that is lent stays beside it.
    ///
    /// Which way the gradient takes changes it by rounding errors only. Query score and diagnostics
    /// of reverse mode are the same, bit for bit, by every [`Unroll`]; those of forward mode agree
    /// to rounding.
    ///
    /// # Panics
    /// When θ does not have one coefficient per term, the images do not have the network's number
    /// of inputs, a label is not below its number of outputs, or there are steps to make and no
    /// support image.
    pub fn episode<'s>(
        &mut self,
        theta: &[f64],
        start: impl Into<Cow<'s, Start<T>>>,
        dataset: &Dataset,
        task: &Task,
        ask: Ask,
    ) -> Outcome {
        let steps = self.course.steps;
        let steps = steps.map_or(task.support.len(), |n| usize::try_from(n).expect("steps"));
        assert!(
            steps == 0 || !task.support.is_empty(),
            "episode: {steps} steps without a support image"
        );
        let start = start.into();
        let lesson = Lesson {
            model: &self.model,
            theta,
            noise: start.noise,
            dataset,
            task,
            steps,
            diagnostics: ask.diagnostics,
        };
        let outcome = match self.course.gradient {
            _ if !ask.gradient => on_tape(&self.tape, &lesson, start, false),
            Gradient::Reverse(Unroll::Tape) => on_tape(&self.tape, &lesson, start, true),
            Gradient::Reverse(Unroll::Segments(segments)) => {
                segmented::episode(&lesson, start.into_owned(), segments)
            }
            Gradient::Forward => self.tangents.episode(&lesson, &start),
        };
        Outcome {
            gradient: outcome
                .gradient
                .filter(|_| outcome.query.cross_entropy.is_finite()),
            ..outcome
        }
    }
}

/// An episode on one tape, of which a gradient needs every step and nothing else any.
fn on_tape<T: Scalar>(
    tape: &Tape<T>,
    lesson: &Lesson<'_>,
    start: Cow<'_, Start<T>>,
    gradient: bool,
) -> Outcome {
    tape.reset();
    let model = lesson.model;
    let network = Network::new(
        tape,
        &model.architecture,
        &start.weights,
        model.feedback,
        start.feedback.as_ref(),
    );
    drop(start);
    let theta: Vec<_> = lesson
        .theta
        .iter()
        .map(|&theta| tape.scalar(T::from_f64(theta)))
        .collect();
    let rule = model.rule.bind_to(&theta);
    if gradient {
        for t in 0..lesson.steps {
            lesson.step(&network, &rule, t);
        }
    } else {
        lesson.steps_without_a_trace(&network, &rule);
    }
    let Examined {
        query,
        diagnostics,
        loss,
    } = lesson.examine(&network);
    let gradient = (gradient && query.cross_entropy.is_finite()).then(|| {
        let gradients = loss.backward();
        let wrt = |theta| gradients.wrt(theta).item().to_f64();
        theta.into_iter().map(wrt).collect()
    });
    Outcome {
        query,
        gradient,
        diagnostics,
    }
}
