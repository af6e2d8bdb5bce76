//! Strict inference: gradient descent on the energy, from one side of the target or from both.

use metaplast_tensor::{Scalar, Tensor};

use super::run::Run;
use super::settings::{Nudge, Solver, Strict};
use super::state::{Nudged, State};
use crate::chain::Chain;
use crate::error::PredictiveError;
use crate::inference::Inference;
use crate::loss::{Loss, Target};

impl Strict {
    /// Inference from the forward pass, as [`Method::infer`](crate::Method::infer).
    ///
    /// # Errors
    /// When input, targets or settings do not fit, a layer is no function of rows, or inference
    /// diverges.
    pub fn infer<T: Scalar>(
        &self,
        chain: &mut Chain<T>,
        input: &Tensor<T>,
        target: &Target<T>,
        loss: Loss,
    ) -> Result<Inference<T>, PredictiveError> {
        self.from(chain, input, target, loss, None)
    }

    /// Inference from beliefs v_0 to v_(L−1); v_0 gives way to the input.
    ///
    /// # Errors
    /// As [`infer`](Self::infer); when the beliefs do not fit; and with error coordinates, which begin
    /// at the forward pass.
    pub fn infer_from<T: Scalar>(
        &self,
        chain: &mut Chain<T>,
        input: &Tensor<T>,
        target: &Target<T>,
        loss: Loss,
        beliefs: &[Tensor<T>],
    ) -> Result<Inference<T>, PredictiveError> {
        if self.solver == Solver::ErrorCoordinates {
            return Err(PredictiveError::Unsupported {
                what: "error coordinates begin at the forward pass, not at given beliefs",
            });
        }
        self.from(chain, input, target, loss, Some(beliefs))
    }

    fn from<T: Scalar>(
        &self,
        chain: &mut Chain<T>,
        input: &Tensor<T>,
        target: &Target<T>,
        loss: Loss,
        start: Option<&[Tensor<T>]>,
    ) -> Result<Inference<T>, PredictiveError> {
        self.check()?;
        if self.incremental {
            return Err(PredictiveError::NeedsOptimizer);
        }
        let strength = self.strength();
        let mut side = |strength| {
            let nudged = Nudged {
                target,
                loss,
                strength,
            };
            let state = State::new(chain, input, nudged, start)?;
            Run::new(self, state, strength).infer()
        };
        let mut inference = side(strength)?;
        if let Nudge::Centred(_) = self.nudge {
            let other = side(-strength)?;
            let half = T::from_f64(0.5);
            let mean = |a: &mut Tensor<T>, b: &Tensor<T>| {
                let pairs = a.data_mut().iter_mut().zip(b.data());
                pairs.for_each(|(a, &b)| *a = (*a + b) * half);
            };
            for (a, b) in inference.errors.iter_mut().zip(&other.errors) {
                mean(a, b);
            }
            let gradients = inference.gradients.iter_mut().flatten();
            for (a, b) in gradients.zip(other.gradients.iter().flatten()) {
                mean(a, b);
            }
            inference.iterations = inference.iterations.max(other.iterations);
            inference.converged &= other.converged;
            inference.eta = inference.eta.min(other.eta);
            inference.unrest = inference.unrest.max(other.unrest);
        }
        Ok(inference)
    }
}
