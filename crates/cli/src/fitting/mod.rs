//! Fits on the command line: which terms to try, and what is said of the result.

pub(crate) mod candidates;
pub(crate) mod json;
pub(crate) mod progress;
pub(crate) mod tables;
