//! Predictive coding on a chain of layers, beside the gradient of backpropagation.
//!
//! A [`Chain`] has layers f_1 to f_L, each a function of a batch of rows and of its own parameters.
//! Its forward pass is v̂_0 = x, v̂_l = f_l(v̂_(l−1); θ_l), and a [`Loss`] measures v̂_L against a
//! [`Target`]. A [`Method`] finds an error ε_l for each layer and gives an [`Inference`], whose
//! gradient, to be descended, is local to each layer:
//!
//! ```text
//! dθ_l = (∂f_l/∂θ_l at input u_(l−1))ᵀ ε_l
//! ```
//!
//! | method | errors | gradient |
//! |---|---|---|
//! | [`Method::Exact`] | backpropagation's δ_l | backpropagation's |
//! | [`FixedPrediction`] | relax with Jacobians of the forward pass | backpropagation's times a [known factor](fixed_prediction_factor) a layer |
//! | [`Strict`] | relax by descent on the energy | that of the energy; nears backpropagation's as the loss becomes small |
//! | [`Method::ZeroDivergence`] | Strict's at η = 1, as the front passes | backpropagation's |
//!
//! | wanted | take |
//! |---|---|
//! | what the paper's code returns, or its published figures | [`Strict::as_released`], [`Strict::as_published`] |
//! | quicker rest | [`Strict::solver`]: momentum, sweeps, error coordinates |
//! | rest, and not a number of steps | [`Strict::stop`], [`Inference::unrest`] |
//! | a step size that holds | [`stable_eta`], [`Strict::halving`] |
//! | backpropagation's gradient from Strict | [`Strict::nudge`] with a small strength, best [centred](Nudge::Centred) |
//! | weights that move at every inference step | [`Strict::incremental`] with [`train_step`] |
//! | depth | [`mu_pc`], [`Skip`] |
//! | beliefs on pre-activations | [`Dense::after`] |
//! | a layer of one's own | [`Block::new`] with a closure, or [`Layer`] |
//! | a comparison with backpropagation | [`compare`], [`Agreement`], [`target_alignment`] |
//! | teaching signals for a plasticity rule, and meta-gradients through them | [`feedback`] |
//!
//! Cost: in closed form fixed-prediction inference is one backward pass. A Strict iteration is a
//! forward pass and the input's products of all layers but the first, whose weights are touched
//! twice in all. Memory is flat in the number of iterations.
//!
//! The methods are those of R. Rosenbaum, *On the relationship between predictive coding and
//! backpropagation*, PLoS ONE 17(3):e0266102, 2022, after Whittington & Bogacz 2017 and Millidge,
//! Tschantz & Buckley 2020. What else is taken from where is said at each item.

mod accuracy;
mod alignment;
mod chain;
mod comparison;
mod error;
pub mod experiments;
mod factor;
pub mod feedback;
pub mod images;
mod inference;
mod instances;
pub mod layer;
mod loss;
mod method;
mod mu_pc;
pub mod nets;
mod stability;
mod train;

pub use metaplast_autodiff::optim;

pub use accuracy::accuracy;
pub use alignment::target_alignment;
pub use chain::Chain;
pub use comparison::{Agreement, compare};
pub use error::PredictiveError;
pub use factor::fixed_prediction_factor;
pub use inference::{ErrorsAt, Inference, InputsAt};
pub use layer::{Activation, Block, Dense, Layer, ParameterGradients, Part, Skip, Wanted};
pub use loss::{Loss, LossKind, Reduction, Target};
pub use method::{FixedPrediction, Method, Nudge, Solver, Stop, Strict};
pub use mu_pc::mu_pc;
pub use stability::stable_eta;
pub use train::train_step;

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
