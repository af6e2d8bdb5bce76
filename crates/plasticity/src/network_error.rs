//! Errors in building networks.

use thiserror::Error;

use crate::pathway::PathwayError;

/// Why a network cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// No weights were given.
    #[error("no weights given")]
    NoWeights,
    /// Weights that do not fit the architecture.
    #[error(transparent)]
    Weights(#[from] PathwayError),
    /// Layers of a recurrent network.
    #[error("recurrent layers make a RecurrentNetwork")]
    Recurrent,
    /// States that do not fit the architecture.
    #[error("the states do not have the shapes of sizes {sizes:?}")]
    States {
        /// `n_0..n_L`
        sizes: Vec<usize>,
    },
    /// Matrices that are not those of the feedback pathway.
    #[error("{feedback} feedback: {error}")]
    Feedback {
        /// The pathway's name.
        feedback: String,
        /// What is wrong with them.
        error: PathwayError,
    },
    /// A feedback pathway through which errors of such a network do not pass.
    #[error("{feedback} feedback: {reason}")]
    Unsupported {
        /// The pathway's name.
        feedback: String,
        /// Why not, and what to choose.
        reason: String,
    },
    /// States that are not those of a feedback pathway that learns.
    #[error("{feedback} feedback: {reason}")]
    FeedbackStates {
        /// The pathway's name.
        feedback: String,
        /// What is wrong with them.
        reason: String,
    },
}
