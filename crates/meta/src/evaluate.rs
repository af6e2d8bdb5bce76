//! Evaluation: how well a rule with fixed coefficients does on tasks that it has not seen.

use metaplast_data::{Dataset, TaskSampler};
use metaplast_plasticity::Number;
use rayon::prelude::*;

use crate::episode::Episode;
use crate::gradient::{Ask, EpisodeRunner, GradientMode};
use crate::precision::{Precision, in_precision};
use crate::query::QueryScore;
use crate::query_loss::QueryLoss;
use crate::seeds::{EpisodeKey, Purpose, stream};
use crate::start::Model;
use crate::statistics::{Interval, bootstrap_interval, mean};
use crate::train::Guard;

/// The number of the trial whose streams evaluation draws from: none that meta-training reaches, so
/// that tasks and weights are fresh whatever the seed.
pub const TRIAL: u64 = 1 << 32;

/// Fewest tasks that a thread takes at once, so that it can reuse its runner.
const CHUNK: usize = 4;

// As in the paper.
pub use metaplast_numbers::estimate::{CONFIDENCE, RESAMPLES};

/// A rule's result over all tasks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// Mean query accuracy; a diverged task counts with what it got.
    pub accuracy: f64,
    /// Bootstrap interval of the mean accuracy.
    pub interval: Interval,
    /// Mean query cross-entropy of the tasks that did not diverge, in nats; NaN if all did.
    pub cross_entropy: f64,
    /// Tasks that ended worse than an untrained network: see [`Guard`].
    pub diverged: u64,
}

/// How to evaluate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EvaluationSettings {
    /// Number of tasks.
    pub tasks: u64,
    /// From which, with a task's number, its images and first weights follow; 1 by default.
    pub seed: u64,
    /// Online steps for each task; by default each support image is seen once.
    pub steps: Option<u64>,
    /// In which numbers networks compute; `f32` by default.
    pub precision: Precision,
    /// What tasks are scored by beside accuracy; cross-entropy by default.
    pub query_loss: QueryLoss,
}

impl EvaluationSettings {
    /// On so many tasks, with defaults for everything else.
    #[must_use]
    pub fn new(tasks: u64) -> Self {
        EvaluationSettings {
            tasks,
            seed: 1,
            steps: None,
            precision: Precision::default(),
            query_loss: QueryLoss::default(),
        }
    }

    /// Sets [`seed`](Self::seed).
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        EvaluationSettings { seed, ..self }
    }

    /// Sets [`steps`](Self::steps).
    #[must_use]
    pub fn with_steps(self, steps: Option<u64>) -> Self {
        EvaluationSettings { steps, ..self }
    }

    /// Sets [`precision`](Self::precision).
    #[must_use]
    pub fn with_precision(self, precision: Precision) -> Self {
        EvaluationSettings { precision, ..self }
    }

    /// Sets [`query_loss`](Self::query_loss).
    #[must_use]
    pub fn with_query_loss(self, query_loss: QueryLoss) -> Self {
        EvaluationSettings { query_loss, ..self }
    }
}

/// Trains a fresh network on each of several fresh tasks by the model's rule with its own
/// coefficients, on the threads of the rayon pool that it is called from.
///
/// Task `k` and its initial weights depend on the seed and `k` alone, so two rules evaluated with the
/// same seed meet the same ones, and the number of threads changes no bit. `done` is called after
/// each task.
///
/// ```
/// use metaplast_data::{Dataset, Sampling, TaskSampler};
/// use metaplast_meta::Model;
/// use metaplast_meta::evaluate::{Evaluation, EvaluationSettings, evaluate};
/// use metaplast_plasticity::{Architecture, Preset, Rule};
///
/// let dataset = Dataset::glyphs(6, 1);
/// let sampler = TaskSampler::new(&dataset, 2, 4, 2, Sampling::Fresh)?;
/// let model = Model {
///     architecture: Architecture::new(vec![784, 12, 47])?,
///     feedback: Preset::Fa.feedback(),
///     rule: Rule::preset(Preset::Fa).with_theta(&[0.05]),
/// };
/// let settings = EvaluationSettings::new(5);
/// let scores = evaluate(&model, &dataset, &sampler, &settings, &|| {});
/// let evaluation = Evaluation::of(&scores, 47, settings.seed);
/// assert!((0.0..=1.0).contains(&evaluation.accuracy) && evaluation.diverged == 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// When the images do not have the network's number of inputs, or there are more classes than
/// outputs.
#[must_use]
pub fn evaluate(
    model: &Model,
    dataset: &Dataset,
    sampler: &TaskSampler,
    settings: &EvaluationSettings,
    done: &(dyn Fn() + Sync),
) -> Vec<QueryScore> {
    let scored = evaluate_with_losses(model, dataset, sampler, settings, done);
    scored.into_iter().map(|(score, _)| score).collect()
}

