//! Sparseness of the activity of a layer.

use metaplast_autodiff::Var;
use metaplast_plasticity::Number;

/// Added to the mean square, so that a silent layer is sparse.
const EPSILON: f64 = 1e-6;

/// The mean over examples of the squared mean over the mean square, of activity `[n, units]`.
pub(super) fn loss<T: Number>(y: Var<'_, T>) -> Var<'_, T> {
    let mean = y.mean_axes(&[1], false);
    let square = (y * y).mean_axes(&[1], false);
    (mean * mean * (square + EPSILON).powi(-1)).mean()
}
