//! Methods: how beliefs, errors and gradients come about.
//!
//! | method | beliefs | gradient |
//! |---|---|---|
//! | [`Exact`](Method::Exact) | none needed | backpropagation's |
//! | [`FixedPrediction`] | move, with predictions and Jacobians of the forward pass | backpropagation's times one known factor a layer |
//! | [`Strict`] | descend the energy | that of the energy at the final beliefs |
//! | [`ZeroDivergence`](Method::ZeroDivergence) | as Strict with η = 1 | backpropagation's, taken layer by layer as the front passes |

mod exact;
mod fixed_prediction;
mod gradient;
mod incremental;
mod run;
mod settings;
pub(crate) mod state;
mod strict;
mod zero_divergence;

pub(crate) use incremental::incremental;

use std::fmt;

use metaplast_tensor::{Scalar, Tensor};

use crate::chain::Chain;
use crate::error::PredictiveError;
use crate::inference::Inference;
use crate::instances::Instances;
use crate::loss::{Loss, Target};

pub use fixed_prediction::FixedPrediction;
pub use settings::{Nudge, Solver, Stop, Strict};

/// How the errors of a chain's layers are found.
///
/// ```
/// use metaplast_predictive::{Activation, Chain, Dense, FixedPrediction, Loss, Method, Target};
/// use metaplast_tensor::{Random, Tensor};
///
/// let mut random = Random::new(1);
/// let mut chain = Chain::of([
///     Dense::<f64>::random(4, 5, &mut random).then(Activation::Tanh),
///     Dense::random(5, 3, &mut random),
/// ]);
/// let x = Tensor::normal([2, 4], 0.0, 1.0, &mut random);
/// let target = Target::Classes(vec![0, 2]);
/// let exact = Method::Exact.infer(&mut chain, &x, &target, Loss::CROSS_ENTROPY)?;
/// // As many iterations as layers at η = 1 are backpropagation.
/// let method = Method::from(FixedPrediction::new(1.0, 2));
/// let fixed = method.infer(&mut chain, &x, &target, Loss::CROSS_ENTROPY)?;
/// assert_eq!(fixed.gradients, exact.gradients);
/// # Ok::<(), metaplast_predictive::PredictiveError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Method {
    /// Backpropagation, with beliefs v̂ − δ.
    Exact,
    /// Predictions and Jacobians stay those of the forward pass.
    FixedPrediction(FixedPrediction),
    /// Gradient descent on the energy.
    Strict(Strict),
    /// "Z-IL": Strict inference with η = 1 and as many iterations as layers, of which each gives the
    /// gradient of the layer that the front has reached; its input is still v̂, so the result is
    /// backpropagation's.
    ZeroDivergence,
}

impl From<FixedPrediction> for Method {
    fn from(method: FixedPrediction) -> Self {
        Method::FixedPrediction(method)
    }
}

impl From<Strict> for Method {
    fn from(method: Strict) -> Self {
        Method::Strict(method)
    }
}

/// With every setting that matters, for captions.
impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Method::Exact => f.write_str("exact"),
            Method::FixedPrediction(method) => method.fmt(f),
            Method::Strict(method) => method.fmt(f),
            Method::ZeroDivergence => f.write_str("zero-divergence"),
        }
    }
}

impl Method {
    /// Beliefs, errors and gradients for a batch of rows.
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
        (Instances::get().infer)(self, chain, input, target, loss)
    }

    /// [`infer`](Self::infer), compiled where it is called.
    pub(crate) fn infer_here<T: Scalar>(
        &self,
        chain: &mut Chain<T>,
        input: &Tensor<T>,
        target: &Target<T>,
        loss: Loss,
    ) -> Result<Inference<T>, PredictiveError> {
        match self {
            Method::Exact => exact::infer(chain, input, target, loss),
            Method::FixedPrediction(method) => method.infer(chain, input, target, loss),
            Method::Strict(method) => method.infer(chain, input, target, loss),
            Method::ZeroDivergence => zero_divergence::infer(chain, input, target, loss),
        }
    }
}

/// Refuses a step size that is not positive and finite.
fn check_eta(eta: f64) -> Result<(), PredictiveError> {
    check(
        "η",
        eta,
        eta > 0.0 && eta.is_finite(),
        "positive and finite",
    )
}

fn check(
    name: &'static str,
    value: f64,
    holds: bool,
    range: &'static str,
) -> Result<(), PredictiveError> {
    match holds {
        true => Ok(()),
        false => Err(PredictiveError::Setting { name, value, range }),
    }
}
