//! Feedback alignment for low-rank matrix factorisation, with its exact laws and limits.
//!
//! The setting is that of S. Garg and S. S. Vempala, *How and when random feedback works: a case study of
//! low-rank matrix factorization*, AISTATS 2022 (PMLR 151:4070, arXiv 2111.08706). A matrix Y is to be
//! written as a product Z W; gradient descent sends the error to W through Zᵀ, *feedback alignment*
//! through the transpose of a random, fixed matrix B:
//!
//! ```text
//! E = Y − Z W       Z ← Z + η E Wᵀ       W ← W + η Zᵀ E  (gradient descent)
//!                                        W ← W + η Bᵀ E  (feedback alignment)
//! ```
//!
//! It is the two-layer linear network with isotropic inputs, and small enough for exact statements: what
//! is conserved, where learning ends, and how far that is from the optimum. Of the article only the
//! abstract was at hand; the laws F1 to F7 are derived here and checked by the tests.
//!
//! | job | items |
//! |---|---|
//! | what is to be learned | [`TargetMatrix`], [`InputBatch`], [`FactorisationProblem`]; [`spectrum`] |
//! | what learns | [`Factors`], [`Factorisation`], [`FactorisationMethod`] |
//! | how errors come back | [`random_backward`], [`power_sketch`], [`BackwardLearning`] |
//! | what is seen of it | [`FactorisationRecord`] |
//! | laws of every step | [`AlignmentLaw`], [`BalanceLaw`] (F1), [`LeastSquaresLaws`], [`angle_after`] (F7) |
//! | where it ends | [`SketchLimit`] (F2), [`separation_ratio`] (F3) |
//! | as a network of `metaplast-plasticity` | [`LinearNetwork`] (F5) |
//! | the experiment | [`experiments`] |

mod alignment;
mod backward;
pub mod experiments;
mod factorisation;
mod factors;
mod laws;
mod limit;
pub mod linear_algebra;
mod method;
mod network;
mod problem;
pub mod spectrum;

pub use alignment::FactorisationRecord;
pub use backward::{BackwardLearning, power_sketch, random_backward};
pub use factorisation::Factorisation;
pub use factors::Factors;
pub use laws::{AlignmentLaw, BalanceLaw, LeastSquaresLaws, angle_after};
pub use limit::{SketchLimit, separation_ratio};
pub use method::FactorisationMethod;
pub use network::LinearNetwork;
pub use problem::{FactorisationProblem, InputBatch, TargetMatrix};

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
