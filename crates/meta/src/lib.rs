//! Meta-learning of plasticity rules: episodes, their gradients, training and evaluation.
//!
//! An *episode* is a fresh random network that learns a few-shot task online, one support image at
//! a time, by a rule with coefficients θ, and is then evaluated on the query images. The *meta-loss*
//! is the mean query cross-entropy plus `λ ‖θ‖₁`; its gradient with respect to θ flows back through
//! all online steps, and a *meta-optimiser* moves θ before the next episode
//! (Shervani-Tabar & Rosenbaum 2023).
//!
//! | module | what it holds |
//! |---|---|
//! | [`episode`] | [`Episode`], and a live one on a tape: what all others run |
//! | [`examples`] | what an episode learns from: images by number, or arrays |
//! | [`learn`] | the final weights of an episode, and their exact vector–Jacobian product |
//! | [`gradient`] | the meta-gradient: reverse with one tape or in segments, or forward |
//! | [`train`] | [`Trainer`](train::Trainer): the loop over episodes, its settings, observers and checkpoints |
//! | [`optimizer`] | meta-optimisers: Adam as published, SGD, one that is steady with the whole pool of terms, or one's own |
//! | [`evaluate`] | a finished rule on fresh tasks |
//! | [`simulate`] | online learning by a rule, with a learning curve |
//! | [`explain`] | which term moved the weights how far, and where terms cancel |
//! | [`fit`] | the rule that explains recorded weights or activity |
//! | [`soak`] | small episodes at random settings, and what must hold for each of them |
//! | [`sequences`] | the same of recurrent networks that learn from sequences |
//! | [`experiments`] | the experiments of the crate |
//! | [`tasks`] | classification, autoencoder, teacher–student, Gaussian mixture: examples for plain simulation |
//! | [`statistics`] | means, standard errors, bootstrap intervals |
//! | [`seeds`] | one seed, independent streams for every trial, episode and purpose |
//!
//! θ, losses, angles and optimisers are in f64 whatever the networks compute in. That is a
//! [`Precision`], and the functions that take one compile no tape into the program that calls them.
//!
//! The README holds a first example, and [`episode`] one of a single episode.

pub mod episode;
mod episode_network;
pub mod evaluate;
mod evaluated;
pub mod examples;
pub mod experiments;
pub mod explain;
pub mod fit;
pub mod gradient;
pub mod images;
pub mod learn;
mod normal;
pub mod optimizer;
mod precision;
pub mod query;
mod query_loss;
pub mod representation;
mod running_median;
pub mod seeds;
pub mod sequences;
mod setters;
pub mod simulate;
pub mod soak;
mod start;
pub mod tasks;
mod term_sizes;
pub mod train;

pub use metaplast_numbers::statistics;

pub use episode::{Episode, LiveEpisode};
pub use episode_network::EpisodeNetwork;
pub use precision::{Precision, UnknownPrecision};
pub use query_loss::{QueryLoss, UnknownQueryLoss};
pub use start::{Model, Start};

/// The README's example, so that it is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
