//! Episodes: online learning of one task from a random start, and an evaluation on its query images.
//!
//! An [`Episode`] says what happens; a [`LiveEpisode`] is one that happens, on a tape. The ways to
//! the [gradient](crate::gradient), the [simulation](crate::simulate) and the diagnoses of
//! [training](crate::train) all run the same live episode, so that a step means one thing.
//!
//! ```
//! use metaplast_autodiff::Tape;
//! use metaplast_data::{Dataset, Sampling, TaskSampler};
//! use metaplast_meta::seeds::{EpisodeKey, Purpose};
//! use metaplast_meta::{Episode, Model};
//! use metaplast_plasticity::{Architecture, Preset, Rule};
//!
//! let dataset = Dataset::glyphs(6, 1);
//! let key = EpisodeKey::new(1, 0, 0);
//! let sampler = TaskSampler::new(&dataset, 3, 4, 2, Sampling::Fresh)?;
//! let task = sampler.sample(&dataset, &mut key.stream(Purpose::Task));
//! let model = Model {
//!     architecture: Architecture::new(vec![784, 12, 47])?,
//!     feedback: Preset::Bio.feedback(),
//!     rule: Rule::preset(Preset::Bio).with_theta(&[1e-2, -1e-2, 1e-3]),
//! };
//! let episode = Episode::new(&model, key, &dataset, &task);
//!
//! // Step by step, on a tape of one's own:
//! let tape = Tape::<f64>::new();
//! let live = episode.begin(&tape);
//! let (rule, theta) = episode.bind(&tape);
//! for t in 0..episode.steps {
//!     live.step(&rule, t);
//! }
//! let evaluated = live.evaluate(false);
//! let gradients = evaluated.loss.backward();
//! let slope = gradients.wrt(theta[0]).item();
//!
//! // The same in one call:
//! use metaplast_meta::gradient::{Ask, GradientMode, run};
//! use metaplast_meta::Precision;
//! let outcome = run(&episode, GradientMode::default(), Precision::Double, Ask::GRADIENT);
//! assert_eq!(outcome.query, evaluated.query);
//! assert_eq!(outcome.gradient.unwrap()[0], slope);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::borrow::Cow;
use std::fmt;

use metaplast_autodiff::{State, Tape, Var};
use metaplast_data::{Dataset, Task};
use metaplast_plasticity::{BoundRule, Number, Pathway};
use metaplast_tensor::Tensor;

use crate::episode_network::EpisodeNetwork;
pub use crate::evaluated::Evaluated;
use crate::examples::{EpisodeExamples, ExampleArrays};
use crate::query_loss::QueryLoss;
use crate::seeds::EpisodeKey;
use crate::start::{Model, Start};

/// What happens in an episode, whatever numbers compute it.
#[derive(Clone, Copy, Debug)]
pub struct Episode<'a> {
    /// What learns.
    pub model: &'a Model,
    /// The rule's coefficients in this episode; those in the model are not looked at.
    pub theta: &'a [f64],
    /// From which the first weights follow, unless others are given.
    pub key: EpisodeKey,
    /// What is learned from, and what the network is evaluated on.
    pub examples: EpisodeExamples<'a>,
    /// Online steps; after the last support image the first one comes again.
    pub steps: usize,
    /// What the network is scored by after the last of them; cross-entropy unless given.
    pub query_loss: QueryLoss,
}

impl<'a> Episode<'a> {
    /// An episode at the model's own θ that sees each support image once.
    #[must_use]
    pub fn new(model: &'a Model, key: EpisodeKey, dataset: &'a Dataset, task: &'a Task) -> Self {
        Episode::of(model, key, EpisodeExamples::Images { dataset, task })
    }

