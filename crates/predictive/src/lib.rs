//! Predictive coding on a chain of layers, beside the gradient of backpropagation.

mod alignment;
mod chain;
mod comparison;
mod error;
pub mod experiments;
mod factor;
mod inference;
pub mod layer;
mod loss;
mod method;
mod mu_pc;
mod stability;
mod train;

pub use alignment::target_alignment;
pub use chain::Chain;
pub use comparison::{Agreement, compare};
pub use error::PredictiveError;
pub use factor::fixed_prediction_factor;
pub use inference::{ErrorsAt, Inference, InputsAt};
pub use layer::{Activation, Block, Dense, Layer, Part, Skip};
pub use loss::{Loss, LossKind, Reduction, Target};
pub use method::{FixedPrediction, Method, Nudge, Solver, Stop, Strict};
pub use mu_pc::mu_pc;
pub use stability::stable_eta;
pub use train::train_step;

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
