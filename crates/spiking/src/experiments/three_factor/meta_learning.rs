//! Coefficients of a rule, learned by the loss after learning, through all spikes and updates.

use metaplast_autodiff::optim::{Adam, Optimizer, Schedule};
use metaplast_autodiff::{Tape, Var};
use metaplast_experiment::{Error, ExperimentMonitor};
use metaplast_plasticity::Rule;
use metaplast_tensor::{Scalar, Tensor};

use super::tasks::SpikingTask;
use crate::architecture::SpikingArchitecture;
use crate::clip::SpikeClips;
use crate::parameters::SpikingParameters;
use crate::plastic::{PlasticSpikingNetwork, draw_teaching_weights};

/// The norm to which meta-gradients are cut, by coefficients in their units: a task in which learning
/// nearly diverges has one that is many times as long as others'.
const LONGEST: f64 = 1.0;
/// The root mean square of logits by which answers are judged.
const SPREAD: f64 = 1.0;
/// Added to the mean square of logits, which may be zero.
const LEAST_SQUARE: f64 = 1e-12;
/// Constants of memories stay within these.
const CONSTANTS: [f64; 2] = [1e-3, 1.0];

/// What meta-learning went through.
#[derive(Clone, Debug)]
pub(super) struct MetaLearned {
    pub(super) rule: Rule,
    /// The query loss of each task, in nats, before the coefficients moved.
    pub(super) losses: Vec<f64>,
    /// Tasks whose loss or gradient was not finite, after which nothing moved.
    pub(super) skipped: usize,
}

/// Moves the coefficients of a rule by Adam at a rate that falls along half a cosine wave, each in a unit
/// of its own, by one task after the other.
pub(super) fn meta_learn(
    rule: Rule,
    units: &[f64],
    (architecture, clips): (&SpikingArchitecture, &SpikeClips),
    tasks: impl ExactSizeIterator<Item = SpikingTask>,
    rate: f64,
    monitor: &dyn ExperimentMonitor,
) -> Result<MetaLearned, Error> {
    let mut adam = Adam::<f64>::new(Schedule::cosine(rate, 0.0, tasks.len() as u64));
    let mut rule = rule;
    let each = architecture.layers.len() + 1;
    let first_constant = rule.terms().len() * each;
    let in_units = rule.theta().iter().zip(units);
    let mut moved: Vec<f64> = in_units.map(|(theta, unit)| theta / unit).collect();
    let (mut losses, mut skipped) = (Vec::new(), 0);
    let tape = Tape::<f32>::new();
    for task in tasks {
        if monitor.stop_requested() {
            return Err(Error::interrupted());
        }
        let (loss, gradient) = meta_gradient(&tape, &rule, (architecture, clips), &task);
        losses.push(loss);
        let mut gradient: Vec<f64> = gradient.iter().zip(units).map(|(g, u)| g * u).collect();
        let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        if !(loss.is_finite() && norm.is_finite()) {
            skipped += 1;
            continue;
        }
        if norm > LONGEST {
            gradient.iter_mut().for_each(|g| *g *= LONGEST / norm);
        }
        adam.update(0, &mut moved, &gradient);
        adam.advance();
        let [least, most] = CONSTANTS;
        for (value, unit) in moved.iter_mut().zip(units).skip(first_constant) {
            *value = (*value * unit).clamp(least, most) / unit;
        }
        let theta: Vec<f64> = moved.iter().zip(units).map(|(x, unit)| x * unit).collect();
        rule = rule.with_theta(&theta);
    }
    Ok(MetaLearned {
        rule,
        losses,
        skipped,
    })
}

/// The mean cross-entropy of logits, in nats, after each clip's were centred and all were divided by their
/// root mean square and multiplied by [`SPREAD`]: it tells whether answers are right, however large they
/// are. The plain cross-entropy after learning clip by clip is governed by the size of logits, and least
/// for rates at which hardly anything is learned.
pub(super) fn relative_loss<'t, T: Scalar>(logits: Var<'t, T>, labels: &[usize]) -> Var<'t, T> {
    let outputs = logits.shape().dims()[1];
    let share = 1.0 / outputs as f64;
    let centring = Tensor::from_fn([outputs, outputs], |i| {
        T::from_f64(if i[0] == i[1] { 1.0 - share } else { -share })
    });
    let centred = logits.matmul_transposed(logits.tape().constant(&centring));
    let size = (centred.square().mean() + LEAST_SQUARE).sqrt();
    (centred * (SPREAD / size)).softmax_cross_entropy(labels)
}

/// The query loss after a task was learned, and its gradient by the coefficients.
fn meta_gradient(
    tape: &Tape<f32>,
    rule: &Rule,
    (architecture, clips): (&SpikingArchitecture, &SpikeClips),
    task: &SpikingTask,
) -> (f64, Vec<f64>) {
    tape.reset();
    let start = SpikingParameters::<f32>::draw(architecture, task.seed);
    let teaching: Vec<Tensor<f32>> = draw_teaching_weights(architecture, task.seed);
    let theta = rule.theta().iter().map(|&theta| tape.scalar(theta as f32));
    let theta: Vec<_> = theta.collect();
    let network = PlasticSpikingNetwork::new(tape, architecture, &start, &teaching, rule, &theta);
    for &place in &task.support {
        let (spikes, labels) = clips.batch(&[place]);
        network.learn(&spikes, labels[0]);
    }
    let (spikes, labels) = clips.batch(&task.query);
    let loss = relative_loss(network.logits(&spikes), &labels);
    let value = f64::from(loss.item());
    if !value.is_finite() {
        return (value, vec![f64::NAN; theta.len()]);
    }
    let gradients = loss.backward();
    let by = theta
        .iter()
        .map(|&theta| f64::from(gradients.wrt(theta).item()));
    (value, by.collect())
}
