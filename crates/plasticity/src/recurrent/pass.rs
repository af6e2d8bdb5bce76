//! Passes: the activity of a recurrent network while it sees a sequence.

use metaplast_autodiff::Var;
use metaplast_tensor::Tensor;

use super::architecture::Readout;
use super::network::RecurrentNetwork;
use crate::number::Number;

/// The activity of a recurrent network for one sequence of T steps.
#[derive(Debug)]
pub struct SequencePass<'t, T: Number> {
    /// x_1..x_T, `[n_0]` each.
    pub inputs: Vec<Var<'t, T>>,
    /// h_0..h_T, `[n]` each.
    pub hidden: Vec<Var<'t, T>>,
    /// Softmax outputs, of the last step or of each.
    pub outputs: Vec<Var<'t, T>>,
    /// W_in x_t and W_rec h_(t−1) for each step.
    pub(super) drives: Vec<[Var<'t, T>; 2]>,
    /// φ(z_t) for each step.
    pub(super) activations: Vec<Var<'t, T>>,
    /// W_out h_t for each output.
    pub(super) logits: Vec<Var<'t, T>>,
}

impl<T: Number> SequencePass<'_, T> {
    /// The step, from 0, at which the output of this number was read.
    pub(super) fn read_at(&self, output: usize) -> usize {
        self.inputs.len() - self.outputs.len() + output
    }
}

impl<'t, T: Number> RecurrentNetwork<'t, T> {
    /// The activity for a sequence of inputs, `[n_0]` each.
    ///
    /// # Panics
    /// When the sequence is empty or an input has another number of elements.
    #[track_caller]
    #[must_use]
    pub fn forward(&self, inputs: &[Var<'t, T>]) -> SequencePass<'t, T> {
        let architecture = &self.architecture;
        self.check_length(inputs);
        let [input, recurrent, output] = self.weights;
        let steps = inputs.len();
        let mut pass = SequencePass {
            inputs: inputs.iter().map(|x| x.with_sparsity_pattern()).collect(),
            hidden: vec![self.rest],
            outputs: Vec::new(),
            drives: Vec::with_capacity(steps),
            activations: Vec::with_capacity(steps),
            logits: Vec::new(),
        };
        for t in 0..steps {
            let before = pass.hidden[t];
            let fed = input.matvec_transposed(pass.inputs[t]);
            // Nothing comes back from units at rest.
            let (recurrent, z) = match t {
                0 => (self.rest, fed),
                _ => {
                    let recurrent = recurrent.matvec_transposed(before);
                    (recurrent, recurrent + fed)
                }
            };
            let a = architecture.activate(z);
            let h = self.leak_into(t, before, a);
            pass.drives.push([fed, recurrent]);
            pass.activations.push(a);
            pass.hidden.push(h);
            if architecture.readout() == Readout::EachStep || t + 1 == steps {
                let logits = output.matvec_transposed(h);
                pass.logits.push(logits);
                pass.outputs.push(logits.softmax());
            }
        }
        pass
    }

    /// What goes into the softmax for a batch of sequences of one length, each step's inputs as `[n, n_0]`:
    /// `[n, outputs]` of the last step, or of each.
    ///
    /// # Panics
    /// When the sequences are empty or an input has another number of columns.
    #[track_caller]
    #[must_use]
    pub fn logits(&self, inputs: &[Var<'t, T>]) -> Vec<Var<'t, T>> {
        self.check_length(inputs);
        let [input, recurrent, output] = self.weights;
        let mut before: Option<Var<'t, T>> = None;
        let mut logits = Vec::new();
        for (t, &x) in inputs.iter().enumerate() {
            let fed = input.matvec_transposed_rows(x);
            let z = match before {
                None => fed,
                Some(before) => recurrent.matvec_transposed_rows(before) + fed,
            };
            let a = self.architecture.activate(z);
            let h = self.leak_into(t, before.unwrap_or(a), a);
            if self.architecture.readout() == Readout::EachStep || t + 1 == inputs.len() {
                logits.push(output.matvec_transposed_rows(h));
            }
            before = Some(h);
        }
        logits
    }

    /// `h_t` of step `t`, from 0; from h_0 = 0 in the first.
    fn leak_into(&self, t: usize, before: Var<'t, T>, a: Var<'t, T>) -> Var<'t, T> {
        let leak = self.architecture.leak();
        match (leak, t) {
            (1.0, _) => a,
            (_, 0) => a * leak,
            _ => before * (1.0 - leak) + a * leak,
        }
    }

    #[track_caller]
    fn check_length(&self, inputs: &[Var<'t, T>]) {
        assert!(
            !inputs.is_empty(),
            "recurrent network: a sequence of no steps"
        );
    }

    /// The target of a label: 1 there, and 0 elsewhere.
    #[track_caller]
    pub(super) fn one_hot(&self, label: usize) -> Var<'t, T> {
        let outputs = self.architecture.outputs();
        assert!(
            label < outputs,
            "recurrent network: label {label}, {outputs} outputs"
        );
        let mut target = Tensor::zeros([outputs]);
        target.data_mut()[label] = T::ONE;
        self.tape.constant(&target)
    }
}
