//! The tests of the crate.

mod experiments;
mod fixtures;
mod laws;
mod least_squares;
mod recorded;
mod runs;
mod schedules;
