//! The meta-gradient: the derivative of an episode's query loss with respect to θ, in several ways.
//!
//! | [`GradientMode`] | how | memory | time |
//! |---|---|---|---|
//! | reverse, [`Unroll::Tape`] | one recording; the sweep undoes the updates of the weights | the vectors of every step | about three plain episodes |
//! | reverse, [`Unroll::Segments`] | checkpoints, from which segments are recorded again | bounded | one more episode for each replay |
//! | [`Gram`](GradientMode::Gram) | one recording, with the first layer as what it makes of the episode's inputs | the vectors of every step | about two plain episodes, less for large images |
//! | [`Truncated`](GradientMode::Truncated) | one recording of the last steps; not the gradient, but a part of it | the vectors of these steps | one plain episode, and about twice these steps |
//! | [`Evolution`](GradientMode::Evolution) | losses of perturbed coefficients; an estimate with noise | a few weight matrices for each thread | `2 pairs + 1` plain episodes |
//! | forward | tangents by all coefficients, carried along | a few weight matrices | grows with the number of coefficients |
//!
//! Reverse mode, with or without Gram matrix, and forward mode give the same, exact, gradient. The other two are for unrolls beyond its use:
//! so long that the gradient explodes or takes too much time or memory. [`Bias`] measures how far they
//! are from it.
//!
//! [`run`] runs one episode; an [`EpisodeRunner`] runs many of them on one tape, in numbers of one's
//! own; [`compare`] holds the ways against each other.

mod bias;
pub mod compare;
mod estimate;
mod evolution;
mod forward;
pub mod gram;
mod mode;
mod outcome;
mod runner;
mod segments;
mod tape;

pub use bias::Bias;
pub use estimate::{estimate, least_bytes};
pub use mode::{Evolution, GradientMode, Segments, UnknownUnroll, Unroll, Within};
pub use outcome::{Ask, Outcome};
pub use runner::{EpisodeRunner, run};
pub use segments::{Fitting, TooSmall, fitting};
pub(crate) use tape::episode as run_on_tape;
