//! The tests of the crate.

mod experiments;
mod game;
mod grammar;
mod landscape;
