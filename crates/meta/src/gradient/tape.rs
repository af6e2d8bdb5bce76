//! What all ways to an episode's gradient have in common: its steps and its examination.

use metaplast_autodiff::Var;
use metaplast_data::{Dataset, Sample, Task};
use metaplast_plasticity::diagnostics::{alignment_angles, orthonormality_errors};
use metaplast_plasticity::{BoundRule, MirrorNoise, Network};
use metaplast_tensor::Scalar;

use crate::images::{constant_image, image_batch};
use crate::learner::{Diagnostics, Model};
use crate::query::{QueryScore, score};

/// One episode that is about to be run.
pub(crate) struct Lesson<'a> {
    pub(crate) model: &'a Model,
    pub(crate) theta: &'a [f64],
    pub(crate) noise: MirrorNoise,
    pub(crate) dataset: &'a Dataset,
    pub(crate) task: &'a Task,
    /// Online steps; after the last support image the first one comes again.
    pub(crate) steps: usize,
    /// Whether the examination takes diagnostics.
    pub(crate) diagnostics: bool,
}

/// How a network did on the query images.
pub(crate) struct Examined<'t, T: Scalar> {
    pub(crate) query: QueryScore,
    pub(crate) diagnostics: Option<Diagnostics>,
    /// Mean query cross-entropy, on the tape.
    pub(crate) loss: Var<'t, T>,
}

impl Lesson<'_> {
    fn sample(&self, t: usize) -> Sample {
        self.task.support[t % self.task.support.len()]
    }

    /// Online step `t`, in whatever numbers the network computes.
    pub(crate) fn step<'t, S: Scalar>(
        &self,
        network: &Network<'t, S>,
        rule: &BoundRule<'t, S>,
        t: usize,
    ) {
        let sample = self.sample(t);
        let x = constant_image(network.tape(), self.dataset, sample);
        network.step(rule, x, sample.label);
        network.mirror(&self.noise, t as u64);
    }

    /// All steps, none of which stays on the tape.
    pub(crate) fn steps_without_a_trace<'t, S: Scalar>(
        &self,
        network: &Network<'t, S>,
        rule: &BoundRule<'t, S>,
    ) {
        let tape = network.tape();
        tape.without_gradients(|| {
            for t in 0..self.steps {
                let mark = tape.mark();
                self.step(network, rule, t);
                tape.cut(mark);
            }
        });
    }

    /// The examination on the query images, with the network's present weights.
    pub(crate) fn examine<'t, S: Scalar>(&self, network: &Network<'t, S>) -> Examined<'t, S> {
        let tape = network.tape();
        let labels: Vec<usize> = self.task.query.iter().map(|sample| sample.label).collect();
        let x = tape.constant(&image_batch(self.dataset, &self.task.query));
        let logits = network.logits(x);
        let query = logits.with(|z| score(z, &labels));
        let diagnostics = self.diagnostics.then(|| Diagnostics {
            angles: alignment_angles(network, x, &labels),
            orthonormality: orthonormality_errors(network, x),
            weight_norms: weight_norms(network),
        });
        Examined {
            query,
            diagnostics,
            loss: logits.softmax_cross_entropy(&labels),
        }
    }
}

fn weight_norms<T: Scalar>(network: &Network<'_, T>) -> Vec<f64> {
    let norm = |w: &[T]| {
        w.iter()
            .map(|w| w.to_f64() * w.to_f64())
            .sum::<f64>()
            .sqrt()
    };
    network.states().iter().map(|w| w.with(norm)).collect()
}
