//! Settings of a meta-training.

use super::divergence::OnDivergence;
use super::penalty::Penalty;
use crate::gradient::GradientMode;
use crate::optimizer::OptimizerKind;
use crate::precision::Precision;
use crate::query_loss::QueryLoss;
use crate::setters::setters;
use crate::start::Model;

/// How to meta-train.
///
/// ```
/// use metaplast_meta::Model;
/// use metaplast_meta::optimizer::OptimizerKind;
/// use metaplast_meta::train::TrainSettings;
/// use metaplast_plasticity::{Architecture, Preset, Rule};
///
/// let model = Model {
///     architecture: Architecture::new(vec![784, 12, 47])?,
///     feedback: Preset::Bio.feedback(),
///     rule: Rule::preset(Preset::Bio).with_theta(&[1e-3, 0.0, 0.0]),
/// };
/// let settings = TrainSettings::new(model)
///     .with_episodes(20)
///     .with_optimizer(OptimizerKind::ADAM);
/// assert_eq!((settings.episodes, settings.rate), (20, 1e-3));
/// # Ok::<(), metaplast_plasticity::ArchitectureError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TrainSettings {
    /// Network, feedback, terms, and the θ to start from.
    pub model: Model,
    /// In which numbers networks compute; `f32` by default.
    pub precision: Precision,
    /// Episodes in each trial; 600 by default, as in the paper.
    pub episodes: u64,
    /// Episodes whose gradients are averaged for one step of θ; 1 by default, and no less.
    pub meta_batch: u64,
    /// Online steps of an episode; after the last support image the first one comes again. By default
    /// each support image is seen once.
    pub steps: Option<u64>,
    /// What episodes are scored by; cross-entropy by default.
    pub query_loss: QueryLoss,
    /// The way to the gradient.
    pub gradient: GradientMode,
    /// From which everything random follows; 1 by default.
    pub seed: u64,
    /// Weight λ of the penalty `λ ‖θ‖₁` in the meta-loss; 0 by default.
    pub lambda: f64,
    /// How the penalty moves θ.
    pub penalty: Penalty,
    /// Which meta-optimiser.
    pub optimizer: OptimizerKind,
    /// Its step size; 1e-3 by default.
    pub rate: f64,
    /// Diverged episodes in a row after which a trial stops with an error; 50 by default, and at
    /// least 1.
    pub patience: u32,
    /// What follows a diverged episode.
    pub on_divergence: OnDivergence,
}

impl TrainSettings {
    /// For this model, with defaults for everything else.
    #[must_use]
    pub fn new(model: Model) -> Self {
        TrainSettings {
            model,
            precision: Precision::default(),
            episodes: 600,
            meta_batch: 1,
            steps: None,
            query_loss: QueryLoss::default(),
            gradient: GradientMode::default(),
            seed: 1,
            lambda: 0.0,
            penalty: Penalty::default(),
            optimizer: OptimizerKind::default(),
            rate: 1e-3,
            patience: 50,
            on_divergence: OnDivergence::default(),
        }
    }

    setters! {
        with_precision precision: Precision,
        with_episodes episodes: u64,
        with_meta_batch meta_batch: u64,
        with_steps steps: Option<u64>,
        with_query_loss query_loss: QueryLoss,
        with_gradient gradient: GradientMode,
        with_seed seed: u64,
        with_lambda lambda: f64,
        with_penalty penalty: Penalty,
        with_optimizer optimizer: OptimizerKind,
        with_rate rate: f64,
        with_patience patience: u32,
        with_on_divergence on_divergence: OnDivergence,
    }

    /// Query loss plus `λ ‖θ‖₁` of the terms' coefficients.
    #[must_use]
    pub fn meta_loss(&self, query_loss: f64, theta: &[f64]) -> f64 {
        let penalised = &theta[..self.penalised()];
        query_loss + self.lambda * penalised.iter().map(|t| t.abs()).sum::<f64>()
    }

    /// How many of θ the penalty moves: without one of these a term goes, but what a memory's constant
    /// would be without a value, nobody can say.
    pub(super) fn penalised(&self) -> usize {
        self.model.rule.term_coefficients()
    }

    /// Diverged episodes in a row that end a trial.
    pub(super) fn most_in_a_row(&self) -> u32 {
        match self.on_divergence {
            OnDivergence::Stop => 1,
            _ => self.patience,
        }
    }
}
