//! The tests of the crate.

mod feedback;
