//! The tests of the crate.

mod backward;
mod convergence;
mod experiments;
mod fixtures;
mod gradients;
mod laws;
mod limits;
mod linear_algebra;
mod networks;
mod runs;
