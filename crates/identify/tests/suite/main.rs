//! Tests of the crate as its users see it.

mod checks;
mod fixtures;
mod laws;
mod networks;