    /// The same from arrays of inputs.
    ///
    /// ```
    /// use metaplast_meta::examples::{ExampleArrays, LabelledRows};
    /// use metaplast_meta::gradient::{Ask, GradientMode, run};
    /// use metaplast_meta::seeds::EpisodeKey;
    /// use metaplast_meta::{Episode, Model, Precision};
    /// use metaplast_plasticity::{Architecture, Feedback, Preset, Rule};
    /// use metaplast_tensor::tensor;
    ///
    /// let model = Model {
    ///     architecture: Architecture::new(vec![2, 8, 2])?,
    ///     feedback: Feedback::fixed(),
    ///     rule: Rule::preset(Preset::Fa).with_theta(&[0.1]),
    /// };
    /// let rows = || LabelledRows::new(tensor![[0.0, 1.0], [1.0, 0.0]], vec![0, 1]);
    /// let arrays = ExampleArrays::new(rows()?, rows()?);
    /// arrays.check(&model.architecture, true)?;
    /// let episode = Episode::of_arrays(&model, EpisodeKey::new(1, 0, 0), &arrays);
    /// let episode = episode.with_steps(Some(40));
    /// let outcome = run(&episode, GradientMode::default(), Precision::Double, Ask::GRADIENT);
    /// assert_eq!(outcome.query.accuracy, 1.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of_arrays(model: &'a Model, key: EpisodeKey, arrays: &'a ExampleArrays) -> Self {
        Episode::of(model, key, EpisodeExamples::Arrays(arrays))
    }

    fn of(model: &'a Model, key: EpisodeKey, examples: EpisodeExamples<'a>) -> Self {
        Episode {
            model,
            theta: model.rule.theta(),
            key,
            steps: examples.support_len(),
            examples,
            query_loss: QueryLoss::default(),
        }
    }

    /// The same at other coefficients.
    #[must_use]
    pub fn with_theta(self, theta: &'a [f64]) -> Self {
        Episode { theta, ..self }
    }

    /// The same with so many online steps; `None`: each support image once.
    #[must_use]
    pub fn with_steps(self, steps: Option<u64>) -> Self {
        let steps = steps.map_or(self.examples.support_len(), |n| {
            usize::try_from(n).expect("as many steps as can be counted")
        });
        Episode { steps, ..self }
    }

    /// The same scored by another loss.
    #[must_use]
    pub fn with_query_loss(self, query_loss: QueryLoss) -> Self {
        Episode { query_loss, ..self }
    }

    /// The first weights.
    #[must_use]
    pub fn start<T: Number>(&self) -> Start<T> {
        Start::draw(self.model, self.key)
    }

    /// Puts the network on a tape, before the first step.
    ///
    /// # Panics
    /// When there are steps to make and no support image.
    #[track_caller]
    pub fn begin<'t, T: Number>(&self, tape: &'t Tape<T>) -> LiveEpisode<'a, 't, T> {
        self.begin_from(tape, self.start())
    }

    /// The same from these weights. A start that is handed over is given back to the allocator as
    /// soon as the tape has its own copy of the weights.
    ///
    /// # Panics
    /// When the weights do not fit the model, or there are steps to make and no support image.
    #[track_caller]
    pub fn begin_from<'s, 't, T: Number>(
        &self,
        tape: &'t Tape<T>,
        start: impl Into<Cow<'s, Start<T>>>,
    ) -> LiveEpisode<'a, 't, T> {
        let start = start.into();
        let carried = carried(self.model, &start).map(|w| tape.state(w));
        LiveEpisode::on(*self, tape, carried.collect(), &start.feedback, start.seed)
    }

    /// The same with gradients for the first forward weights.
    ///
    /// # Panics
    /// As [`begin_from`](Self::begin_from).
    #[track_caller]
    pub fn begin_with_gradient<'t, T: Number>(
        &self,
        tape: &'t Tape<T>,
        start: &Start<T>,
    ) -> LiveEpisode<'a, 't, T> {
        let layers = self.model.architecture.layers();
        let carried = (0..).zip(carried(self.model, start)).map(|(place, w)| {
            if place < layers {
                tape.state_with_gradient(w)
            } else {
                tape.state(w)
            }
        });
        LiveEpisode::on(*self, tape, carried.collect(), &start.feedback, start.seed)
    }

    /// Puts the coefficients on a tape as inputs to differentiate by; also returns them, in order.
    ///
    /// # Panics
    /// When θ does not have one coefficient per term, or per term and layer.
    #[track_caller]
    pub fn bind<'t, T: Number>(&self, tape: &'t Tape<T>) -> (BoundRule<'t, T>, Vec<Var<'t, T>>) {
        let theta: Vec<_> = self
            .theta
            .iter()
            .map(|&theta| tape.scalar(T::from_f64(theta)))
            .collect();
        (self.model.rule.bind_to(&theta), theta)
    }
}

