//! Fixed-prediction inference, in closed form and iterated.
//!
//! ```text
//! ε_L = δ_L;  n times, all layers together:  ε_l = v̂_l − v_l
//!                                            v_l += η (ε_l − J_(l+1)(v̂_l)ᵀ ε_(l+1)), l < L
//! ```
//!
//! As iterated here, ε itself is kept: `ε_l ← (1 − η) ε_l + η J_(l+1)ᵀ ε_(l+1)`. Beliefs, from
//! which ε would be a difference of large numbers, would lose its digits in single precision.

use std::fmt;

use metaplast_tensor::{Scalar, Tensor};

use super::{check_eta, exact};
use crate::chain::Chain;
use crate::error::PredictiveError;
use crate::factor::factors;
use crate::inference::{ErrorsAt, Inference, InputsAt};
use crate::layer::{ParameterGradients, Wanted};
use crate::loss::{Loss, Target};

/// Inference with the predictions and Jacobians of the forward pass (Millidge, Tschantz & Buckley
/// 2020; the FixedPred of Rosenbaum 2022).
///
/// Its result is backpropagation's with one [known factor](crate::fixed_prediction_factor) a layer, so
/// that one backward pass gives it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FixedPrediction {
    /// The step size η.
    pub eta: f64,
    /// The number of iterations n.
    pub iterations: usize,
    /// Whether to run the iterations instead of multiplying by their factors. The results agree; it
    /// is there to show it.
    pub iterate: bool,
    /// Whether the error ε_0 and the belief v_0 of the input are wanted as well.
    pub input_error: bool,
}

impl Default for FixedPrediction {
    /// η = 0.1, n = 20, the paper's.
    fn default() -> Self {
        Self::new(0.1, 20)
    }
}

impl fmt::Display for FixedPrediction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.iterate {
            "iterated"
        } else {
            "closed form"
        };
        write!(
            f,
            "fixed-prediction, η {}, n {}, {how}",
            self.eta, self.iterations
        )
    }
}

impl FixedPrediction {
    /// In closed form, at rate η.
    #[must_use]
    pub fn new(eta: f64, iterations: usize) -> Self {
        FixedPrediction {
            eta,
            iterations,
            iterate: false,
            input_error: false,
        }
    }

    /// The same, step by step.
    #[must_use]
    pub fn iterated(mut self) -> Self {
        self.iterate = true;
        self
    }

    /// The same with the error and the belief of the input.
    #[must_use]
    pub fn with_input_error(mut self) -> Self {
        self.input_error = true;
        self
    }

    pub(super) fn infer<T: Scalar>(
        &self,
        chain: &mut Chain<T>,
        input: &Tensor<T>,
        target: &Target<T>,
        loss: Loss,
    ) -> Result<Inference<T>, PredictiveError> {
        check_eta(self.eta)?;
        if self.iterations == 0 {
            return Err(PredictiveError::NoIterations {
                method: "fixed-prediction inference",
            });
        }
        let mut inference = match self.iterate {
            true => self.run(chain, input, target, loss)?,
            false => {
                let by_layer = |t| {
                    let mut c = factors(chain.len(), t, self.eta);
                    c.reverse();
                    c
                };
                let (errors, mut beliefs) =
                    (by_layer(self.iterations - 1), by_layer(self.iterations));
                // The last belief stays; the loss holds its place.
                beliefs[chain.len()] = 0.0;
                let wanted = self.input_error;
                exact::scaled(chain, input, target, loss, &errors, &beliefs, wanted)?
            }
        };
        inference.iterations = self.iterations;
        inference.eta = self.eta;
        inference.errors_at = ErrorsAt::BeforeLastUpdate;
        Ok(inference)
    }

    fn run<T: Scalar>(
        &self,
        chain: &mut Chain<T>,
        input: &Tensor<T>,
        target: &Target<T>,
        loss: Loss,
    ) -> Result<Inference<T>, PredictiveError> {
        let layers = chain.len();
        let lowest = usize::from(!self.input_error);
        let mut predictions = vec![input.clone()];
        chain.pass(&mut predictions, Wanted::Input, Wanted::Input)?;
        let (value, delta) = loss.of(&predictions[layers], target)?;
        let zeros = |v: &Tensor<T>| Tensor::zeros(v.shape().clone());
        // ε_0 to ε_L; ε_L stays.
        let mut errors: Vec<_> = predictions.iter().map(zeros).collect();
        errors[layers] = delta;
        let mut pulled: Vec<_> = predictions.iter().map(zeros).collect();
        let eta = T::from_f64(self.eta);
        let mut update = |errors: &mut [Tensor<T>]| {
            // From below, so that each layer reads the one above before that moves.
            for l in lowest..layers {
                let (own, above) = errors.split_at_mut(l + 1);
                let layer = chain.layer(l + 1);
                layer.vjp(&predictions[l], &above[0], Some(&mut pulled[l]), None);
                let pairs = own[l].data_mut().iter_mut().zip(pulled[l].data());
                pairs.for_each(|(e, &p)| *e += eta * (p - *e));
            }
        };
        for _ in 1..self.iterations {
            update(&mut errors);
        }
        let mut last = errors.clone();
        update(&mut last);
        last[layers] = Tensor::zeros(predictions[layers].shape().clone());
        let beliefs = predictions.iter().zip(&last).map(|(v, e)| v - e).collect();
        let mut gradients = chain.zero_gradients();
        let mut output = Tensor::zeros([0]);
        for l in 1..=layers {
            let (layer, input) = (chain.layer(l), &predictions[l - 1]);
            layer.forward(input, &mut output, Wanted::Parameters);
            let by_parameters = ParameterGradients {
                factor: T::ONE,
                into: &mut gradients[l - 1],
            };
            layer.vjp(input, &errors[l], None, Some(by_parameters));
        }
        let first = errors.remove(0);
        Ok(Inference {
            loss: value,
            predictions,
            beliefs,
            errors,
            input_error: self.input_error.then_some(first),
            gradients,
            energies: Vec::new(),
            iterations: self.iterations,
            eta: self.eta,
            converged: false,
            unrest: f64::NAN,
            errors_at: ErrorsAt::BeforeLastUpdate,
            inputs_at: InputsAt::Predictions,
        })
    }
}
