//! Reward: networks that act and are told how good that was, and not what would have been right.
//!
//! A rule that reads `reward` makes each step one of reinforcement learning. The network's output is a
//! probability for each action, of which one is drawn; the reward is what the target has there, so 1 for
//! the right class of an image and 0 for others. The teaching signals are those towards the action that was
//! taken, `e_L = y_L − onehot(action)`: with symmetric feedback −e y_preᵀ is the slope of log y_action by
//! the weights, and
//!
//! ```text
//! ΔW = η (reward − mean) (−e) y_preᵀ
//! ```
//!
//! is REINFORCE (Williams 1992) with a running mean as its baseline.

use metaplast_autodiff::Var;
use metaplast_tensor::Tensor;

use crate::architecture::Output;
use crate::feedback::noise::random;
use crate::feedback::teaching::TeachingSignals;
use crate::forward::Activations;
use crate::network::Network;
use crate::number::Number;
use crate::rule::bound::BoundRule;
use crate::step_signals::StepSignals;

/// Who draws actions, beside the layers, which draw other random numbers of a step.
const ACTIONS: usize = 1 << 32;

impl<'t, T: Number> Network<'t, T> {
    /// Teaching signals of online step `number` for a sample with this target, `[n_L]`: towards it, or for a
    /// rule that reads the reward towards the action that is drawn; and what else the rule is told.
    ///
    /// The choice of an action is not differentiated.
    ///
    /// # Panics
    /// When the rule reads the reward and the outputs are not softmax.
    #[track_caller]
    pub(crate) fn teach_by(
        &self,
        rule: &BoundRule<'t, T>,
        activations: &Activations<'t, T>,
        target: Var<'t, T>,
        number: u64,
    ) -> (TeachingSignals<'t, T>, StepSignals<'t, T>) {
        let (target, reward) = match rule.reads_reward() {
            false => (target, None),
            true => {
                let (taken, reward) = self.act(activations, target, number);
                (taken, Some(self.delayed(rule, reward)))
            }
        };
        let told = StepSignals {
            reward,
            perturbation: self.perturb(rule, activations, target, number),
        };
        (self.teach_towards(activations, target), told)
    }

    /// Draws an action: 1 where it is, and its reward, rank 0.
    #[track_caller]
    fn act(
        &self,
        activations: &Activations<'t, T>,
        target: Var<'t, T>,
        number: u64,
    ) -> (Var<'t, T>, Var<'t, T>) {
        let output = self.architecture().output();
        assert!(
            output == Output::Softmax,
            "network: a rule that reads the reward draws actions from softmax outputs, not {output}"
        );
        let y = activations.y[self.architecture().layers()];
        let draw = unit(rand::Rng::next_u64(&mut random(
            self.feedback().seed,
            number,
            ACTIONS,
        )));
        let action = y.with(|y| chosen(y, draw));
        let reward = target.with(|target| target[action].detach());
        let tape = self.tape();
        let taken = tape.constant_with(y.shape().len(), |taken| taken[action] = T::ONE);
        (taken, tape.constant(&Tensor::scalar(reward)))
    }
}

/// Uniform, 0 up to but not including 1, with 53 bits.
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

/// The element whose share of the sum of probabilities the draw falls into.
fn chosen<T: Number>(probabilities: &[T], draw: f64) -> usize {
    let mut sum = 0.0;
    let within = probabilities.iter().position(|p| {
        sum += p.to_f64();
        draw < sum
    });
    // Rounding may leave a little beyond the last.
    within.unwrap_or(probabilities.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::{chosen, unit};

    #[test]
    fn an_action_is_drawn_by_its_probability() {
        let y = [0.25f32, 0.0, 0.5, 0.25];
        let drawn = [0.0, 0.2499, 0.25, 0.7499, 0.75, 0.9999].map(|draw| chosen(&y, draw));
        assert_eq!(drawn, [0, 0, 2, 2, 3, 3]);
        assert_eq!(chosen(&[0.5f64, 0.4], 0.95), 1);
        assert_eq!(unit(0), 0.0);
        assert!(unit(u64::MAX) < 1.0);
    }
}
