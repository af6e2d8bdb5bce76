//! Plain online learning by a rule: a curve over the steps, and the weights at the end.

use metaplast_autodiff::Tape;
use metaplast_data::{Dataset, Task};
use metaplast_plasticity::{Number, Pathway};

use crate::images::{constant_image, image_batch};
use crate::learner::{Model, Start};
use crate::query::{QueryScore, score};

/// The network after some online steps.
#[derive(Clone, Debug, PartialEq)]
pub struct CurvePoint {
    /// Online steps so far.
    pub step: u64,
    /// Loss and accuracy on the query images.
    pub query: QueryScore,
    /// Frobenius norm of each layer's weights.
    pub weight_norms: Vec<f64>,
}

/// Learns the task's support images one by one, `steps` of them, beginning again after the last;
/// tells `observe` how the network does at the start, after every `every` steps and at the end.
/// Returns the final weights.
///
/// Nothing of a step stays in memory, so any number of them is possible.
///
/// # Panics
/// When `every` is 0, the images do not have the network's number of inputs, or a label is not
/// below its number of outputs.
pub fn simulate<T: Number>(
    model: &Model,
    start: &Start<T>,
    dataset: &Dataset,
    task: &Task,
    steps: u64,
    every: u64,
    observe: &mut dyn FnMut(&CurvePoint),
) -> Pathway<T> {
    assert!(every > 0, "simulate: a point of the curve every 0 steps");
    let tape = Tape::<T>::new();
    let network = start.network(&tape, model);
    let rule = model.rule.bind_constant(&tape);
    let queries = tape.constant(&image_batch(dataset, &task.query));
    let labels: Vec<usize> = task.query.iter().map(|sample| sample.label).collect();
    let mut look = |step: u64| {
        let mark = tape.mark();
        let query = network.logits(queries).with(|z| score(z, &labels));
        tape.cut(mark);
        observe(&CurvePoint {
            step,
            query,
            weight_norms: network.weights().norms(),
        });
    };
    tape.without_gradients(|| {
        look(0);
        for (step, sample) in (1..=steps).zip(task.support.iter().cycle()) {
            let mark = tape.mark();
            let x = constant_image(&tape, dataset, *sample);
            network.step(&rule, x, sample.label);
            tape.cut(mark);
            if step.is_multiple_of(every) || step == steps {
                look(step);
            }
        }
    });
    network.weights()
}

#[cfg(test)]
mod tests {
    use metaplast_data::{Sampling, TaskSampler};
    use metaplast_plasticity::{Architecture, Feedback, Preset, Rule};

    use super::*;
    use crate::learner::{Ask, Learner};
    use crate::seeds::{Purpose, stream};

    #[test]
    fn a_curve_ends_where_the_episode_ends() {
        let dataset = Dataset::glyphs(8, 1);
        let sampler = TaskSampler::new(&dataset, 3, 5, 2, Sampling::Fresh).unwrap();
        let task = sampler.sample(&dataset, &mut stream(1, 0, 0, Purpose::Task));
        let model = Model {
            architecture: Architecture::new(vec![784, 12, 47]).unwrap(),
            feedback: Feedback::fixed(),
            rule: Rule::preset(Preset::Bio).with_theta(&[0.02, -0.01, 0.001]),
        };
        let start = Start::<f64>::draw(&model, 1, 0, 0);
        let mut curve = Vec::new();
        let weights = simulate(&model, &start, &dataset, &task, 15, 4, &mut |point| {
            curve.push(point.clone());
        });
        let theta = model.rule.theta().to_vec();
        let outcome = Learner::new(model).episode(&theta, &start, &dataset, &task, Ask::default());
        let steps: Vec<u64> = curve.iter().map(|point| point.step).collect();
        assert_eq!(steps, [0, 4, 8, 12, 15]);
        assert_eq!(curve[4].query, outcome.query);
        assert_eq!(curve[4].weight_norms, weights.norms());
        assert_ne!(curve[0].weight_norms, weights.norms());
    }
}
