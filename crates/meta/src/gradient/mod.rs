//! The meta-gradient: the derivative of an episode's query loss with respect to θ, in several ways.
//!
//! | [`GradientMode`] | how | memory | time |
//! |---|---|---|---|
//! | reverse, [`Unroll::Tape`] | one recording; the sweep undoes the updates of the weights | the vectors of every step | about three plain episodes |
//! | reverse, [`Unroll::Segments`] | checkpoints, from which segments are recorded again | bounded | one more episode for each replay |
//! | forward | tangents by all coefficients, carried along | a few weight matrices | grows with the number of coefficients |
//!
//! [`run`] runs one episode; an [`EpisodeRunner`] runs many of them on one tape, in numbers of one's
//! own; [`compare`] holds the ways against each other.

pub mod compare;
mod estimate;
mod forward;
mod mode;
mod outcome;
mod runner;
mod segments;
mod tape;

pub use estimate::{estimate, least_bytes};
pub use mode::{GradientMode, Segments, UnknownUnroll, Unroll, Within};
pub use outcome::{Ask, Outcome};
pub use runner::{EpisodeRunner, run};
pub use segments::{Fitting, TooSmall, fitting};
