//! One training: a method's gradients followed by Adam, compared with backpropagation's on the way.

use metaplast_autodiff::optim::Adam;
use metaplast_experiment::{Error, Measurement, Request};
use metaplast_tensor::Tensor;

use super::images::{Batches, Images, Labelled, Purpose, trial_seed};
use super::nets::Net;
use crate::chain::Chain;
use crate::comparison::compare;
use crate::error::PredictiveError;
use crate::loss::{Loss, LossKind, Target};
use crate::method::Method;
use crate::train::train_step;

/// Points of a course at which gradients are compared and test images are named.
const POINTS: u64 = 40;
/// Test images that are named at once.
const TEST_BATCH: usize = 256;

/// What is trained and how.
pub(super) struct Course<'a> {
    pub(super) images: &'a Images,
    pub(super) net: Net,
    pub(super) loss: Loss,
    pub(super) method: Method,
    pub(super) rate: f64,
    pub(super) batch: usize,
    pub(super) steps: u64,
}

/// The target of a loss: classes, or ones and zeros.
pub(super) fn target(loss: Loss, classes: Vec<usize>, outputs: usize) -> Target<f32> {
    match loss.kind {
        LossKind::CrossEntropy => Target::Classes(classes),
        _ => {
            let ones = (0..classes.len() * outputs)
                .map(|k| f32::from(u8::from(classes[k / outputs] == k % outputs)));
            Target::Values(Tensor::new([classes.len(), outputs], ones.collect()))
        }
    }
}

/// The part of test images that the chain names rightly.
pub(super) fn accuracy(
    chain: &mut Chain<f32>,
    images: &Images,
    test: &Labelled,
    net: Net,
) -> Result<f64, PredictiveError> {
    let mut right = 0;
    let batches = test.images.chunks(TEST_BATCH);
    for (chosen, classes) in batches.zip(test.classes.chunks(TEST_BATCH)) {
        let outputs = chain.predict(&images.rows(chosen, net))?;
        let rows = outputs.data().chunks_exact(images.classes());
        let named = rows.zip(classes).filter(|(row, class)| {
            let other = |(k, value): (usize, &f32)| k == **class || *value < row[**class];
            row.iter().enumerate().all(other)
        });
        right += named.count();
    }
    Ok(right as f64 / test.images.len() as f64)
}

impl Course<'_> {
    /// Trains in one trial. Series over the compared points: `step`, `accuracy`, and for each layer
    /// `error_l`, the relative error to backpropagation's gradient of the same weights and batch, and
    /// `angle_l` in degrees; `loss` is the mean over the steps since the last point. Inference that
    /// diverges ends the training; its step is then in `diverged`.
    pub(super) fn run(&self, request: &Request<'_>, trial: u64) -> Result<Measurement, Error> {
        let seed = |purpose| trial_seed(request.settings, trial, purpose);
        let (train, test) = self.images.split(seed(Purpose::Split));
        let (extents, classes) = (self.images.extents(), self.images.classes());
        let mut chain = self.net.build(extents, classes, seed(Purpose::Weights))?;
        let mut batches = Batches::new(train.images.len(), seed(Purpose::Batches));
        let mut adam = Adam::new(self.rate);
        let layers = self.net.layers();
        let (mut steps, mut losses, mut accuracies) = (Vec::new(), Vec::new(), Vec::new());
        let mut errors = vec![Vec::new(); layers];
        let mut angles = vec![Vec::new(); layers];
        let mut since = Vec::new();
        let mut diverged = Vec::new();
        let every = (self.steps / POINTS).max(1);
        for step in 1..=self.steps {
            if request.monitor.stop_requested() {
                return Err(Error::interrupted());
            }
            let (chosen, classes_of) = train.at(&batches.draw(self.batch));
            let input = self.images.rows(&chosen, self.net);
            let target = target(self.loss, classes_of, classes);
            let point = step % every == 0 || step == self.steps;
            let exact = match point && self.method != Method::Exact {
                true => Some(Method::Exact.infer(&mut chain, &input, &target, self.loss)?),
                false => None,
            };
            let inference = train_step(
                &mut chain,
                &self.method,
                &input,
                &target,
                self.loss,
                &mut adam,
            );
            let inference = match inference {
                Err(PredictiveError::Diverged { .. }) => {
                    diverged.push(step as f64);
                    break;
                }
                inference => inference?,
            };
            since.push(f64::from(inference.loss));
            if !point {
                continue;
            }
            steps.push(step as f64);
            losses.push(since.iter().sum::<f64>() / since.len() as f64);
            since.clear();
            accuracies.push(accuracy(&mut chain, self.images, &test, self.net)?);
            if let Some(exact) = exact {
                for (l, agreement) in compare(&inference, &exact).into_iter().enumerate() {
                    let of = |get: fn(&crate::Agreement) -> f64| {
                        agreement.as_ref().map_or(f64::NAN, get)
                    };
                    errors[l].push(of(|agreement| agreement.relative_error));
                    angles[l].push(of(|agreement| agreement.angle));
                }
            }
        }
        let mut measured = Measurement::new()
            .with("step", steps)
            .with("loss", losses)
            .with("accuracy", accuracies)
            .with("diverged", diverged);
        if self.method != Method::Exact {
            for (l, (errors, angles)) in errors.into_iter().zip(angles).enumerate() {
                measured.set(format!("error_{}", l + 1), errors);
                measured.set(format!("angle_{}", l + 1), angles);
            }
        }
        Ok(measured)
    }
}
