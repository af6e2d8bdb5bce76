//! Incremental inference ("iPC"): weights that move at every inference step (Salvatori et al., *A
//! stable, fast, and fully automatic learning algorithm for predictive coding networks*, 2024).

use metaplast_tensor::{Scalar, Tensor};

use super::run::Run;
use super::settings::{Nudge, Solver, Strict};
use super::state::{Nudged, State};
use crate::chain::Chain;
use crate::error::PredictiveError;
use crate::inference::{ErrorsAt, Inference, InputsAt};
use crate::layer::{ParameterGradients, Wanted};
use crate::loss::{Loss, Target};

/// What the weights do at an inference step: takes all gradients, first layer first.
pub(crate) type WeightStep<'a, T> = dyn FnMut(&mut Chain<T>, &[Vec<Tensor<T>>]) + 'a;

/// Strict inference during which the weights move at every step, from the same errors as the
/// beliefs. The gradients returned are those of the last step.
pub(crate) fn incremental<T: Scalar>(
    method: &Strict,
    chain: &mut Chain<T>,
    input: &Tensor<T>,
    target: &Target<T>,
    loss: Loss,
    step: &mut WeightStep<'_, T>,
) -> Result<Inference<T>, PredictiveError> {
    method.check()?;
    let beliefs = matches!(method.solver, Solver::Plain | Solver::Momentum(_));
    if !beliefs || method.halving || matches!(method.nudge, Nudge::Centred(_)) {
        return Err(PredictiveError::Unsupported {
            what: "weights that move at every step go with the solvers plain and momentum, one side of nudging, \
                   and a fixed η",
        });
    }
    let strength = method.strength();
    let nudged = Nudged {
        target,
        loss,
        strength,
    };
    let state = State::new(chain, input, nudged, None)?;
    Run::new(method, state, strength).infer_incrementally(step)
}

impl<T: Scalar> Run<'_, T> {
    fn infer_incrementally(
        mut self,
        step: &mut WeightStep<'_, T>,
    ) -> Result<Inference<T>, PredictiveError> {
        let layers = self.state.layers();
        let factor = T::from_f64(1.0 / self.strength);
        let mut gradients = self.state.chain.zero_gradients();
        let wanted = |l| {
            if l == 1 {
                Wanted::Parameters
            } else {
                Wanted::Both
            }
        };
        for _ in 0..self.method.iterations {
            self.state.evaluate(1, wanted);
            self.judge()?;
            self.note_energies();
            let mut square = 0.0;
            for l in (0..layers).rev() {
                let by_parameters = ParameterGradients {
                    factor,
                    into: &mut gradients[l],
                };
                let by_input = (l > 0).then_some(&mut self.state.moves[l]);
                self.state.chain.layer(l + 1).vjp(
                    &self.state.beliefs[l],
                    &self.state.errors[l + 1],
                    by_input,
                    Some(by_parameters),
                );
                if l > 0 {
                    square += self.state.turn_into_move(l);
                }
            }
            self.converged = self.is_at_rest(square.sqrt());
            self.advance();
            step(self.state.chain, &gradients);
            self.iterations += 1;
            if self.converged {
                break;
            }
        }
        self.state.evaluate(1, wanted);
        self.judge()?;
        let unrest = self.state.pull(None) / self.last_error_norm();
        self.energies.push(self.state.energies.clone());
        self.state.errors.remove(0);
        let state = self.state;
        Ok(Inference {
            loss: state.loss,
            predictions: state.predictions,
            beliefs: state.beliefs,
            errors: state.errors.iter().map(|e| e * factor).collect(),
            input_error: None,
            gradients,
            energies: self.energies,
            iterations: self.iterations,
            eta: self.eta,
            converged: self.converged,
            unrest,
            errors_at: ErrorsAt::Final,
            inputs_at: InputsAt::Beliefs,
        })
    }
}
