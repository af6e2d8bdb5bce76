//! Coefficients θ on a tape.

use metaplast_autodiff::Var;
use metaplast_tensor::Scalar;

/// A coefficient θ on a tape, and its negative, made once per episode.
#[derive(Clone, Copy, Debug)]
pub struct Coefficient<'t, T: Scalar> {
    /// θ
    pub plus: Var<'t, T>,
    /// −θ
    pub minus: Var<'t, T>,
}

impl<'t, T: Scalar> Coefficient<'t, T> {
    /// From a rank-0 variable.
    #[must_use]
    pub fn new(theta: Var<'t, T>) -> Self {
        Coefficient {
            plus: theta,
            minus: -theta,
        }
    }
}
