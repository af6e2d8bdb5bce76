//! Kolen–Pollack feedback: feedback weights that learn as the forward weights do (Kolen & Pollack
//! 1994; Akrout et al. 2019).

use metaplast_autodiff::Var;

use super::online_step::OnlineStep;
use super::pathway::{BackwardPass, FeedbackPathway, Storage};
use crate::number::Number;
use crate::terms::pool::{decay, pseudo_gradient};

#[derive(Debug)]
pub(super) struct KolenPollack;

impl<T: Number> FeedbackPathway<T> for KolenPollack {
    fn name(&self) -> &str {
        "kolen-pollack"
    }

    fn storage(&self) -> Storage {
        Storage::Carried
    }

    fn back<'t>(&self, pass: &BackwardPass<'_, 't, T>) -> Var<'t, T> {
        pass.through(pass.matrix(), pass.error())
    }

    /// `B_l ← B_l − θ_0 e_l y_(l−1)ᵀ − θ_3 B_l`, which is what F0 and F3 do to the forward weights.
    fn after_step<'t>(&self, step: &OnlineStep<'_, 't, T>) {
        for layer in 0..step.layers() {
            let gradient = step.coefficient_of(pseudo_gradient(), layer);
            let decay = step.coefficient_of(decay(), layer);
            if gradient.is_none() && decay.is_none() {
                return;
            }
            step.update(layer, |update| {
                if let Some(theta) = gradient {
                    update.outer(theta.minus, step.error(layer), step.pre(layer));
                }
                if let Some(theta) = decay {
                    update.decay(theta.plus);
                }
            });
        }
    }
}
