//! Zero-divergence inference ("Z-IL"; Song, Lukasiewicz, Xu & Bogacz, *Can the brain do
//! backpropagation? Exact implementation of backpropagation in predictive coding networks*, 2020).
//!
//! With η = 1 the error enters a layer further down at each iteration, and is δ there when it
//! arrives. A layer whose weights learn in that iteration sees the input v̂ and the error δ.

use metaplast_tensor::{Scalar, Tensor};

use super::state::{Nudged, State};
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
    let nudged = Nudged {
        target,
        loss,
        strength: 1.0,
    };
    let mut state = State::new(chain, input, nudged, None)?;
    let layers = state.layers();
    let mut gradients = state.chain.zero_gradients();
    let mut errors = vec![Tensor::zeros([0]); layers];
    let mut energies = Vec::new();
    for reached in (1..=layers).rev() {
        let wanted = |l| {
            if l == reached {
                Wanted::Both
            } else {
                Wanted::Input
            }
        };
        state.evaluate(2, wanted);
        energies.push(state.energies.clone());
        let by_parameters = ParameterGradients {
            factor: T::ONE,
            into: &mut gradients[reached - 1],
        };
        let (input, error) = (&state.beliefs[reached - 1], &state.errors[reached]);
        let layer = state.chain.layer(reached);
        layer.vjp(input, error, None, Some(by_parameters));
        errors[reached - 1] = error.clone();
        state.pull(None);
        for l in 1..layers {
            state.move_belief(l, T::ONE);
        }
    }
    state.evaluate(2, |_| Wanted::Input);
    energies.push(state.energies.clone());
    let unrest = state.pull(None) / state.errors[layers].norm().to_f64();
    Ok(Inference {
        loss: state.loss,
        predictions: state.predictions,
        beliefs: state.beliefs,
        errors,
        input_error: None,
        gradients,
        energies,
        iterations: layers,
        eta: 1.0,
        converged: false,
        unrest,
        errors_at: ErrorsAt::Front,
        inputs_at: InputsAt::Predictions,
    })
}
