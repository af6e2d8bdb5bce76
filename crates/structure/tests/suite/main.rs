//! The tests of the crate.

mod experiments;
mod fixtures;
mod grounding;
mod likelihoods;
mod optima;
mod planted;
mod searches;
mod stability;
