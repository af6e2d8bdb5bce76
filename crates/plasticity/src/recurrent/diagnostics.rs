//! Diagnostics of a recurrent network over sequences: alignment of its teaching signals with those of
//! backpropagation through time, and how orthonormal the weights' rows are.

use metaplast_autodiff::{State, Tape, Var};
use metaplast_tensor::Tensor;

use super::architecture::RecurrentArchitecture;
use super::network::RecurrentNetwork;
use super::pass::SequencePass;
use super::teaching::{BackwardPaths, TeachingThroughTime};
use crate::diagnostics::angle;
use crate::number::Number;
use crate::pathway::Pathway;

/// What was measured over some sequences, with the network's present weights.
#[derive(Clone, Debug, PartialEq)]
pub struct SequenceDiagnostics {
    /// Angles in degrees between teaching signals, summed over steps and sequences, and those of
    /// backpropagation through time: of the inputs, of the hidden units once for W_in and once for W_rec, which
    /// see the same signals, and of the outputs. An angle with a zero or broken signal is NaN.
    pub angles: Vec<f64>,
    /// The orthonormality errors of W_in, W_rec and W_out, `Σ ‖W pre − W Wᵀ post‖²` over steps and sequences, with
    /// `pre` and `post` as terms see them.
    pub orthonormality: Vec<f64>,
}

/// Sums of teaching signals: of inputs, hidden units and outputs.
type Sums = [Vec<f64>; 3];

impl<T: Number> RecurrentNetwork<'_, T> {
    /// Diagnostics over labelled sequences, computed in f64 whatever the network computes in, on a tape of their
    /// own.
    ///
    /// # Panics
    /// When a sequence is empty, an input does not have `n_0` elements, or a label is not below the number of
    /// outputs.
    #[track_caller]
    #[must_use]
    pub fn diagnose(&self, sequences: &[(Vec<Tensor<f64>>, usize)]) -> SequenceDiagnostics {
        let feedback = self.feedback.iter().flatten().map(|b| b.value().cast());
        let feedback = Pathway::from_transposed(feedback.collect());
        let weights = self.weights().cast();
        diagnose(
            &self.architecture,
            self.teaching,
            &weights,
            &feedback,
            sequences,
        )
    }
}

fn diagnose(
    architecture: &RecurrentArchitecture,
    teaching: TeachingThroughTime,
    weights: &Pathway<f64>,
    feedback: &Pathway<f64>,
    sequences: &[(Vec<Tensor<f64>>, usize)],
) -> SequenceDiagnostics {
    let tape = Tape::new();
    let network = RecurrentNetwork::new(&tape, architecture, weights, teaching, feedback);
    let network = network.expect("the matrices of a network");
    let own = network.backward_paths();
    let exact = network.paths_of(TeachingThroughTime::Backpropagation);
    let sizes = [
        architecture.inputs(),
        architecture.hidden(),
        architecture.outputs(),
    ];
    let nothing = || sizes.map(|n| vec![0.0; n]);
    let (mut by_own, mut by_exact): (Sums, Sums) = (nothing(), nothing());
    let mut orthonormality = vec![0.0; 3];
    for (inputs, label) in sequences {
        tape.unrecorded(|| {
            let inputs: Vec<_> = inputs.iter().map(|x| tape.constant(x)).collect();
            let pass = network.forward(&inputs);
            let targets = vec![network.one_hot(*label); pass.outputs.len()];
            for (paths, sums) in [(&own, &mut by_own), (&exact, &mut by_exact)] {
                network.add_signals(&pass, &targets, paths, sums);
            }
            network.add_orthonormality(&pass, &mut orthonormality);
        });
    }
    let angles = [0, 1, 1, 2].map(|place| angle(&by_own[place], &by_exact[place]));
    SequenceDiagnostics {
        angles: angles.to_vec(),
        orthonormality,
    }
}

impl<'t> RecurrentNetwork<'t, f64> {
    fn add_signals(
        &self,
        pass: &SequencePass<'t, f64>,
        targets: &[Var<'t, f64>],
        paths: &BackwardPaths<'t, f64>,
        [inputs, hidden, outputs]: &mut Sums,
    ) {
        let taught = self.teach_by(paths, pass, targets);
        for (&error, &x) in taught.hidden.iter().zip(&pass.inputs) {
            add(hidden, error);
            let back = paths.input.matvec(error);
            add(inputs, self.architecture.times_slope(back, x));
        }
        for &error in &taught.outputs {
            add(outputs, error);
        }
    }

    fn add_orthonormality(&self, pass: &SequencePass<'t, f64>, errors: &mut [f64]) {
        let [input, recurrent, output] = self.weights;
        let difference =
            |weights: State<'t, f64>, drive: Var<'t, f64>, post: Var<'t, f64>| -> f64 {
                let difference = drive - weights.matvec_transposed(weights.matvec(post));
                difference.with(|d| d.iter().map(|d| d * d).sum())
            };
        for (&[fed, back], &h) in pass.drives.iter().zip(&pass.hidden[1..]) {
            errors[0] += difference(input, fed, h);
            errors[1] += difference(recurrent, back, h);
        }
        for (&logits, &y) in pass.logits.iter().zip(&pass.outputs) {
            errors[2] += difference(output, logits, y);
        }
    }
}

fn add(sums: &mut [f64], signal: Var<'_, f64>) {
    signal.with(|signal| {
        for (sum, x) in sums.iter_mut().zip(signal) {
            *sum += x;
        }
    });
}
