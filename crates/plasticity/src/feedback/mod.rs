//! Feedback pathways: how errors travel back.
//!
//! A pathway is what takes the place of `B_lᵀ e_l` in `e_(l−1) = (B_lᵀ e_l) ⊙ σ'`, for the hidden
//! layers and for the input's synthetic error `e_0`, which some terms use. Each is one file that
//! implements [`FeedbackPathway`](crate::FeedbackPathway), and one line in the table below.

use crate::feedback::handle::feedbacks;

pub(crate) mod alignment;
mod direct;
mod eprop;
mod fixed;
pub(crate) mod handle;
pub(crate) mod information;
mod kolen_pollack;
pub(crate) mod noise;
pub(crate) mod on_tape;
pub(crate) mod online_step;
pub(crate) mod pathway;
mod sign_symmetric;
mod symmetric;
pub(crate) mod teaching;
mod weight_mirror;

pub use handle::Feedback;
pub use noise::random;
pub use weight_mirror::RATE as MIRROR_RATE;

feedbacks! {
    /// Fixed random matrices: feedback alignment (Lillicrap et al. 2016).
    fixed: fixed::Fixed;
    /// `B = W`, as a constant in derivatives.
    ///
    /// Symmetric feedback has two derivatives. *Detached*, this one, takes `B = W` as a constant in
    /// each step: the meta-gradient flows through the errors and activations and not through the
    /// matrices. [*Attached*](Feedback::attached) is the true total derivative. The implementation
    /// released with the paper returns neither: it swaps the storage under tensors that its autograd
    /// had saved, so that every step's error propagation is differentiated with the weights of the
    /// last step. The meta-gradient of all other kinds is the true one.
    symmetric: symmetric::Symmetric { detached: true };
    /// `B = W`, differentiated: backpropagation.
    attached: symmetric::Symmetric { detached: false };
    /// Fixed random matrices from the outputs to every layer, `e_(l−1) = (D_lᵀ e_L) ⊙ σ'` with `D_l`
    /// of shape `[n_L, n_(l−1)]`: direct feedback alignment (Nøkland 2016). `e_0` has a matrix of
    /// its own.
    direct: direct::Direct;
    /// The signs of the forward weights with fixed random magnitudes, `B_l = |B⁰_l| ⊙ sign(W_l)`, in
    /// each step anew (Liao, Leibo & Poggio 2016, "frSF"). The sign of 0 counts as plus. The signs
    /// are constant but where a weight crosses 0, so detached and attached derivatives are one.
    sign_symmetric: sign_symmetric::SignSymmetric;
    /// Feedback weights that start at random and learn as well: `B_l` changes by the pseudo-gradient
    /// and the decay of the rule, F0 and F3 with the same θ_0 and θ_3 as `W_l` (Kolen & Pollack 1994;
    /// Akrout et al. 2019). With these two terms alone `W_l − B_l` shrinks by the factor 1 − θ_3 in
    /// each step, so without F3 nothing draws them together. The meta-gradient flows through B.
    kolen_pollack: kolen_pollack::KolenPollack;
    /// Feedback weights that start at random and learn the forward weights from noise between the
    /// online steps, without any teaching signal (Akrout et al. 2019, "mirror mode"): the units
    /// before each layer fire noise ξ, those behind it answer `r = W_l ξ`, and the feedback weights
    /// learn by Hebb's rule with decay,
    ///
    /// ```text
    /// B_l ← (1 − η) B_l + η (W_l ξ) ξᵀ          η = MIRROR_RATE, E[ξ ξᵀ] = 1
    /// ```
    ///
    /// so that they approach `W_l` in the mean. The meta-gradient flows through B.
    weight_mirror: weight_mirror::WeightMirror;
    /// Feedback weights that start at random and learn from the answers `W_l x` of the forward weights
    /// after each online step, by [`InformationAlignment`](crate::InformationAlignment) with its
    /// default parameters (Kunin et al. 2020). The meta-gradient flows through B.
    information: information::Information::of(information::InformationAlignment::default());
    /// Fixed random matrices, through which nothing goes back from one recurrent unit to another (Bellec et al.
    /// 2020): in recurrent networks alone, see [`TeachingThroughTime::Eprop`](crate::TeachingThroughTime::Eprop).
    eprop: eprop::Eprop;
}
