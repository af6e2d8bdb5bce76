//! Exact errors: backpropagation through the chain, layer by layer.

use metaplast_tensor::{Scalar, Tensor};

use crate::chain::Chain;
use crate::error::PredictiveError;
use crate::inference::{ErrorsAt, Inference, InputsAt};
use crate::layer::{ParameterGradients, Wanted};
use crate::loss::{Loss, Target};

pub(super) fn infer<T: Scalar>(
    chain: &mut Chain<T>,
    input: &Tensor<T>,
    target: &Target<T>,
    loss: Loss,
) -> Result<Inference<T>, PredictiveError> {
    let ones = vec![1.0; chain.len() + 1];
    scaled(chain, input, target, loss, &ones, &ones, false)
}

/// Backpropagation with `ε_l = e_l δ_l`, the gradients likewise, and `v_l = v̂_l − b_l δ_l`; the
/// factors e and b by layer, that of the input first.
pub(super) fn scaled<T: Scalar>(
    chain: &mut Chain<T>,
    input: &Tensor<T>,
    target: &Target<T>,
    loss: Loss,
    for_errors: &[f64],
    for_beliefs: &[f64],
    input_error: bool,
) -> Result<Inference<T>, PredictiveError> {
    let layers = chain.len();
    let first = if input_error {
        Wanted::Both
    } else {
        Wanted::Parameters
    };
    let mut predictions = vec![input.clone()];
    chain.pass(&mut predictions, first, Wanted::Both)?;
    let (value, mut delta) = loss.of(&predictions[layers], target)?;
    let mut gradients = chain.zero_gradients();
    let (mut beliefs, mut errors) = (Vec::new(), Vec::new());
    let keep = |l: usize, delta: Tensor<T>, beliefs: &mut Vec<_>, errors: &mut Vec<_>| {
        let factor = T::from_f64(for_beliefs[l]);
        beliefs.push(predictions[l].zip_map(&delta, |v, d| v - factor * d));
        errors.push(match for_errors[l] {
            1.0 => delta,
            factor => delta * T::from_f64(factor),
        });
    };
    for l in (1..=layers).rev() {
        let wanted = l > 1 || input_error;
        let mut below = Tensor::zeros([0]);
        let by_parameters = ParameterGradients {
            factor: T::from_f64(for_errors[l]),
            into: &mut gradients[l - 1],
        };
        chain.layer(l).vjp(
            &predictions[l - 1],
            &delta,
            wanted.then_some(&mut below),
            Some(by_parameters),
        );
        keep(
            l,
            std::mem::replace(&mut delta, below),
            &mut beliefs,
            &mut errors,
        );
    }
    match input_error {
        true => keep(0, delta, &mut beliefs, &mut errors),
        false => beliefs.push(predictions[0].clone()),
    }
    beliefs.reverse();
    errors.reverse();
    let input_error = input_error.then(|| errors.remove(0));
    Ok(Inference {
        loss: value,
        predictions,
        beliefs,
        errors,
        input_error,
        gradients,
        energies: Vec::new(),
        iterations: 0,
        eta: f64::NAN,
        converged: false,
        unrest: f64::NAN,
        errors_at: ErrorsAt::Final,
        inputs_at: InputsAt::Predictions,
    })
}
