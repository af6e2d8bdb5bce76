//! Activations of hidden units, and their slopes expressed by the activity.

use metaplast_autodiff::Var;
use metaplast_tensor::Scalar;

use crate::names::names;

/// How the activity of hidden units comes from what goes into them.
///
/// Teaching signals contain the slope φ', which is expressed by the activity, so that a unit needs to know
/// no more than its own. That of the input's synthetic teaching signal is the same expression of `y_0`.
///
/// ```
/// use metaplast_plasticity::{Activation, Architecture};
///
/// let architecture = Architecture::new(vec![4, 5, 3])?.with_activation(Activation::Tanh);
/// assert_eq!(architecture.activation().to_string(), "tanh");
/// assert_eq!("relu".parse(), Ok(Activation::Relu));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activation {
    /// `y = ln(1 + exp(βz))/β`, as in the paper; `φ' = 1 − exp(−βy)`.
    #[default]
    Softplus,
    /// `y = max(z, 0)`; `φ'` is 1 where y > 0, else 0.
    Relu,
    /// `y = tanh(z)`; `φ' = 1 − y²`.
    Tanh,
}

names!(Activation, "activation", Softplus: "softplus", Relu: "relu", Tanh: "tanh");

impl Activation {
    /// `φ(z)`
    pub(crate) fn apply<T: Scalar>(self, z: Var<'_, T>, beta: f64) -> Var<'_, T> {
        match self {
            Activation::Softplus => z.softplus(beta),
            Activation::Relu => z.relu(),
            Activation::Tanh => z.tanh(),
        }
    }

    /// Whether a unit without activity has a slope, so that what comes back to it matters.
    pub(crate) fn has_slope_at_zero(self) -> bool {
        match self {
            Activation::Softplus | Activation::Relu => false,
            Activation::Tanh => true,
        }
    }

    /// `x ⊙ φ'`, with the slope expressed by the activity `y`.
    #[track_caller]
    pub(crate) fn times_slope<'t, T: Scalar>(
        self,
        x: Var<'t, T>,
        y: Var<'t, T>,
        beta: f64,
    ) -> Var<'t, T> {
        match self {
            Activation::Softplus => x.times_softplus_slope(y, beta),
            Activation::Relu => x * y.sign().relu(),
            Activation::Tanh => x - x * y.square(),
        }
    }
}
