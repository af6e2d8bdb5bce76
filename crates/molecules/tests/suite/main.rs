//! The tests of the crate.

mod experiments;
mod fixtures;
mod gradients;
mod graphs;
mod models;
mod penalties;
mod scattering;
mod smiles;