/// The same with the [query loss](EvaluationSettings::query_loss) of each task.
///
/// # Panics
/// As [`evaluate`].
#[must_use]
pub fn evaluate_with_losses(
    model: &Model,
    dataset: &Dataset,
    sampler: &TaskSampler,
    settings: &EvaluationSettings,
    done: &(dyn Fn() + Sync),
) -> Vec<(QueryScore, f64)> {
    in_precision!(settings.precision, T => {
        evaluate_in::<T>(model, dataset, sampler, settings, done)
    })
}

fn evaluate_in<T: Number>(
    model: &Model,
    dataset: &Dataset,
    sampler: &TaskSampler,
    settings: &EvaluationSettings,
    done: &(dyn Fn() + Sync),
) -> Vec<(QueryScore, f64)> {
    let one = |runner: &mut EpisodeRunner<T>, k: usize| {
        let key = EpisodeKey::new(settings.seed, TRIAL, k as u64);
        let task = sampler.sample(dataset, &mut key.stream(Purpose::Task));
        let episode = Episode::new(model, key, dataset, &task)
            .with_steps(settings.steps)
            .with_query_loss(settings.query_loss);
        let outcome = runner.run(&episode, Ask::SCORE);
        done();
        (outcome.query, outcome.loss)
    };
    (0..settings.tasks as usize)
        .into_par_iter()
        .with_min_len(CHUNK)
        .map_init(|| EpisodeRunner::new(GradientMode::default()), one)
        .collect()
}

impl Evaluation {
    /// Sums up the scores of [`evaluate`] for a network with this many outputs.
    ///
    /// The resampling depends on `seed` alone: rules with as many scores are resampled alike.
    ///
    /// # Panics
    /// When there are no scores.
    #[must_use]
    pub fn of(scores: &[QueryScore], outputs: usize, seed: u64) -> Self {
        let accuracy: Vec<f64> = scores.iter().map(|score| score.accuracy).collect();
        let limit = Guard::new(outputs, &[]).limit();
        let losses = scores.iter().map(|score| score.cross_entropy);
        let losses: Vec<f64> = losses.filter(|&loss| loss <= limit).collect();
        let mut rng = stream(seed, TRIAL, 0, Purpose::Bootstrap);
        Evaluation {
            accuracy: mean(&accuracy),
            interval: bootstrap_interval(&accuracy, RESAMPLES, CONFIDENCE, &mut rng),
            cross_entropy: mean(&losses),
            diverged: (scores.len() - losses.len()) as u64,
        }
    }
}

/// By how much one rule is better than another on the same tasks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedDifference {
    /// Mean of the differences in query accuracy.
    pub accuracy: f64,
    /// Its bootstrap interval: tasks are resampled as pairs, so that what makes a task hard for both
    /// rules does not widen it.
    pub interval: Interval,
}

impl PairedDifference {
    /// Of the scores of [`evaluate`] minus those of another rule with the same seed and sampler, task by
    /// task. The resampling depends on `seed` alone.
    ///
    /// # Panics
    /// When there are no scores, or not as many of each.
    #[must_use]
    #[track_caller]
    pub fn of(scores: &[QueryScore], minus: &[QueryScore], seed: u64) -> Self {
        assert_eq!(scores.len(), minus.len(), "paired difference: scores");
        let pairs = scores.iter().zip(minus);
        let differences: Vec<f64> = pairs.map(|(a, b)| a.accuracy - b.accuracy).collect();
        let mut rng = stream(seed, TRIAL, 0, Purpose::Bootstrap);
        PairedDifference {
            accuracy: mean(&differences),
            interval: bootstrap_interval(&differences, RESAMPLES, CONFIDENCE, &mut rng),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diverged_tasks_are_counted_and_keep_out_of_the_mean_loss() {
        let score = |cross_entropy, accuracy| QueryScore {
            cross_entropy,
            accuracy,
        };
        let scores = [
            score(1.0, 0.8),
            score(3.0, 0.4),
            score(f64::NAN, 0.0),
            score(9.0, 0.0),
        ];
        let evaluation = Evaluation::of(&scores, 47, 1);
        assert_eq!(evaluation.diverged, 2);
        assert_eq!(evaluation.cross_entropy, 2.0);
        assert!((evaluation.accuracy - 0.3).abs() < 1e-15);
        assert!(evaluation.interval.low <= 0.3 && 0.3 <= evaluation.interval.high);
    }

    #[test]
    fn pairs_that_differ_alike_have_a_narrow_interval() {
        let scores = |shift: f64| -> Vec<QueryScore> {
            let of_task = |k: u32| QueryScore {
                cross_entropy: 1.0,
                accuracy: f64::from(k % 10) / 10.0 + shift,
            };
            (0..50).map(of_task).collect()
        };
        let (better, worse) = (scores(0.1), scores(0.0));
        let difference = PairedDifference::of(&better, &worse, 1);
        let near = |x: f64| (x - 0.1).abs() < 1e-12;
        assert!(near(difference.accuracy));
        assert!(near(difference.interval.low) && near(difference.interval.high));
        let alone = Evaluation::of(&better, 47, 1).interval;
        assert!(alone.high - alone.low > 0.1);
    }
}