/// What steps change: the forward weights, and after them feedback weights that learn.
pub(crate) fn carried<'s, T: Number>(
    model: &Model,
    start: &'s Start<T>,
) -> impl Iterator<Item = &'s Tensor<T>> + use<'s, T> {
    let feedback = start.feedback.transposed();
    let learning = if model.feedback.learns() {
        feedback
    } else {
        &[]
    };
    start.weights.transposed().iter().chain(learning)
}

/// An episode on a tape, between two steps.
pub struct LiveEpisode<'a, 't, T: Number> {
    episode: Episode<'a>,
    network: EpisodeNetwork<'t, T>,
    carried: Vec<State<'t, T>>,
}

impl<'a, 't, T: Number> LiveEpisode<'a, 't, T> {
    /// On states that may come from any step; see [`carried`](Self::carried).
    #[track_caller]
    pub(crate) fn on(
        episode: Episode<'a>,
        tape: &'t Tape<T>,
        carried: Vec<State<'t, T>>,
        feedback: &Pathway<T>,
        seed: u64,
    ) -> Self {
        assert!(
            episode.steps == 0 || episode.examples.support_len() > 0,
            "episode: {} steps without a support image",
            episode.steps
        );
        LiveEpisode {
            episode,
            network: EpisodeNetwork::new(tape, episode.model, &carried, feedback, seed),
            carried,
        }
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &EpisodeNetwork<'t, T> {
        &self.network
    }

    /// All that steps change: the forward weights of each layer, and after them the feedback weights
    /// where they learn; transposed, `[n_(l−1), n_l]`.
    #[must_use]
    pub fn carried(&self) -> &[State<'t, T>] {
        &self.carried
    }

    /// Online step `t`, counted from 0, by a rule on the same tape.
    ///
    /// # Panics
    /// When the image does not have the network's number of inputs, or its label is not below the
    /// number of outputs.
    #[track_caller]
    pub fn step(&self, rule: &BoundRule<'t, T>, t: usize) {
        self.network.step(rule, &self.episode.examples, t);
    }

    /// Online step `t`, of which nothing stays on the tape.
    ///
    /// # Panics
    /// As [`step`](Self::step).
    #[track_caller]
    pub fn step_unrecorded(&self, rule: &BoundRule<'t, T>, t: usize) {
        self.network.tape().unrecorded(|| {
            self.step(rule, t);
            self.network.keep_memory();
        });
    }

    /// Online step `t`, of which nothing stays on the tape; before a layer changes, `seen` is told its number
    /// from 0 and what each term adds to it, `[n_(l−1), n_l]`.
    ///
    /// # Panics
    /// As [`step`](Self::step).
    #[track_caller]
    pub fn step_in_parts(
        &self,
        rule: &BoundRule<'t, T>,
        t: usize,
        seen: &mut dyn FnMut(usize, &[Tensor<T>]),
    ) {
        self.network.tape().unrecorded(|| {
            let examples = &self.episode.examples;
            self.network.step_in_parts(rule, examples, t, seen);
            self.network.keep_memory();
        });
    }

    /// Every step, none of which stays on the tape.
    ///
    /// # Panics
    /// As [`step`](Self::step).
    #[track_caller]
    pub fn run_unrecorded(&self, rule: &BoundRule<'t, T>) {
        for t in 0..self.episode.steps {
            self.step_unrecorded(rule, t);
        }
    }

    /// The evaluation on the query images with the present weights.
    ///
    /// # Panics
    /// When there are no query images, or they do not fit the network.
    #[track_caller]
    pub fn evaluate(&self, diagnostics: bool) -> Evaluated<'t, T> {
        let Episode {
            examples,
            query_loss,
            ..
        } = &self.episode;
        self.network.judge(examples, *query_loss, diagnostics)
    }
}

impl<T: Number> fmt::Debug for LiveEpisode<'_, '_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveEpisode")
            .field("model", self.episode.model)
            .field("key", &self.episode.key)
            .field("steps", &self.episode.steps)
            .finish_non_exhaustive()
    }
}
