//! Norm of the weights.

use metaplast_autodiff::Var;
use metaplast_plasticity::{Network, Number};

/// The mean square of all weights.
pub(super) fn loss<'t, T: Number>(network: &Network<'t, T>) -> Var<'t, T> {
    let squares = network.states().iter().map(|state| {
        let w = state.read();
        (w * w).sum()
    });
    let sum = squares.reduce(|a, b| a + b).expect("a layer of weights");
    sum * (1.0 / network.architecture().weights() as f64)
}
