//! Teaching signals through time: how the outputs' errors reach the hidden units of every step.
//!
//! All ways are one recursion from the last step to the first, with δ_t for h_t and e_t for z_t:
//!
//! ```text
//! δ_t = B_outᵀ (y_t − target_t) + (1 − α) δ_(t+1) + B_recᵀ e_(t+1)        e_t = α φ'(z_t) ⊙ δ_t
//! ```
//!
//! They differ in what B_out and B_rec are.

use metaplast_autodiff::{State, Var};
use rand::Rng;

use super::architecture::RecurrentArchitecture;
use super::network::RecurrentNetwork;
use super::pass::SequencePass;
use crate::names::names;
use crate::number::Number;
use crate::pathway::Pathway;

/// Where the teaching signals of hidden units come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TeachingThroughTime {
    /// Backpropagation through time (Werbos 1990): through the weights themselves. With F0 alone a step is
    /// gradient descent on the cross-entropy, summed over the steps that have outputs.
    Backpropagation,
    /// The same signals, in whose derivatives by anything the weights that they pass are constants: the
    /// [detached derivative](crate::Feedback::symmetric) of symmetric feedback.
    DetachedBackpropagation,
    /// Random feedback through time: fixed random matrices in place of W_out, of W_rec and, for what terms see
    /// of the inputs' errors, of W_in. It is feedback alignment (Lillicrap et al. 2016) in the unrolled network.
    RandomFeedback,
    /// E-prop with random broadcast (Bellec et al., Nature Communications 11:3625, 2020, eqs. 1, 4 and 28), which
    /// for these units is the rule RFLO (Murray, eLife 8:e43299, 2019): a learning signal by fixed random
    /// weights at each step, times an eligibility trace,
    ///
    /// ```text
    /// ΔW_ji = −θ Σ_t L_j^t ε_ji^t      L^t = B_outᵀ (y_t − target_t)      ε_ji^t = (1 − α) ε_ji^(t−1) + α φ'(z_j^t) pre_i^t
    /// ```
    ///
    /// where pre is h_(t−1) for W_rec and x_t for W_in. What a unit's past means to its present passes through
    /// its own leak alone, so that the trace runs forward in time and synapses know all of it. The sum is that of
    /// the recursion without B_rec, in the other order: F0 gets the same update as from traces. To any term, e_t
    /// is the learning signals from t on, each weighted by what the unit's leak keeps of step t; terms
    /// which are not linear in `e` with `y_pre` of the same step (like F2) then read what a synapse could not
    /// know at t. Without a leak (α = 1) nothing passes from step to step.
    Eprop,
}

names!(
    TeachingThroughTime, "teaching signal",
    Backpropagation: "bptt",
    DetachedBackpropagation: "bptt-detached",
    RandomFeedback: "random-feedback",
    Eprop: "eprop",
);

/// What δ and e of a step come from; weights are kept transposed, as B are.
pub(super) struct BackwardPaths<'t, T: Number> {
    /// To the inputs, in place of W_in.
    pub(super) input: State<'t, T>,
    /// From the step after, in place of W_rec.
    pub(super) recurrent: Option<State<'t, T>>,
    /// From the outputs, in place of W_out.
    pub(super) output: State<'t, T>,
}

/// Teaching signals of one sequence of T steps.
#[derive(Debug)]
pub struct TaughtSequence<'t, T: Number> {
    /// e_1..e_T of the hidden units, `[n]` each.
    pub hidden: Vec<Var<'t, T>>,
    /// `y_t − target_t`, for the last step or each.
    pub outputs: Vec<Var<'t, T>>,
}

impl TeachingThroughTime {
    /// Shapes `[post, pre]` of the matrices that the feedback has of its own: those of W_in, W_rec and W_out, or
    /// none. E-prop does not look at that of W_rec.
    #[must_use]
    pub fn shapes(self, architecture: &RecurrentArchitecture) -> Vec<[usize; 2]> {
        match self {
            TeachingThroughTime::Backpropagation | TeachingThroughTime::DetachedBackpropagation => {
                Vec::new()
            }
            TeachingThroughTime::RandomFeedback | TeachingThroughTime::Eprop => {
                architecture.shapes().to_vec()
            }
        }
    }

    /// Random matrices for the feedback, drawn as [weights](Pathway::uniform_of) are.
    #[must_use]
    pub fn draw<T: Number>(
        self,
        architecture: &RecurrentArchitecture,
        rng: &mut dyn Rng,
    ) -> Pathway<T> {
        Pathway::uniform_of(&self.shapes(architecture), rng)
    }
}

impl<'t, T: Number> RecurrentNetwork<'t, T> {
    pub(super) fn backward_paths(&self) -> BackwardPaths<'t, T> {
        self.paths_of(self.teaching)
    }

    /// The paths of other teaching signals, which need no matrices that the network does not have.
    pub(super) fn paths_of(&self, teaching: TeachingThroughTime) -> BackwardPaths<'t, T> {
        let weights = match teaching {
            TeachingThroughTime::DetachedBackpropagation => self.weights.map(|w| w.detached()),
            _ => self.weights,
        };
        let feedback = self.feedback.filter(|_| teaching == self.teaching);
        let [input, recurrent, output] = feedback.unwrap_or(weights);
        let through_units = teaching != TeachingThroughTime::Eprop;
        BackwardPaths {
            input,
            recurrent: through_units.then_some(recurrent),
            output,
        }
    }

    /// The teaching signals of a sequence with a target, `[outputs]`, for each of its outputs.
    ///
    /// # Panics
    /// When there is not one target for each output, of its size.
    #[track_caller]
    #[must_use]
    pub fn teach(
        &self,
        pass: &SequencePass<'t, T>,
        targets: &[Var<'t, T>],
    ) -> TaughtSequence<'t, T> {
        self.teach_by(&self.backward_paths(), pass, targets)
    }

    #[track_caller]
    pub(super) fn teach_by(
        &self,
        paths: &BackwardPaths<'t, T>,
        pass: &SequencePass<'t, T>,
        targets: &[Var<'t, T>],
    ) -> TaughtSequence<'t, T> {
        assert_eq!(
            targets.len(),
            pass.outputs.len(),
            "recurrent network: targets, outputs"
        );
        let pairs = pass.outputs.iter().zip(targets);
        let outputs: Vec<Var<'t, T>> = pairs.map(|(&y, &target)| y - target).collect();
        let leak = self.architecture.leak();
        let steps = pass.inputs.len();
        let first_read = pass.read_at(0);
        let mut hidden = vec![self.rest; steps];
        // δ and e of the step after, where anything comes back from it.
        let mut after: Option<(Var<'t, T>, Var<'t, T>)> = None;
        for t in (0..steps).rev() {
            let read = t.checked_sub(first_read).map(|place| outputs[place]);
            let from_output = read.map(|error| paths.output.matvec(error));
            let kept = after.filter(|_| leak < 1.0);
            let kept = kept.map(|(delta, _)| delta * (1.0 - leak));
            let back = after.zip(paths.recurrent);
            let back = back.map(|((_, error), recurrent)| recurrent.matvec(error));
            let sum = [from_output, kept, back].into_iter().flatten();
            after = sum.reduce(|a, b| a + b).map(|delta| {
                let error = self.architecture.times_slope(delta, pass.activations[t]);
                let error = match leak {
                    1.0 => error,
                    _ => error * leak,
                };
                hidden[t] = error;
                (delta, error)
            });
        }
        TaughtSequence { hidden, outputs }
    }
}
