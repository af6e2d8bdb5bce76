//! One training: a method's gradients followed by Adam, compared with backpropagation's on the way.

use metaplast_autodiff::optim::Adam;
use metaplast_experiment::{Error, Measurement, Request};

use super::setup::{Purpose, trial_seed};
use crate::accuracy::accuracy;
use crate::comparison::compare;
use crate::error::PredictiveError;
use crate::images::{Batches, ClassImages};
use crate::loss::Loss;
use crate::method::Method;
use crate::nets::Net;
use crate::train::train_step;

/// Points of a course at which gradients are compared and test images are named.
const POINTS: u64 = 40;

/// What is trained and how.
pub(super) struct Course<'a> {
    pub(super) images: &'a ClassImages,
    pub(super) net: Net,
    pub(super) loss: Loss,
    pub(super) method: Method,
    pub(super) rate: f64,
    pub(super) batch: usize,
    pub(super) steps: u64,
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
        let mut chain = self
            .net
            .build::<f32>(extents, classes, seed(Purpose::Weights))
            .map_err(|error| Error::setting("net", error.to_string()))?;
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
            let target = self.loss.target(classes_of, classes);
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
            if !inference.loss.is_finite() {
                diverged.push(step as f64);
                break;
            }
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
