//! Synapses between two groups of neurons on a tape, whatever keeps their weights.

use metaplast_autodiff::{State, Var};
use metaplast_tensor::Scalar;

/// A matrix of weights from so many neurons to others.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Synapses<'t, T: Scalar> {
    /// A value that stays, `[post, pre]`.
    Value(Var<'t, T>),
    /// A state that rules of plasticity change, kept transposed: `[pre, post]`.
    Plastic(State<'t, T>),
}

impl<'t, T: Scalar> Synapses<'t, T> {
    /// The currents W x. Of a value, x is `[batch, pre]`; of a state it may be `[pre]` as well.
    #[track_caller]
    pub(crate) fn currents(self, x: Var<'t, T>) -> Var<'t, T> {
        match self {
            Synapses::Value(weights) => x.matmul_transposed(weights),
            Synapses::Plastic(state) if x.rank() == 1 => state.matvec_transposed(x),
            Synapses::Plastic(state) => state.matvec_transposed_rows(x),
        }
    }

    /// What is no matrix of weights is a value always.
    #[track_caller]
    pub(crate) fn value(self) -> Var<'t, T> {
        match self {
            Synapses::Value(value) => value,
            Synapses::Plastic(_) => panic!("recorded network: a vector of parameters as a state"),
        }
    }
}
