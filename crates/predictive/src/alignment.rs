//! Target alignment: whether a step moves the outputs straight towards the target.

use metaplast_tensor::{Scalar, Tensor, kernels};

use crate::chain::Chain;
use crate::error::PredictiveError;
use crate::inference::Inference;
use crate::loss::{Loss, Target};

/// The cosine of the angle between what one step θ ← θ − rate · dθ does to the outputs and the
/// direction in which the loss falls fastest there, `cos(Δŷ, −∂𝓛/∂ŷ)`; for a loss of squares that is
/// `cos(Δŷ, y − ŷ)`, the target alignment of Song et al., *Inferring neural activity before
/// plasticity as a foundation for learning beyond backpropagation*, 2024.
///
/// The chain's parameters are the same afterwards. A rate of 10⁻⁴ in double precision is small enough
/// to be the limit, and large enough not to drown.
///
/// # Errors
/// As [`Chain::predict`] and [`Loss::of`].
///
/// # Panics
/// When the inference is not of this chain.
pub fn target_alignment<T: Scalar>(
    chain: &mut Chain<T>,
    input: &Tensor<T>,
    target: &Target<T>,
    loss: Loss,
    inference: &Inference<T>,
    rate: f64,
) -> Result<f64, PredictiveError> {
    let before = chain.predict(input)?;
    let (_, rise) = loss.of(&before, target)?;
    let rate = T::from_f64(rate);
    let mut kept = Vec::new();
    for (parameter, gradient) in chain.all_parameters_mut().zip(inference.all_gradients()) {
        kept.push(parameter.clone());
        *parameter = &*parameter - &(gradient * rate);
    }
    let after = chain.predict(input);
    for (parameter, kept) in chain.all_parameters_mut().zip(kept) {
        *parameter = kept;
    }
    let change = after? - before;
    let product = kernels::dot(change.data(), rise.data()).to_f64();
    Ok(-product / (change.norm().to_f64() * rise.norm().to_f64()))
}
