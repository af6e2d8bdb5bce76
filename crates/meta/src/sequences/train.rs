//! Training of rules on sequences: the loop over episodes of one trial.

use metaplast_autodiff::Tape;
use metaplast_data::sequences::SequenceTask;
use metaplast_plasticity::{Number, RecurrentArchitecture, RecurrentError, Rule};
use rand::rngs::Xoshiro256PlusPlus;
use thiserror::Error;

use super::episode::SequenceEpisode;
use super::model::{SequenceModel, SequenceStart};
use crate::optimizer::{Beginning, OptimizerKind};
use crate::query::QueryScore;
use crate::seeds::{EpisodeKey, Purpose};
use crate::setters::setters;
use crate::term_sizes::squared_distance;
use crate::train::Guard;

/// Sequences over which the sizes of terms are averaged.
const SEQUENCES: usize = 10;

/// How a rule is trained on sequences.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SequenceTrainSettings {
    /// Network, teaching signals, terms, and the θ to start from.
    pub model: SequenceModel,
    /// Episodes; 300 by default.
    pub episodes: u64,
    /// From which everything random follows; 1 by default.
    pub seed: u64,
    /// Which meta-optimiser; [`OptimizerKind::STEADY`] by default.
    pub optimizer: OptimizerKind,
    /// Its step size; 1e-3 by default.
    pub rate: f64,
    /// Diverged episodes in a row after which a trial gives up; 50 by default.
    pub patience: u32,
}

impl SequenceTrainSettings {
    /// For this model, with defaults for everything else.
    #[must_use]
    pub fn new(model: SequenceModel) -> Self {
        SequenceTrainSettings {
            model,
            episodes: 300,
            seed: 1,
            optimizer: OptimizerKind::default(),
            rate: 1e-3,
            patience: 50,
        }
    }

    setters! {
        with_episodes episodes: u64,
        with_seed seed: u64,
        with_optimizer optimizer: OptimizerKind,
        with_rate rate: f64,
        with_patience patience: u32,
    }
}

/// Draws the task of an episode.
type DrawTask<'a> = &'a (dyn Fn(&mut Xoshiro256PlusPlus) -> SequenceTask + Sync);

/// Trains a rule on tasks of sequences. It is the loop of the [`Trainer`](crate::train::Trainer), with the same
/// meta-optimisers and the same guard against divergence, without its checkpoints.
pub struct SequenceTrainer<'a> {
    settings: &'a SequenceTrainSettings,
    draw: DrawTask<'a>,
}

/// An episode of a trial.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SequenceRecord {
    /// Its number, from 0.
    pub episode: u64,
    /// θ during the episode.
    pub theta: Vec<f64>,
    /// Loss and accuracy on the query sequences.
    pub query: QueryScore,
    /// Whether it diverged.
    pub diverged: bool,
}

/// A trial that gave up.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "trial {trial} gave up after episode {episode}: {in_a_row} episodes in a row diverged; choose a smaller rate or smaller first coefficients"
)]
pub struct SequenceTrainError {
    /// The trial.
    pub trial: u64,
    /// Its last episode.
    pub episode: u64,
    /// How many diverged one after the other.
    pub in_a_row: u32,
}

impl<'a> SequenceTrainer<'a> {
    /// A trainer that draws the task of each episode by `draw`.
    ///
    /// # Errors
    /// When recurrent networks cannot learn by the rule.
    pub fn new(
        settings: &'a SequenceTrainSettings,
        draw: DrawTask<'a>,
    ) -> Result<Self, RecurrentError> {
        RecurrentArchitecture::check_rule(&settings.model.rule)?;
        Ok(SequenceTrainer { settings, draw })
    }

    /// Runs a trial from its beginning, in numbers `T`, and returns the last θ; `observe` is told of each episode.
    ///
    /// # Errors
    /// When too many episodes in a row diverged.
    ///
    /// # Panics
    /// When a task does not fit the model.
    #[track_caller]
    pub fn run_trial<T: Number>(
        &self,
        trial: u64,
        observe: &mut dyn FnMut(&SequenceRecord),
    ) -> Result<Vec<f64>, SequenceTrainError> {
        let SequenceTrainSettings {
            model,
            optimizer,
            rate,
            ..
        } = self.settings;
        let mut theta = model.rule.theta().to_vec();
        let tape = Tape::<T>::new();
        let term_sizes = || self.term_sizes(trial, &tape);
        let mut optimizer = optimizer.make(&Beginning::new(*rate, theta.len(), &term_sizes));
        let mut guard = Guard::new(model.architecture.outputs(), &theta);
        for episode in 0..self.settings.episodes {
            let key = EpisodeKey::new(self.settings.seed, trial, episode);
            let task = (self.draw)(&mut key.stream(Purpose::Task));
            let run = SequenceEpisode::new(model, key, &task).with_theta(&theta);
            let outcome = run.reverse(&tape);
            let loss = outcome.query.cross_entropy;
            let good = |gradient: &Vec<f64>| guard.is_good(loss, gradient);
            let gradient = outcome.gradient.filter(good);
            let before = theta.clone();
            let mut diverged = true;
            if let Some(gradient) = gradient {
                guard.went_well(&theta, loss, &gradient);
                optimizer.step(&mut theta, loss, &gradient);
                diverged = theta.iter().any(|theta| !theta.is_finite());
            }
            if diverged {
                theta = guard.step_back();
                optimizer.stepped_back(&mut theta);
            }
            observe(&SequenceRecord {
                episode,
                theta: before,
                query: outcome.query,
                diverged,
            });
            let in_a_row = guard.in_a_row();
            if in_a_row >= self.settings.patience {
                return Err(SequenceTrainError {
                    trial,
                    episode,
                    in_a_row,
                });
            }
        }
        Ok(theta)
    }

    /// The size of each coefficient's term relative to the pseudo-gradient's, as
    /// [`term_sizes`](crate::train::term_sizes) has it, over all three matrices of the first network.
    fn term_sizes<T: Number>(&self, trial: u64, tape: &Tape<T>) -> Vec<f64> {
        let model = &self.settings.model;
        let key = EpisodeKey::new(self.settings.seed, trial, 0);
        let task = (self.draw)(&mut key.stream(Purpose::TermSizes));
        let episode = SequenceEpisode::new(model, key, &task);
        let start = SequenceStart::<T>::draw(model, key);
        let size = |rule: &Rule| -> f64 {
            let squares = task.support.iter().take(SEQUENCES).map(|sequence| {
                tape.reset();
                let network = episode.begin(tape);
                tape.without_gradients(|| {
                    SequenceEpisode::learn(&network, &rule.bind_constant(tape), sequence);
                });
                squared_distance(network.states(), &start.weights, None)
            });
            squares.sum::<f64>().sqrt()
        };
        let pseudo_gradient = Rule::from_pool(&[0]).expect("a term of the pool");
        let reference = size(&pseudo_gradient.with_theta(&[1.0]));
        let coefficients = model.rule.coefficients();
        let sizes = coefficients.map(|coefficient| {
            match size(&model.rule.alone(coefficient.place)) / reference {
                ratio if ratio.is_finite() => ratio,
                _ if reference == 0.0 => 1.0,
                _ => f64::MAX,
            }
        });
        sizes.collect()
    }
}

impl std::fmt::Debug for SequenceTrainer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SequenceTrainer")
            .field("settings", self.settings)
            .finish_non_exhaustive()
    }
}
