//! Correlation of the units of a layer.

use metaplast_autodiff::Var;
use metaplast_plasticity::Number;

/// Added to each variance, so that a unit that is always silent is correlated with none.
const EPSILON: f64 = 1e-6;

/// The mean squared correlation of two units, of activity `[n, units]`; 0 of a single unit.
pub(super) fn loss<T: Number>(y: Var<'_, T>) -> Var<'_, T> {
    let [examples, units] = *y.shape().dims() else {
        unreachable!("one example in each row")
    };
    let centred = y - y.mean_axes(&[0], true);
    let variance = (centred * centred).mean_axes(&[0], true);
    let standard = centred * (variance + EPSILON).sqrt().powi(-1);
    let correlations = standard.transpose().matmul(standard) * (1.0 / examples as f64);
    let own = (standard * standard).mean_axes(&[0], false);
    let pairs = (units * units.saturating_sub(1)).max(1);
    ((correlations * correlations).sum() - own.dot(own)) * (1.0 / pairs as f64)
}
