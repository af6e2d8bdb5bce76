//! Tests of the crate from outside, a module for each subject.
//!
//! Programs of their own are those that count allocations, since the counter is the allocator of
//! the whole program.

mod digits;
mod laws;
mod maml;
mod missing_tools;
mod operators;
mod scan;
mod used_tapes;
