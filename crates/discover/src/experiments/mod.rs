//! The experiments: subsets of the pool as a landscape, and rules found from nothing.

mod discover;
mod followed;
mod list;
mod pool_subsets;
mod setup;

use metaplast_experiment::Experiment;

pub use discover::Discovery;

/// All experiments that are called by name, in the order shown to users.
#[must_use]
pub fn all() -> Vec<Box<dyn Experiment>> {
    vec![Box::new(pool_subsets::PoolSubsetsExperiment)]
}
