//! The tests of the crate.

mod fixtures;
mod games;
mod landscapes;
mod resume;
mod retention;
