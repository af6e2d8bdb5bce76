//! Numbers of experiments: random streams, means with their uncertainty, and digits for people.
//!
//! | module | what it holds |
//! |---|---|
//! | [`streams`] | many independent random streams from one seed, the same on every platform |
//! | [`statistics`] | means, standard errors, bootstrap intervals |
//! | [`estimate`] | a mean with its interval, as tables and figures show it |
//! | [`sorting`] | stable sorts by one routine for all types |
//! | [`digits`] | numbers as people read them, however large or small |

pub mod digits;
pub mod estimate;
pub mod sorting;
pub mod statistics;
pub mod streams;

pub use estimate::Estimate;
pub use streams::uniform_index;

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
