//! What learns, and from where: a model and the random weights of an episode.

use std::borrow::Cow;

use metaplast_plasticity::{Architecture, Feedback, NetworkError, Number, Pathway, Rule};
use rand::Rng;

use crate::seeds::{EpisodeKey, Purpose};

/// What learns: a network's layers, its feedback pathway and its rule.
///
/// A convolutional network, meta-learned: errors come back through a fixed random kernel, and the learned one
/// changes by the sum of the rule's changes over all places.
///
/// ```
/// use std::ops::ControlFlow;
///
/// use metaplast_data::{Dataset, Sampling, TaskSampler};
/// use metaplast_meta::Model;
/// use metaplast_meta::train::{TrainSettings, Trainer};
/// use metaplast_plasticity::{Architecture, Preset, Rule};
///
/// let dataset = Dataset::glyphs(6, 1);
/// let sampler = TaskSampler::new(&dataset, 3, 4, 2, Sampling::Fresh)?;
/// let model = Model {
///     architecture: Architecture::parse("28x28x1 conv7x4/3 pool2 12 47")?,
///     feedback: Preset::Bio.feedback(),
///     rule: Rule::preset(Preset::Bio).with_theta(&[1e-3, 0.0, 0.0]),
/// };
/// let settings = TrainSettings::new(model).with_episodes(4);
/// let trainer = Trainer::new(&settings, &dataset, &sampler);
/// let results = trainer.run(1, &mut |_| ControlFlow::Continue(()))?;
/// assert_ne!(results[0].theta, [1e-3, 0.0, 0.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Layer sizes and activation.
    pub architecture: Architecture,
    /// How errors travel back.
    pub feedback: Feedback,
    /// The plasticity terms with their coefficients θ.
    pub rule: Rule,
}

/// The random weights from which an episode starts, and what else is random in it.
#[derive(Clone, Debug)]
pub struct Start<T: Number> {
    /// Forward weights.
    pub weights: Pathway<T>,
    /// The feedback pathway's own matrices; none where the forward weights are all it needs.
    pub feedback: Pathway<T>,
    /// The seed of what is random in the steps, like the noise of weight mirrors.
    pub seed: u64,
}

impl<T: Number> Start<T> {
    /// The start of the episode with this key.
    ///
    /// ```
    /// use metaplast_meta::seeds::EpisodeKey;
    /// use metaplast_meta::{Model, Start};
    /// use metaplast_plasticity::{Architecture, Preset, Rule};
    ///
    /// let model = Model {
    ///     architecture: Architecture::new(vec![4, 5, 3])?,
    ///     feedback: Preset::Bio.feedback(),
    ///     rule: Rule::preset(Preset::Bio),
    /// };
    /// let start = Start::<f32>::draw(&model, EpisodeKey::new(1, 0, 0));
    /// assert_eq!(start.weights.matrices()[0].dims(), [5, 4]);
    /// # Ok::<(), metaplast_plasticity::ArchitectureError>(())
    /// ```
    #[must_use]
    pub fn draw(model: &Model, key: EpisodeKey) -> Self {
        let architecture = &model.architecture;
        Start {
            weights: Pathway::uniform(architecture, &mut key.stream(Purpose::Weights))
                .scaled(T::from_f64(architecture.init_scale())),
            feedback: model
                .feedback
                .draw(architecture, &mut key.stream(Purpose::Feedback)),
            seed: key.stream(Purpose::Mirror).next_u64(),
        }
    }

    /// Whether weights and matrices of the feedback pathway are those of a model.
    ///
    /// # Errors
    /// With the first matrix that does not fit.
    pub fn check(&self, model: &Model) -> Result<(), NetworkError> {
        let architecture = &model.architecture;
        self.weights.check(&architecture.shapes())?;
        let matrices = self.feedback.check(&model.feedback.shapes(architecture));
        matrices.map_err(|error| NetworkError::Feedback {
            feedback: model.feedback.to_string(),
            error,
        })
    }

    /// The same weights in other numbers.
    #[must_use]
    pub fn cast<U: Number>(&self) -> Start<U> {
        Start {
            weights: self.weights.cast(),
            feedback: self.feedback.cast(),
            seed: self.seed,
        }
    }
}

impl<'a, T: Number> From<Start<T>> for Cow<'a, Start<T>> {
    fn from(start: Start<T>) -> Self {
        Cow::Owned(start)
    }
}

impl<'a, T: Number> From<&'a Start<T>> for Cow<'a, Start<T>> {
    fn from(start: &'a Start<T>) -> Self {
        Cow::Borrowed(start)
    }
}
