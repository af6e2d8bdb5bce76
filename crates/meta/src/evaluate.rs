//! How well a rule with fixed coefficients does on tasks that it has not seen.

use metaplast_data::{Dataset, TaskSampler};
use metaplast_plasticity::Number;
use rayon::prelude::*;

use crate::course::Course;
use crate::guard::Guard;
use crate::learner::{Ask, Learner, Model, Start};
use crate::query::QueryScore;
use crate::seeds::{Purpose, stream};
use crate::statistics::{Interval, bootstrap_interval, mean};

/// The number of the trial whose streams evaluation draws from: none that meta-training reaches, so
/// that tasks and weights are fresh whatever the seed.
pub const TRIAL: u64 = 1 << 32;

/// Fewest tasks that a thread takes at once, so that it can reuse its learner.
const CHUNK: usize = 4;

/// Resamples of the bootstrap, as in the paper.
pub const RESAMPLES: usize = 500;
/// The part of the bootstrap's means that the interval encloses, as in the paper.
pub const CONFIDENCE: f64 = 0.98;

/// A rule's result over all tasks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// Mean query accuracy; an exploded task counts with what it got.
    pub accuracy: f64,
    /// Bootstrap interval of the mean accuracy.
    pub interval: Interval,
    /// Mean query cross-entropy of the tasks that did not explode, in nats; NaN if all did.
    pub cross_entropy: f64,
    /// Tasks that ended worse than an untrained network: see [`crate::guard`].
    pub exploded: u64,
}

/// Trains a fresh network on each of `tasks` fresh tasks by the model's rule with its own
/// coefficients, for the `course`'s number of online steps, on the threads of the rayon pool that it
/// is called from.
///
/// Task `k` and its initial weights depend on `seed` and `k` alone, so two rules evaluated with the
/// same seed meet the same ones, and the number of threads changes no bit. `done` is called after
/// each task.
///
/// # Panics
/// When the images do not have the network's number of inputs, or there are more classes than
/// outputs.
pub fn evaluate<T: Number>(
    model: &Model,
    course: Course,
    dataset: &Dataset,
    sampler: &TaskSampler,
    seed: u64,
    tasks: u64,
    done: &(dyn Fn() + Sync),
) -> Vec<QueryScore> {
    let one = |learner: &mut Learner<T>, k: usize| {
        let k = k as u64;
        let start = Start::<T>::draw(model, seed, TRIAL, k);
        let task = sampler.sample(dataset, &mut stream(seed, TRIAL, k, Purpose::Task));
        let theta = model.rule.theta();
        let outcome = learner.episode(theta, start, dataset, &task, Ask::default());
        done();
        outcome.query
    };
    (0..tasks as usize)
        .into_par_iter()
        .with_min_len(CHUNK)
        .map_init(|| Learner::on_course(model.clone(), course), one)
        .collect()
}

impl Evaluation {
    /// Sums up the scores of [`evaluate`] for a network with this many outputs.
    ///
    /// The resampling depends on `seed` alone: rules with as many scores are resampled alike.
    ///
    /// # Panics
    /// When there are no scores.
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
            exploded: (scores.len() - losses.len()) as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use metaplast_data::Sampling;
    use metaplast_plasticity::{Architecture, Feedback, Preset, Rule};

    use super::*;

    #[test]
    fn threads_change_nothing_and_seeds_do() {
        let dataset = Dataset::glyphs(6, 1);
        let sampler = TaskSampler::new(&dataset, 2, 4, 2, Sampling::Fresh).unwrap();
        let model = Model {
            architecture: Architecture::new(vec![784, 8, 47]).unwrap(),
            feedback: Feedback::fixed(),
            rule: Rule::preset(Preset::Fa).with_theta(&[0.05]),
        };
        let run = |threads: usize, seed: u64| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let course = Course::default();
            let run = || evaluate::<f32>(&model, course, &dataset, &sampler, seed, 9, &|| {});
            pool.build().unwrap().install(run)
        };
        assert_eq!(run(1, 1), run(3, 1));
        assert_ne!(run(1, 1), run(1, 2));
    }

    #[test]
    fn exploded_tasks_are_counted_and_keep_out_of_the_mean_loss() {
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
        assert_eq!(evaluation.exploded, 2);
        assert_eq!(evaluation.cross_entropy, 2.0);
        assert!((evaluation.accuracy - 0.3).abs() < 1e-15);
        assert!(evaluation.interval.low <= 0.3 && 0.3 <= evaluation.interval.high);
    }
}
