//! Weight-mirror feedback: feedback weights that learn the forward weights from noise (Akrout et al.
//! 2019).

use metaplast_autodiff::Var;

use super::noise::fill_with_signs;
use super::online_step::OnlineStep;
use super::pathway::{BackwardPass, FeedbackPathway, Storage};
use crate::number::Number;

/// The rate η of [weight mirrors](crate::Feedback::weight_mirror): feedback weights are a running
/// mean over about the last 1/η noise vectors. Higher follows sooner, lower more closely.
pub const RATE: f64 = 0.01;

#[derive(Debug)]
pub(super) struct WeightMirror;

impl<T: Number> FeedbackPathway<T> for WeightMirror {
    fn name(&self) -> &str {
        "weight-mirror"
    }

    fn storage(&self) -> Storage {
        Storage::Carried
    }

    fn draws_noise(&self) -> bool {
        true
    }

    fn back<'t>(&self, pass: &BackwardPass<'_, 't, T>) -> Var<'t, T> {
        pass.through(pass.matrix(), pass.error())
    }

    /// `B_l ← (1 − η) B_l + η (W_l ξ) ξᵀ`
    fn after_step<'t>(&self, step: &OnlineStep<'_, 't, T>) {
        for layer in 0..step.layers() {
            let inputs = step.pre(layer).shape().len();
            let noise = &mut step.random(layer);
            let xi = step
                .tape()
                .constant_with(inputs, |xi| fill_with_signs(noise, xi));
            let rate = step.constant(RATE);
            step.update(layer, |update| {
                update.outer(rate, step.project(layer, xi), xi);
                update.decay(rate);
            });
        }
    }
}
