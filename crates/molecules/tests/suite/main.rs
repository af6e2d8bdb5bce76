//! The tests of the crate.

mod fixtures;
mod gradients;
mod graphs;
mod scattering;
mod smiles;
