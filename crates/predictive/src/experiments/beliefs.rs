//! Fixed-prediction inference that keeps beliefs, as the authors' code does.
//!
//! Errors are then differences of nearly equal numbers, `ε = v̂ − v`. In single precision their digits
//! are lost as they become small: [`FixedPrediction`](crate::FixedPrediction) keeps ε instead.

use metaplast_tensor::{Scalar, Tensor};

use crate::chain::Chain;
use crate::error::PredictiveError;
use crate::layer::{ParameterGradients, Wanted};
use crate::loss::{Loss, Target};

/// The gradients after each of these increasing numbers of iterations.
pub(super) fn gradients<T: Scalar>(
    chain: &mut Chain<T>,
    (input, target): (&Tensor<T>, &Target<T>),
    loss: Loss,
    eta: f64,
    iterations: &[usize],
) -> Result<Vec<Vec<Vec<Tensor<T>>>>, PredictiveError> {
    let layers = chain.len();
    let eta = T::from_f64(eta);
    let mut predictions = vec![input.clone()];
    chain.pass(&mut predictions, Wanted::Parameters, Wanted::Both)?;
    let (_, delta) = loss.of(&predictions[layers], target)?;
    let mut beliefs = predictions.clone();
    let mut errors: Vec<Tensor<T>> = predictions.iter().map(|v| v - v).collect();
    errors[layers] = delta;
    let mut pulled = errors.clone();
    let mut all = Vec::new();
    for n in 1..=iterations.last().copied().unwrap_or(0) {
        for l in 1..layers {
            errors[l] = &predictions[l] - &beliefs[l];
        }
        if iterations.contains(&n) {
            let mut gradients = chain.zero_gradients();
            for l in 1..=layers {
                let by_parameters = ParameterGradients {
                    factor: T::ONE,
                    into: &mut gradients[l - 1],
                };
                let seed = &errors[l];
                chain
                    .layer(l)
                    .vjp(&predictions[l - 1], seed, None, Some(by_parameters));
            }
            all.push(gradients);
        }
        for l in 1..layers {
            let pull = Some(&mut pulled[l]);
            chain
                .layer(l + 1)
                .vjp(&predictions[l], &errors[l + 1], pull, None);
            beliefs[l] = &beliefs[l] + &(&(&errors[l] - &pulled[l]) * eta);
        }
    }
    Ok(all)
}
