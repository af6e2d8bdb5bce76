//! Evaluation of one episode: how its network did on the query examples.

use std::fmt;

use metaplast_autodiff::Var;
use metaplast_plasticity::Number;

use crate::gradient::Outcome;
use crate::query::{Diagnostics, QueryScore};
use crate::query_loss::QueryLoss;

/// How a network did on the query images.
pub struct Evaluated<'t, T: Number> {
    /// Loss and accuracy.
    pub query: QueryScore,
    /// Angles, orthonormality errors and norms, where they were asked for.
    pub diagnostics: Option<Diagnostics>,
    /// The [query loss](crate::Episode::query_loss), rank 0, on the tape.
    pub loss: Var<'t, T>,
    pub(crate) query_loss: QueryLoss,
}

impl<'t, T: Number> Evaluated<'t, T> {
    /// With the gradient by these coefficients, where some are given and the loss is finite.
    pub(crate) fn into_outcome(self, theta: Option<&[Var<'t, T>]>) -> Outcome {
        let loss = self.told();
        let gradient = theta.filter(|_| loss.is_finite()).map(|theta| {
            let gradients = self.loss.backward();
            let wrt = |&theta| gradients.wrt(theta).item().to_f64();
            theta.iter().map(wrt).collect()
        });
        Outcome {
            query: self.query,
            loss,
            gradient,
            diagnostics: self.diagnostics,
        }
    }

    /// The loss as it is told; of the cross-entropy as it is computed in f64.
    pub(crate) fn told(&self) -> f64 {
        match self.query_loss {
            QueryLoss::CrossEntropy => self.query.cross_entropy,
            _ => self.loss.item().to_f64(),
        }
    }
}

impl<T: Number> fmt::Debug for Evaluated<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluated")
            .field("query", &self.query)
            .field("diagnostics", &self.diagnostics)
            .finish_non_exhaustive()
    }
}
