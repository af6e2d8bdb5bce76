//! Reservoirs of rate units whose readouts learn by reward.

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
