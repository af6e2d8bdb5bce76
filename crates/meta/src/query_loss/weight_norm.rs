//! Norm of the weights.

use metaplast_autodiff::{State, Var};
use metaplast_plasticity::Number;

/// The mean square of all weights.
pub(super) fn loss<'t, T: Number>(weights: &[State<'t, T>]) -> Var<'t, T> {
    let squares = weights.iter().map(|state| {
        let w = state.read();
        (w * w).sum()
    });
    let sum = squares.reduce(|a, b| a + b).expect("a layer of weights");
    let count: usize = weights.iter().map(|w| w.shape().len()).sum();
    sum * (1.0 / count as f64)
}
