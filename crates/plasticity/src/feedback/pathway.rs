//! How errors travel back.

use std::fmt;
use std::str::FromStr;

use metaplast_autodiff::Var;
use metaplast_tensor::Scalar;
use rand::Rng;
use thiserror::Error;

use crate::architecture::Architecture;
use crate::network::Network;
use crate::pathway::Pathway;

/// The feedback pathway: what takes the place of `B_lᵀ e_l` in `e_(l−1) = (B_lᵀ e_l) ⊙ σ'`, for the
/// hidden layers and for the input's synthetic error `e_0`, which some terms use.
///
/// Symmetric feedback has two derivatives. *Detached* takes `B = W` as a constant in each step:
/// the meta-gradient flows through the errors and activations and not through the transport.
/// *Attached* is the true total derivative. The implementation released with the paper returns
/// neither: it swaps the storage under tensors that its autograd had saved, so that every step's
/// error propagation is differentiated with the weights of the last step.
///
/// The meta-gradient of all other kinds is the true one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feedback {
    /// Fixed random matrices: feedback alignment (Lillicrap et al. 2016).
    Fixed,
    /// `B = W`, as a constant in derivatives.
    Symmetric,
    /// `B = W`, differentiated: backpropagation.
    Attached,
    /// Fixed random matrices from the outputs to every layer, `e_(l−1) = (D_lᵀ e_L) ⊙ σ'` with `D_l`
    /// of shape `[n_L, n_(l−1)]`: direct feedback alignment (Nøkland 2016). `e_0` has a matrix of
    /// its own.
    Direct,
    /// The signs of the forward weights with fixed random magnitudes, `B_l = |B⁰_l| ⊙ sign(W_l)`, in
    /// each step anew (Liao, Leibo & Poggio 2016, "frSF"). The sign of 0 counts as plus. The signs
    /// are constant but where a weight crosses 0, so detached and attached derivatives are one.
    SignSymmetric,
    /// Feedback weights that start at random and learn as well: `B_l` changes by the pseudo-gradient
    /// and the decay of the rule, F0 and F3 with the same θ_0 and θ_3 as `W_l` (Kolen & Pollack 1994;
    /// Akrout et al. 2019). With these two terms alone `W_l − B_l` shrinks by the factor 1 − θ_3 in
    /// each step, so without F3 nothing draws them together. The meta-gradient flows through B.
    KolenPollack,
    /// Feedback weights that start at random and learn the forward weights from noise, without any
    /// teaching signal (Akrout et al. 2019): [`Network::mirror`](crate::Network::mirror) between the online steps. The
    /// meta-gradient flows through B.
    WeightMirror,
}

impl Feedback {
    /// Every kind, in the order shown to users.
    pub const ALL: [Feedback; 7] = [
        Feedback::Fixed,
        Feedback::Symmetric,
        Feedback::Attached,
        Feedback::Direct,
        Feedback::SignSymmetric,
        Feedback::KolenPollack,
        Feedback::WeightMirror,
    ];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Feedback::Fixed => "fixed",
            Feedback::Symmetric => "symmetric",
            Feedback::Attached => "attached",
            Feedback::Direct => "dfa",
            Feedback::SignSymmetric => "sign-symmetric",
            Feedback::KolenPollack => "kolen-pollack",
            Feedback::WeightMirror => "weight-mirror",
        }
    }

    /// Whether the feedback weights change while the network learns.
    pub fn learns(self) -> bool {
        matches!(self, Feedback::KolenPollack | Feedback::WeightMirror)
    }

    /// Fresh random feedback weights of the shape that this kind needs; `None` where the forward
    /// weights are all it needs.
    pub fn draw<T: Scalar, R: Rng>(
        self,
        architecture: &Architecture,
        rng: &mut R,
    ) -> Option<Pathway<T>> {
        match self {
            Feedback::Symmetric | Feedback::Attached => None,
            Feedback::Direct => Some(Pathway::uniform_direct(architecture, rng)),
            Feedback::Fixed
            | Feedback::SignSymmetric
            | Feedback::KolenPollack
            | Feedback::WeightMirror => Some(Pathway::uniform(architecture, rng)),
        }
    }
}

/// A feedback pathway of one's own, for
/// [`Network::with_own_feedback`](crate::Network::with_own_feedback).
///
/// ```
/// use metaplast_autodiff::{Tape, Var};
/// use metaplast_plasticity::{Architecture, Network, OwnFeedback, Pathway};
/// use metaplast_tensor::Scalar;
///
/// /// Backpropagation through half the weights.
/// struct Half;
///
/// impl<T: Scalar> OwnFeedback<T> for Half {
///     fn back<'t>(
///         &self,
///         network: &Network<'t, T>,
///         layer: usize,
///         error: Var<'t, T>,
///         _top: Var<'t, T>,
///     ) -> Var<'t, T> {
///         network.project_back(layer, error) * 0.5
///     }
/// }
///
/// let architecture = Architecture::new(vec![4, 5, 3])?;
/// let weights = Pathway::<f64>::from_matrices(&[
///     metaplast_tensor::Tensor::full([5, 4], 0.1),
///     metaplast_tensor::Tensor::full([3, 5], 0.1),
/// ]);
/// let tape = Tape::new();
/// let network = Network::with_own_feedback(&tape, &architecture, &weights, Half);
/// let activations = network.forward(tape.constant_with(4, |x| x.fill(1.0)));
/// assert_eq!(network.errors(&activations, 0).len(), 2);
/// # Ok::<(), metaplast_plasticity::ArchitectureError>(())
/// ```
pub trait OwnFeedback<T: Scalar> {
    /// What takes the place of `B_lᵀ e_l`, `[n_(l−1)]`, before the factor σ'.
    ///
    /// `layer` is l − 1, `error` is `e_l`, `[n_l]`, and `top` is `e_L`. For diagnostics both are
    /// batches with one sample per row, `[n, n_l]`, and so is the result.
    fn back<'t>(
        &self,
        network: &Network<'t, T>,
        layer: usize,
        error: Var<'t, T>,
        top: Var<'t, T>,
    ) -> Var<'t, T>;
}

impl fmt::Display for Feedback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A feedback name that stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "unknown feedback `{0}`; choose fixed, symmetric, attached, dfa, sign-symmetric, kolen-pollack or weight-mirror"
)]
pub struct UnknownFeedback(pub String);

impl FromStr for Feedback {
    type Err = UnknownFeedback;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Feedback::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| UnknownFeedback(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for kind in Feedback::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert!("random".parse::<Feedback>().is_err());
    }
}
