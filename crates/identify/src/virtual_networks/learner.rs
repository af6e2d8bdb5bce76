//! A network that learns by its rule.

use std::sync::Arc;

use metaplast_autodiff::Tape;
use metaplast_data::Dataset;
use metaplast_meta::tasks::{Examples, accuracy, mean_loss};
use metaplast_numbers::streams::stream;
use metaplast_plasticity::{
    IncrementOptimizer, Network, NetworkLearner, Output, Pathway, RandomDrift, Rule,
};
use metaplast_tensor::Tensor;
use thiserror::Error;

use super::plan::{NetworkPlan, STEPS, TIMES};
use super::rule_class::{IncrementKind, RuleClass};
use crate::splits::shuffled;

/// What can be seen of a network at one time.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// `W_l`, `[n_l, n_(l−1)]`, first layer first.
    pub weights: Vec<Tensor<f32>>,
    /// The activity of each layer in each probe, `[probes, n_l]`; of the last layer z.
    pub activity: Vec<Tensor<f32>>,
    /// Loss on the probes: cross-entropy, or half the squared error, in the mean.
    pub loss: f64,
    /// The part of the probes that is classified right; of linear outputs 1 − (squared error)/(variance
    /// of the targets).
    pub performance: f64,
}

/// A network whose weights grew without bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the weights grew without bounds before step {step}")]
pub struct Diverged {
    /// Steps before it was noticed.
    pub step: usize,
}

/// Weights larger than that are without bounds.
const MOST: f32 = 1e3;

/// Lets a network learn, and calls `look` with the number of each time and what can be seen.
///
/// # Errors
/// When the weights grow without bounds.
pub fn learn(
    plan: &NetworkPlan,
    rule: &RuleClass,
    images: &Arc<Dataset>,
    mut look: impl FnMut(usize, &Snapshot),
) -> Result<(), Diverged> {
    let architecture = plan.network();
    let [examples, probes] = plan.task.examples(images, plan.seed);
    let [weights, feedback] = first_weights(plan, rule);
    // A rule without terms is F0 with coefficient 0.
    let terms = match plan.theta[..] {
        [] => vec![(0, 0.0)],
        ref terms => terms.to_vec(),
    };
    let (terms, theta): (Vec<usize>, Vec<f64>) = terms.into_iter().unzip();
    let terms = Rule::from_pool(&terms).expect("a class names each of its terms once");

    let tape = Tape::<f32>::new();
    let network = Network::builder(&tape, &architecture)
        .weights(&weights)
        .feedback(&rule.feedback, &feedback)
        .seed(plan.seed)
        .build();
    let bound = terms.with_theta(&theta).bind_constant(&tape);
    let optimizer = match rule.increment {
        IncrementKind::Momentum(momentum) => IncrementOptimizer::Momentum { momentum },
        IncrementKind::Adam => IncrementOptimizer::adam(plan.rate),
        _ => IncrementOptimizer::Plain,
    };
    let learner = NetworkLearner::new(&network, optimizer);
    let mut learner = learner.expect("the constants of the classes can be");
    let deviations: Vec<f64> = weights
        .transposed()
        .iter()
        .map(|w| f64::from(w.std()))
        .collect();
    let mut batches = Batches::new(examples.inputs.dims()[0], plan.seed);
    let between = STEPS / (TIMES - 1);
    for time in 0..TIMES {
        if time > 0 {
            tape.without_gradients(|| match rule.increment {
                IncrementKind::Nothing => {}
                IncrementKind::Noise => {
                    let layers = network.states().iter().zip(&deviations).enumerate();
                    for (layer, (state, deviation)) in layers {
                        let drift = RandomDrift {
                            sd: plan.rate * deviation,
                            seed: plan.seed,
                        };
                        let mut w = state.value();
                        let drift = drift.over(between as u64);
                        drift.apply(time as u64, layer, w.data_mut());
                        state.assign(&w);
                    }
                }
                _ => {
                    for _ in 0..between {
                        let batch = batches.draw(plan.batch);
                        let example =
                            |&k: &usize| (examples.inputs.row(k), examples.targets.row(k));
                        let batch: Vec<(&[f64], &[f64])> = batch.iter().map(example).collect();
                        let step = learner.step(&bound, &batch);
                        step.expect("the examples fit the network");
                    }
                }
            });
        }
        let seen = tape.unrecorded(|| snapshot(&network, &probes));
        let bounded = |w: &Tensor<f32>| w.data().iter().all(|w| w.abs() < MOST);
        if !seen.weights.iter().all(bounded) || !seen.loss.is_finite() {
            return Err(Diverged {
                step: time * between,
            });
        }
        look(time, &seen);
    }
    Ok(())
}

/// Forward and feedback weights before the first step.
pub(crate) fn first_weights(plan: &NetworkPlan, rule: &RuleClass) -> [Pathway<f32>; 2] {
    let architecture = plan.network();
    let mut rng = stream(&[plan.seed, 2]);
    let weights = Pathway::uniform(&architecture, &mut rng);
    let feedback = rule.feedback.draw(&architecture, &mut rng);
    [weights, feedback]
}

/// The examples of all steps in turn, [`STEPS`] · batch of them.
pub(crate) fn lessons(plan: &NetworkPlan, images: &Arc<Dataset>) -> Examples {
    let [examples, _] = plan.task.examples(images, plan.seed);
    let mut batches = Batches::new(examples.inputs.dims()[0], plan.seed);
    let order: Vec<usize> = (0..STEPS).flat_map(|_| batches.draw(plan.batch)).collect();
    Examples {
        inputs: examples.inputs.index_select(0, &order),
        targets: examples.targets.index_select(0, &order),
    }
}

fn snapshot(network: &Network<'_, f32>, probes: &Examples) -> Snapshot {
    let activations = network.forward(network.tape().constant(&probes.inputs.cast::<f32>()));
    let layers = network.architecture().layers();
    let outputs = activations.y[layers].value().cast::<f64>();
    let of = |layer: usize| match layer + 1 == layers {
        true => activations.z[layer].value(),
        false => activations.y[layer + 1].value(),
    };
    let output = network.architecture().output();
    let loss = mean_loss(output, &outputs, &probes.targets);
    let performance = match output {
        Output::Softmax => accuracy(&outputs, &probes.targets),
        _ => 1.0 - loss / mean_loss(output, &means(&probes.targets), &probes.targets),
    };
    Snapshot {
        weights: network.weights().matrices(),
        activity: (0..layers).map(of).collect(),
        loss,
        performance,
    }
}

/// The mean of each column in each row.
fn means(targets: &Tensor<f64>) -> Tensor<f64> {
    let mean = targets.mean_axis(0, false);
    Tensor::stack(&vec![mean; targets.dims()[0]], 0)
}

/// Batches without replacement, one order after the other.
struct Batches {
    seed: u64,
    order: Vec<usize>,
    next: usize,
    rounds: u64,
}

impl Batches {
    fn new(examples: usize, seed: u64) -> Self {
        Batches {
            seed,
            order: shuffled(examples, &[seed, 3, 0]),
            next: 0,
            rounds: 0,
        }
    }

    fn draw(&mut self, size: usize) -> Vec<usize> {
        if self.next + size > self.order.len() {
            self.rounds += 1;
            self.order = shuffled(self.order.len(), &[self.seed, 3, self.rounds]);
            self.next = 0;
        }
        self.next += size;
        self.order[self.next - size..self.next].to_vec()
    }
}
