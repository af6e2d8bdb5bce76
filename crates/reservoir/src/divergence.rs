//! Divergence: a run that ran away, and at which step.

use thiserror::Error;

/// What grew beyond its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WatchedQuantity {
    /// The size of an output.
    Output,
    /// The Frobenius norm of the mastery pathway's weights.
    MasteryWeights,
    /// The Frobenius norm of the exploratory pathway's weights.
    ExploratoryWeights,
}

impl std::fmt::Display for WatchedQuantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            WatchedQuantity::Output => "|z|",
            WatchedQuantity::MasteryWeights => "‖W1‖",
            WatchedQuantity::ExploratoryWeights => "‖W2‖",
        })
    }
}

/// A run diverged.
///
/// The error of a movement does not show it: an arm's hand stays within its reach while weights and
/// outputs grow without bound. So outputs and weights are watched themselves.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
#[error(
    "diverged at step {step}: {quantity} is {value:.3e}, beyond {limit}; a smaller rate or a limit in the rule's steadiness may help"
)]
#[non_exhaustive]
pub struct Diverged {
    /// The step, counted from 1.
    pub step: u64,
    /// What grew.
    pub quantity: WatchedQuantity,
    /// How large it was, perhaps infinite or not a number.
    pub value: f64,
    /// The limit.
    pub limit: f64,
}

impl Diverged {
    /// An error when a value is beyond its limit or not a number.
    pub(crate) fn check(
        step: u64,
        quantity: WatchedQuantity,
        value: f64,
        limit: f64,
    ) -> Result<(), Diverged> {
        if value <= limit {
            return Ok(());
        }
        Err(Diverged {
            step,
            quantity,
            value,
            limit,
        })
    }
}
