//! Likelihoods of weights, given the truth of the open atoms.

mod ascent;
mod binary;
mod conditional;
mod gauss;
mod penalty;
mod piecewise;
mod pseudolikelihood;

pub use binary::BinaryLikelihood;
pub use conditional::TruthValues;
pub use penalty::WeightPenalty;
pub use piecewise::{FittedWeight, PiecewiseLikelihood, RuleLikelihood};
pub use pseudolikelihood::{JointFit, Pseudolikelihood, WeightLikelihood};
