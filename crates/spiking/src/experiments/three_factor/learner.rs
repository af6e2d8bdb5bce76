//! What learns a stream of clips: a three-factor rule, or backpropagation through time.

use metaplast_autodiff::Tape;
use metaplast_plasticity::Rule;
use metaplast_tensor::Tensor;

use super::meta_learning::relative_loss;
use super::tasks::SpikingTask;
use crate::architecture::SpikingArchitecture;
use crate::bptt::BackpropThroughTime;
use crate::clip::SpikeClips;
use crate::parameters::SpikingParameters;
use crate::plastic::{PlasticSpikingNetwork, draw_teaching_weights};

/// Clips that are tested at a time.
const TEST_BATCH: usize = 100;

/// How a network learns from one clip.
#[derive(Clone, Debug)]
pub(super) enum Learner {
    /// By a rule, from what synapses saw in each step.
    Rule(Rule),
    /// After the clip, along the gradient of its loss by all matrices of weights, at a rate.
    ThroughTime(f64),
}

/// How well a network does on the query clips of a task.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    pub(super) accuracy: f64,
    /// The [`relative_loss`], in nats.
    pub(super) loss: f64,
}

impl Learner {
    /// Learns the support clips of a task from new weights, and is judged at `points` equal distances; the
    /// last of them is the end.
    pub(super) fn learn(
        &self,
        architecture: &SpikingArchitecture,
        clips: &SpikeClips,
        task: &SpikingTask,
        points: usize,
    ) -> Vec<Judged> {
        let start = SpikingParameters::<f32>::draw(architecture, task.seed);
        let mut judge = BackpropThroughTime::new(architecture);
        let mut judged = Vec::new();
        let count = task.support.len();
        let mut look = |learned: usize, parameters: &dyn Fn() -> SpikingParameters<f32>| {
            // At the k-th point k/points of the clips have been learned, rounded down.
            let due = (1..=points).filter(|k| k * count / points == learned);
            for _ in due {
                judged.push(judge_by(&mut judge, &parameters(), clips, &task.query));
            }
        };
        match self {
            Learner::Rule(rule) => {
                let teaching: Vec<Tensor<f32>> = draw_teaching_weights(architecture, task.seed);
                let tape = Tape::<f32>::new();
                tape.without_gradients(|| {
                    let theta = rule.theta().iter().map(|&theta| tape.scalar(theta as f32));
                    let theta: Vec<_> = theta.collect();
                    let network = PlasticSpikingNetwork::new(
                        &tape,
                        architecture,
                        &start,
                        &teaching,
                        rule,
                        &theta,
                    );
                    for (learned, &place) in task.support.iter().enumerate() {
                        let mark = tape.mark();
                        let (spikes, labels) = clips.batch(&[place]);
                        network.learn(&spikes, labels[0]);
                        tape.cut(mark);
                        look(learned + 1, &|| network.parameters());
                    }
                });
            }
            Learner::ThroughTime(rate) => {
                let mut parameters = start;
                let mut through_time = BackpropThroughTime::new(architecture);
                for (learned, &place) in task.support.iter().enumerate() {
                    let (spikes, labels) = clips.batch(&[place]);
                    let gradient = through_time.gradient(&parameters, &spikes, &labels);
                    let pairs = parameters.tensors_mut().into_iter();
                    for ((place, tensor), (_, by)) in pairs.zip(gradient.by.tensors()) {
                        if place.kind.is_matrix() {
                            let changes = tensor.data_mut().iter_mut().zip(by.data());
                            changes.for_each(|(w, by)| *w -= *rate as f32 * by);
                        }
                    }
                    look(learned + 1, &|| parameters.clone());
                }
            }
        }
        judged
    }
}

fn judge_by(
    run: &mut BackpropThroughTime<f32>,
    parameters: &SpikingParameters<f32>,
    clips: &SpikeClips,
    query: &[usize],
) -> Judged {
    let (mut right, mut all, mut labels) = (0, Vec::new(), Vec::new());
    for places in query.chunks(TEST_BATCH) {
        let (spikes, of_batch) = clips.batch::<f32>(places);
        let logits = run.logits(parameters, &spikes);
        let answers = logits.argmax_axis(1);
        right += answers
            .iter()
            .zip(&of_batch)
            .filter(|(a, b)| a == b)
            .count();
        all.extend(logits.data().iter().map(|&z| f64::from(z)));
        labels.extend(of_batch);
    }
    let tape = Tape::<f64>::new();
    let logits = Tensor::new([labels.len(), all.len() / labels.len()], all);
    Judged {
        accuracy: right as f64 / labels.len() as f64,
        loss: relative_loss(tape.constant(&logits), &labels).item(),
    }
}
