//! Tests of the crate as its users see it.

mod fixtures;
mod laws;
mod networks;
