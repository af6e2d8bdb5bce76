//! Meta-optimisers: how θ moves along its meta-gradient.
//!
//! [`Adam`] and [`Sgd`] are those of [`metaplast_autodiff::optim`]; [`Steady`] is Adam with more
//! care. A meta-optimiser of one's own implements [`MetaOptimizer`] and enters the
//! [trainer](crate::train::Trainer), and its state a checkpoint, through [`OptimizerKind::own`].

mod adam;
mod kind;
mod meta_optimizer;
pub mod ratchet;
mod sgd;
mod state;
pub mod steady;

pub use adam::Adam;
pub use kind::{OptimizerKind, UnknownOptimizer};
pub use meta_optimizer::{Beginning, MetaOptimizer};
pub use sgd::Sgd;
pub use state::{Entry, OptimizerState, UnfitOptimizer};
pub use steady::Steady;
