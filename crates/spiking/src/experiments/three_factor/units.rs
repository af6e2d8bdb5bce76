//! Units of coefficients: what makes terms alike in size.

use metaplast_autodiff::Tape;
use metaplast_plasticity::Rule;
use metaplast_tensor::Tensor;

use super::rules::ThreeFactorRule;
use super::tasks::SpikingTask;
use crate::architecture::SpikingArchitecture;
use crate::clip::SpikeClips;
use crate::parameters::SpikingParameters;
use crate::plastic::{PlasticSpikingNetwork, draw_teaching_weights};

/// Clips by which terms are measured.
const CLIPS: usize = 3;
/// So small a coefficient that weights stay where they are, but for what is measured.
const TOUCH: f64 = 1e-6;

/// What each coefficient of a rule that begins as e-prop is measured in. With a unit's coefficient a term
/// changes the weights of a layer as much as e-prop does with its own, by the root mean square over a
/// new network's first clips; so one step of the meta-optimiser is a like step for all. Constants have
/// their start.
pub(super) fn units(
    rule: &ThreeFactorRule,
    (architecture, clips): (&SpikingArchitecture, &SpikeClips),
    task: &SpikingTask,
    start: &Rule,
) -> Vec<f64> {
    let layers = architecture.layers.len() + 1;
    let size = |term| sizes(&rule.alone(architecture, term), architecture, clips, task);
    let sizes: Vec<Vec<f64>> = (0..rule.terms()).map(size).collect();
    let mut units = start.theta().to_vec();
    for (term, size) in sizes.iter().enumerate().skip(1) {
        for layer in 0..layers {
            let ratio = sizes[0][layer] / size[layer];
            // A term that changes nothing here, such as one of the input's error, may have any unit.
            let ratio = if ratio.is_finite() { ratio } else { 1.0 };
            units[term * layers + layer] = units[layer] * ratio;
        }
    }
    units
}

/// The root mean square of what a rule changes in each layer, and the readout, per unit of its coefficient.
fn sizes(
    rule: &Rule,
    architecture: &SpikingArchitecture,
    clips: &SpikeClips,
    task: &SpikingTask,
) -> Vec<f64> {
    let start = SpikingParameters::<f64>::draw(architecture, task.seed);
    let teaching: Vec<Tensor<f64>> = draw_teaching_weights(architecture, task.seed);
    let layers = architecture.layers.len() + 1;
    let terms = rule.terms().len() * layers;
    let tape = Tape::<f64>::new();
    let after = tape.without_gradients(|| {
        let theta = rule.theta().iter().enumerate();
        let theta = theta.map(|(place, theta)| match place < terms {
            true => tape.scalar(theta * TOUCH),
            false => tape.scalar(*theta),
        });
        let theta: Vec<_> = theta.collect();
        let network =
            PlasticSpikingNetwork::new(&tape, architecture, &start, &teaching, rule, &theta);
        for &place in task.support.iter().take(CLIPS) {
            let (spikes, labels) = clips.batch(&[place]);
            network.learn(&spikes, labels[0]);
        }
        network.parameters()
    });
    let mut squares = vec![(0.0, 0); layers];
    for ((place, before), (_, after)) in start.tensors().into_iter().zip(after.tensors()) {
        let (sum, count) = &mut squares[place.layer.unwrap_or(layers - 1)];
        if place.kind.is_matrix() {
            let changes = before.data().iter().zip(after.data());
            *sum += changes
                .map(|(before, after)| ((after - before) / TOUCH).powi(2))
                .sum::<f64>();
            *count += before.len();
        }
    }
    let root = |(sum, count): (f64, usize)| (sum / count.max(1) as f64).sqrt();
    squares.into_iter().map(root).collect()
}
