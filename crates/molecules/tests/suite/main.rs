//! The tests of the crate.

mod fixtures;
mod graphs;
mod smiles;
