//! Simulation: online learning by a rule, with a curve over the steps.

use metaplast_autodiff::Tape;
use metaplast_plasticity::{Number, Pathway};

use crate::episode::Episode;
use crate::precision::{Precision, in_precision};
use crate::query::QueryScore;
use crate::start::Start;

/// The network after some online steps.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CurvePoint {
    /// Online steps so far.
    pub step: u64,
    /// Loss and accuracy on the query images.
    pub query: QueryScore,
    /// Frobenius norm of each layer's weights.
    pub weight_norms: Vec<f64>,
}

/// Runs an episode without gradients and tells `observe` how the network does at the start, after every
/// `every` steps and at the end. Returns the final weights.
///
/// Nothing of a step stays in memory, so any number of them is possible.
///
/// ```
/// use metaplast_data::{Dataset, Sampling, TaskSampler};
/// use metaplast_meta::seeds::{EpisodeKey, Purpose};
/// use metaplast_meta::simulate::simulate;
/// use metaplast_meta::{Episode, Model, Precision};
/// use metaplast_plasticity::{Architecture, Preset, Rule};
///
/// let dataset = Dataset::glyphs(8, 1);
/// let key = EpisodeKey::new(1, 0, 0);
/// let sampler = TaskSampler::new(&dataset, 3, 5, 2, Sampling::Fresh)?;
/// let task = sampler.sample(&dataset, &mut key.stream(Purpose::Task));
/// let model = Model {
///     architecture: Architecture::new(vec![784, 12, 47])?,
///     feedback: Preset::Fa.feedback(),
///     rule: Rule::preset(Preset::Fa).with_theta(&[0.02]),
/// };
/// let episode = Episode::new(&model, key, &dataset, &task);
/// let mut steps = Vec::new();
/// let weights = simulate(&episode, Precision::Single, 4, &mut |point| steps.push(point.step));
/// assert_eq!(steps, [0, 4, 8, 12, 15]);
/// assert_eq!(weights.matrices()[0].dims(), [12, 784]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// When `every` is 0, and as [`gradient::run`](crate::gradient::run).
#[track_caller]
pub fn simulate(
    episode: &Episode<'_>,
    precision: Precision,
    every: u64,
    observe: &mut dyn FnMut(&CurvePoint),
) -> Pathway<f64> {
    assert!(every > 0, "simulate: a point of the curve every 0 steps");
    in_precision!(precision, T => {
        simulate_from::<T>(episode, &episode.start(), every, observe).cast()
    })
}

/// [`simulate`] from these first weights.
///
/// # Panics
/// As [`simulate`], and when the weights do not fit the model.
#[track_caller]
pub fn simulate_from<T: Number>(
    episode: &Episode<'_>,
    start: &Start<T>,
    every: u64,
    observe: &mut dyn FnMut(&CurvePoint),
) -> Pathway<T> {
    assert!(every > 0, "simulate: a point of the curve every 0 steps");
    let tape = Tape::<T>::new();
    let live = episode.begin_from(&tape, start);
    let (rule, _) = episode.bind(&tape);
    let mut look = |step: u64| {
        let query = tape.unrecorded(|| live.evaluate(false).query);
        observe(&CurvePoint {
            step,
            query,
            weight_norms: live.network().weights().norms(),
        });
    };
    look(0);
    for t in 0..episode.steps {
        live.step_unrecorded(&rule, t);
        let step = t as u64 + 1;
        if step.is_multiple_of(every) || t + 1 == episode.steps {
            look(step);
        }
    }
    live.network().weights()
}
