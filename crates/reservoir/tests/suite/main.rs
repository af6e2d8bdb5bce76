//! The tests of the crate.

mod fixtures;
