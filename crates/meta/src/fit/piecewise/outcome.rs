//! Outcomes of a piecewise fit.

use metaplast_plasticity::RuleError;
use thiserror::Error;

use crate::fit::{FitError, Fitted};
use crate::start::Model;

/// What the candidates explain.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PiecewiseFit {
    /// The numbers of the candidates that were chosen, ascending.
    pub chosen: Vec<usize>,
    /// The kept and the chosen terms with the memories, and the coefficients of `fitted`.
    pub model: Model,
    /// The joint fit of these terms.
    pub fitted: Fitted,
    /// Each candidate beside the kept terms, alone.
    pub alone: Vec<AloneFit>,
    /// For each of the chosen, which other candidates would do as well.
    pub rivals: Vec<Rivals>,
    /// How often the columns of all candidates were computed.
    pub rounds: usize,
    /// Sets that were compared by their cached columns.
    pub sets: u64,
    /// Recorded numbers that the search looked at.
    pub elements: usize,
}

/// A candidate beside the kept terms, alone, to first order around a network that does not learn, on the first
/// quarter of the steps.
#[derive(Clone, Debug, PartialEq)]
pub struct AloneFit {
    /// Its coefficient, or one for each layer; empty where it leaves no trace or is not finite.
    pub theta: Vec<f64>,
    /// The part of what learning changed that it explains.
    pub r_squared: f64,
}

/// Candidates that would do instead of a chosen one.
#[derive(Clone, Debug, PartialEq)]
pub struct Rivals {
    /// The number of the chosen candidate.
    pub chosen: usize,
    /// Those whose effect on the recorded numbers is a multiple of the chosen one's: they cannot be told from
    /// it.
    pub same: Vec<usize>,
    /// Those that in its place explain the recording about as well, to first order: the evidence against them
    /// is below the 10 of 2 ln of the odds that Kass & Raftery (1995) call very strong.
    pub close: Vec<usize>,
}

/// Why there is no piecewise fit.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum PiecewiseError {
    /// Nothing to choose from.
    #[error("no candidate terms")]
    NoCandidates,
    /// Terms that cannot be in one rule.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// Recordings that cannot be fitted.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// No candidate explains anything.
    #[error("no candidate explains what was learned; give others, or a memory")]
    NothingExplained,
}
