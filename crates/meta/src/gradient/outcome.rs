//! Outcomes: what an episode is asked for, and what it answers.

use crate::query::{Diagnostics, QueryScore};

/// What an episode is asked for beside the query score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// The gradient of the query loss with respect to θ.
    pub gradient: bool,
    /// Alignment angles, orthonormality errors and weight norms.
    pub diagnostics: bool,
}

impl Ask {
    /// Nothing but the query score.
    pub const SCORE: Ask = Ask {
        gradient: false,
        diagnostics: false,
    };
    /// The gradient.
    pub const GRADIENT: Ask = Ask {
        gradient: true,
        diagnostics: false,
    };
    /// Everything.
    pub const ALL: Ask = Ask {
        gradient: true,
        diagnostics: true,
    };
}

/// How an episode ended.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// Cross-entropy and accuracy on the query images, with the final weights.
    pub query: QueryScore,
    /// The [query loss](crate::Episode::query_loss), which is the cross-entropy unless another was asked for.
    pub loss: f64,
    /// `∂ query loss / ∂θ`, through all online steps; `None` when it was not asked for or
    /// the loss is not finite.
    pub gradient: Option<Vec<f64>>,
    /// What else was asked for.
    pub diagnostics: Option<Diagnostics>,
}

impl Outcome {
    /// From its parts, as those of an episode that another process has run; its loss is the cross-entropy.
    #[must_use]
    pub fn new(
        query: QueryScore,
        gradient: Option<Vec<f64>>,
        diagnostics: Option<Diagnostics>,
    ) -> Self {
        Outcome {
            query,
            loss: query.cross_entropy,
            gradient,
            diagnostics,
        }
    }

    /// The same with another query loss.
    #[must_use]
    pub fn with_loss(self, loss: f64) -> Self {
        Outcome { loss, ..self }
    }
}
