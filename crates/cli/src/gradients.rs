//! One meta-gradient in three ways.

use metaplast_autodiff::{Dual, Tape};
use metaplast_data::{Dataset, Task};
use metaplast_meta::images::{constant_image, image_batch};
use metaplast_meta::learner::{Ask, Learner, Model, Start};
use metaplast_plasticity::Network;
use metaplast_tensor::Scalar;

/// Tangents carried along at a time: one for every term of the pool.
const TANGENTS: usize = 10;

/// A number with its tangents.
type Forward = Dual<f64, TANGENTS>;

/// One episode at the model's own θ.
pub(crate) struct Episode<'a> {
    pub(crate) model: &'a Model,
    pub(crate) dataset: &'a Dataset,
    pub(crate) task: &'a Task,
    pub(crate) seed: u64,
}

impl Episode<'_> {
    fn start<T: Scalar>(&self) -> Start<T> {
        Start::draw(self.model, self.seed, 0, 0)
    }

    /// Query loss and gradient by the reverse sweep; `None` when the loss is not finite.
    pub(crate) fn reverse<T: Scalar>(&self) -> (f64, Option<Vec<f64>>) {
        let ask = Ask {
            gradient: true,
            ..Ask::default()
        };
        let mut learner = Learner::<T>::new(self.model.clone());
        let theta = self.model.rule.theta();
        let outcome = learner.episode(theta, &self.start(), self.dataset, self.task, ask);
        (outcome.query.cross_entropy, outcome.gradient)
    }

    /// The gradient by forward mode: the same network on dual numbers, without a tape's memory.
    pub(crate) fn forward(&self) -> Vec<f64> {
        let terms: Vec<usize> = (0..self.model.rule.theta().len()).collect();
        let some = terms.chunks(TANGENTS);
        some.flat_map(|some| self.forward_by(some)).collect()
    }

    /// The derivatives by some of the coefficients.
    fn forward_by(&self, seeded: &[usize]) -> Vec<f64> {
        let tape = Tape::<Forward>::new();
        let start = self.start::<Forward>();
        let network = Network::new(
            &tape,
            &self.model.architecture,
            &start.weights,
            self.model.feedback,
            start.feedback.as_ref(),
        );
        let theta = self.model.rule.theta().iter().enumerate();
        let theta: Vec<_> = theta
            .map(|(r, &theta)| match seeded.iter().position(|&s| s == r) {
                Some(tangent) => tape.scalar(Dual::seeded(theta, tangent)),
                None => tape.scalar(Dual::from_f64(theta)),
            })
            .collect();
        let rule = self.model.rule.bind_to(&theta);
        tape.without_gradients(|| {
            for sample in &self.task.support {
                let mark = tape.mark();
                let x = constant_image(&tape, self.dataset, *sample);
                network.step(&rule, x, sample.label);
                tape.cut(mark);
            }
        });
        let labels: Vec<usize> = self.task.query.iter().map(|sample| sample.label).collect();
        let x = tape.constant(&image_batch(self.dataset, &self.task.query));
        let loss = network.logits(x).softmax_cross_entropy(&labels).item();
        loss.tangent()[..seeded.len()].to_vec()
    }

    /// The gradient by central differences with steps `h` and `h / 2` and Richardson's
    /// extrapolation, in f64: the error falls with h⁴.
    pub(crate) fn differences(&self, steps: &[f64]) -> Vec<f64> {
        let mut learner = Learner::<f64>::new(self.model.clone());
        let start = self.start();
        let mut central = |r: usize, h: f64| {
            let mut at = |offset: f64| {
                let mut theta = self.model.rule.theta().to_vec();
                theta[r] += offset;
                let outcome =
                    learner.episode(&theta, &start, self.dataset, self.task, Ask::default());
                outcome.query.cross_entropy
            };
            (at(h) - at(-h)) / (2.0 * h)
        };
        let steps = steps.iter().enumerate();
        steps
            .map(|(r, &h)| (4.0 * central(r, h / 2.0) - central(r, h)) / 3.0)
            .collect()
    }
}
