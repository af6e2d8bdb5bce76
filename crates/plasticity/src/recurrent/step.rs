//! Online learning from sequences: one change of the weights for each.

use metaplast_autodiff::Var;

use super::network::RecurrentNetwork;
use super::pass::SequencePass;
use super::teaching::{BackwardPaths, TaughtSequence};
use crate::number::Number;
use crate::rule::bound::BoundRule;
use crate::signals::{LayerSignals, NetworkLayer};
use crate::update::LayerUpdate;

/// Places of the weights, which are the layers of a rule with coefficients for each.
const INPUT: usize = 0;
const RECURRENT: usize = 1;
const OUTPUT: usize = 2;

impl<'t, T: Number> RecurrentNetwork<'t, T> {
    /// One online step: a sequence of inputs, `[n_0]` each, with one label for all its outputs. Each matrix
    /// changes by the sum over time of what the rule gives, all from the weights before the step.
    ///
    /// Whether a rule fits is told by
    /// [`RecurrentArchitecture::check_rule`](super::RecurrentArchitecture::check_rule).
    ///
    /// # Panics
    /// When the sequence is empty, an input does not have `n_0` elements, the label is not below the number of
    /// outputs, or the rule remembers, or reads the reward or perturbations.
    #[track_caller]
    pub fn step(&self, rule: &BoundRule<'t, T>, inputs: &[Var<'t, T>], label: usize) {
        let pass = self.forward(inputs);
        let targets = vec![self.one_hot(label); pass.outputs.len()];
        self.learn(rule, &pass, &targets);
    }

    /// The same towards a target, `[outputs]`, for each output of the sequence.
    ///
    /// # Panics
    /// As [`step`](Self::step), and when there is not one target for each output, of its size.
    #[track_caller]
    pub fn step_towards(
        &self,
        rule: &BoundRule<'t, T>,
        inputs: &[Var<'t, T>],
        targets: &[Var<'t, T>],
    ) {
        let pass = self.forward(inputs);
        self.learn(rule, &pass, targets);
    }

    #[track_caller]
    fn learn(&self, rule: &BoundRule<'t, T>, pass: &SequencePass<'t, T>, targets: &[Var<'t, T>]) {
        assert!(
            rule.memories().is_empty() && !rule.reads_reward() && rule.perturbed().is_none(),
            "recurrent network: a rule with memories, a reward or perturbations"
        );
        let taught = self.teach(pass, targets);
        let paths = self.backward_paths();
        // A matrix's update reads no other matrix, so that one may change before the next.
        for matrix in [INPUT, RECURRENT, OUTPUT] {
            let update = self.update(rule, matrix, (pass, &taught, &paths));
            // Nothing goes through the weights any more.
            update.apply(self.weights[matrix], |_| None);
        }
    }

    /// The sum over time of what the rule adds to a matrix.
    #[track_caller]
    fn update(
        &self,
        rule: &BoundRule<'t, T>,
        matrix: usize,
        (pass, taught, paths): (
            &SequencePass<'t, T>,
            &TaughtSequence<'t, T>,
            &BackwardPaths<'t, T>,
        ),
    ) -> LayerUpdate<'t, T> {
        let weights = self.weights[matrix];
        let mut update = LayerUpdate::new(self.one);
        let applications = match matrix {
            OUTPUT => pass.outputs.len(),
            _ => pass.inputs.len(),
        };
        for k in 0..applications {
            let input_error = || {
                let error = paths.input.matvec(taught.hidden[k]);
                self.architecture.times_slope(error, pass.inputs[k])
            };
            let before = |k: usize| k.checked_sub(1).map_or(self.rest, |k| taught.hidden[k]);
            // Activity and teaching signal of both sides, and the pre-activation.
            let (pre, pre_error, post, post_error, drive) = match matrix {
                OUTPUT => {
                    let t = pass.read_at(k);
                    let error = Some(taught.hidden[t]);
                    let (h, y) = (pass.hidden[t + 1], pass.outputs[k]);
                    (h, error, y, taught.outputs[k], pass.logits[k])
                }
                _ => {
                    let (pre, error) = match matrix {
                        INPUT => (pass.inputs[k], None),
                        _ => (pass.hidden[k], Some(before(k))),
                    };
                    let (h, drive) = (pass.hidden[k + 1], pass.drives[k][matrix]);
                    (pre, error, h, taught.hidden[k], drive)
                }
            };
            let signals = LayerSignals::in_network(NetworkLayer {
                layer: matrix,
                weights,
                pre,
                pre_ones: Some(self.ones[[0, 1, 1][matrix]]),
                ones: Some(self.ones[[1, 1, 2][matrix]]),
                places: None,
                pre_activation: drive,
                post,
                post_error,
                pre_error,
                below: &input_error,
                one: self.one,
            });
            rule.contribute(&signals, &mut update);
            update.resolve(weights, |x| signals.known_back_projection(x));
        }
        update
    }
}
