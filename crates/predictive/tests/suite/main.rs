//! Tests of the crate from outside, a module for each subject.
//!
//! Programs of their own are those that count allocations, since the counter is the allocator of
//! the whole program.

mod facts;
mod feedback;
mod fixtures;
mod methods;
mod nets;
