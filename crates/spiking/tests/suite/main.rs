//! The tests of the crate.

mod encoder;
mod experiments;
mod fixtures;
mod gradients;
mod learning;
mod networks;
mod plastic;
mod speech;
mod surrogates;
