//! Gradient of the energy by the parameters, at the end of Strict inference.

use metaplast_tensor::{Scalar, Tensor};

use super::run::Run;
use super::state::State;
use crate::inference::{Inference, InputsAt};
use crate::layer::{ParameterGradients, Wanted};

impl<T: Scalar> Run<'_, T> {
    /// Gradients and the result. `last` are the errors to use if they are not the present ones;
    /// `together` says that the layers were called with both derivatives wanted.
    pub(super) fn finish(mut self, last: Vec<Tensor<T>>, together: bool) -> Inference<T> {
        let layers = self.state.layers();
        let factor = T::from_f64(1.0 / self.strength);
        let mut gradients = self.state.chain.zero_gradients();
        let mut square = 0.0;
        for l in (1..layers).rev() {
            let by_parameters = ParameterGradients {
                factor,
                into: &mut gradients[l],
            };
            self.state.chain.layer(l + 1).vjp(
                &self.state.beliefs[l],
                &self.state.errors[l + 1],
                Some(&mut self.state.moves[l]),
                together.then_some(by_parameters),
            );
            square += self.state.turn_into_move(l);
        }
        let unrest = square.sqrt() / self.last_error_norm();
        let energies = self.state.energies.clone();
        if !last.is_empty() {
            self.state.errors = last;
        }
        let Run {
            method,
            state,
            eta,
            energies: mut steps,
            iterations,
            converged,
            ..
        } = self;
        let State {
            chain,
            loss,
            predictions,
            beliefs,
            mut errors,
            ..
        } = state;
        let mut output = Tensor::zeros([0]);
        for l in 1..=layers {
            if together && l > 1 {
                break;
            }
            let layer = chain.layer(l);
            // The first layer's last call was that at x, with parameters wanted.
            let input = match method.inputs {
                _ if l == 1 => &predictions[0],
                InputsAt::Beliefs => &beliefs[l - 1],
                InputsAt::Predictions => &predictions[l - 1],
            };
            if l > 1 {
                layer.forward(input, &mut output, Wanted::Parameters);
            }
            let by_parameters = ParameterGradients {
                factor,
                into: &mut gradients[l - 1],
            };
            layer.vjp(input, &errors[l], None, Some(by_parameters));
        }
        steps.push(energies);
        errors.remove(0);
        if factor != T::ONE {
            let elements = errors.iter_mut().flat_map(|e| e.data_mut());
            elements.for_each(|e| *e *= factor);
        }
        Inference {
            loss,
            predictions,
            beliefs,
            errors,
            input_error: None,
            gradients,
            energies: steps,
            iterations,
            eta,
            converged,
            unrest,
            errors_at: method.errors,
            inputs_at: method.inputs,
        }
    }
}
