//! Predictive coding on a chain of layers, beside the gradient of backpropagation.

pub mod feedback;

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
