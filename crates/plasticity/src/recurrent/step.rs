//! Online learning from sequences: one change of the weights for each.

use metaplast_autodiff::Var;
use metaplast_tensor::Tensor;

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

/// Is told of each matrix, by its number from 0, what each term adds to it.
type SeeParts<'a, T> = &'a mut dyn FnMut(usize, &[Tensor<T>]);

impl<'t, T: Number> RecurrentNetwork<'t, T> {
    /// One online step: a sequence of inputs, `[n_0]` each, with one label for all its outputs. Each matrix
    /// changes by the sum over time of what the rule gives, all from the weights before the step. Memories are
    /// updated at each step of the sequence before terms see them, and kept from sequence to sequence.
    ///
    /// Whether a rule fits is told by
    /// [`RecurrentArchitecture::check_rule`](super::RecurrentArchitecture::check_rule).
    ///
    /// # Panics
    /// When the sequence is empty, an input does not have `n_0` elements, the label is not below the number of
    /// outputs, or the rule reads the reward or perturbations.
    #[track_caller]
    pub fn step(&self, rule: &BoundRule<'t, T>, inputs: &[Var<'t, T>], label: usize) {
        let pass = self.forward(inputs);
        let targets = vec![self.one_hot(label); pass.outputs.len()];
        self.learn(rule, &pass, &targets, None);
    }

    /// The same step, in which `seen` is told, before a matrix changes, its number from 0 and what each term of
    /// the rule will add to it.
    ///
    /// # Panics
    /// As [`step`](Self::step).
    #[track_caller]
    pub fn step_in_parts(
        &self,
        rule: &BoundRule<'t, T>,
        inputs: &[Var<'t, T>],
        label: usize,
        seen: &mut dyn FnMut(usize, &[Tensor<T>]),
    ) {
        let pass = self.forward(inputs);
        let targets = vec![self.one_hot(label); pass.outputs.len()];
        self.learn(rule, &pass, &targets, Some(seen));
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
        self.learn(rule, &pass, targets, None);
    }

    #[track_caller]
    fn learn(
        &self,
        rule: &BoundRule<'t, T>,
        pass: &SequencePass<'t, T>,
        targets: &[Var<'t, T>],
        mut seen: Option<SeeParts<'_, T>>,
    ) {
        assert!(
            !rule.reads_reward() && rule.perturbed().is_none(),
            "recurrent network: a rule with a reward or perturbations"
        );
        let remembers = !rule.memories().is_empty();
        let mut memory = self.memory.borrow_mut();
        if remembers {
            memory.begin(rule, self.weights.len(), || {
                self.architecture.shapes().to_vec()
            });
        }
        let paths = self.backward_paths();
        let taught = self.teach_by(&paths, pass, targets);
        // A matrix's update reads no other matrix, so that one may change before the next.
        for matrix in [INPUT, RECURRENT, OUTPUT] {
            let weights = self.weights[matrix];
            let mut update = LayerUpdate::new(self.one, None);
            let mut parts = Vec::new();
            // What matrices that change at each step add, where terms read some.
            let mut traces = None;
            self.over_time(matrix, (pass, &taught, &paths), &mut |signals| {
                if remembers {
                    memory.remember(rule, signals);
                }
                if seen.is_some() {
                    add(&mut parts, rule.parts(signals));
                }
                rule.contribute(signals, &mut update);
                update.resolve(weights, |x| signals.known_back_projection(x));
                update.move_states(|| {
                    *traces.get_or_insert_with(|| self.tape.state(&Tensor::zeros(weights.shape())))
                });
            });
            if let Some(seen) = &mut seen {
                seen(matrix, &parts);
            }
            // Nothing goes through the weights any more.
            update.apply(weights, |_| None);
            if let Some(traces) = traces {
                weights.add_scaled(self.one, traces);
            }
        }
    }

    /// Calls `f` with the signals at a matrix of each step that has some, one after the other.
    #[track_caller]
    fn over_time(
        &self,
        matrix: usize,
        (pass, taught, paths): (
            &SequencePass<'t, T>,
            &TaughtSequence<'t, T>,
            &BackwardPaths<'t, T>,
        ),
        f: &mut dyn FnMut(&LayerSignals<'_, 't, T>),
    ) {
        let weights = self.weights[matrix];
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
            f(&LayerSignals::in_network(NetworkLayer {
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
            }));
        }
    }
}

/// Adds what each term gives at one more step.
fn add<T: Number>(sums: &mut Vec<Tensor<T>>, parts: Vec<Tensor<T>>) {
    if sums.is_empty() {
        *sums = parts;
        return;
    }
    for (sum, part) in sums.iter_mut().zip(&parts) {
        for (sum, &x) in sum.data_mut().iter_mut().zip(part.data()) {
            *sum += x;
        }
    }
}
