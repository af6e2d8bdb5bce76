//! Meta-learning plasticity rules.
//!
//! An *episode* is a fresh random network that learns a few-shot task online, one support image at
//! a time, by a rule with coefficients θ, and is then examined on the query images. The *meta-loss*
//! is the mean query cross-entropy plus `λ ‖θ‖₁`; its gradient with respect to θ flows back through
//! all online steps, and a *meta-optimiser* moves θ before the next episode
//! (Shervani-Tabar & Rosenbaum 2023).
//!
//! | module | what it holds |
//! |---|---|
//! | [`learner`] | [`Learner`](learner::Learner): one episode, with gradient and diagnostics on request |
//! | [`course`] | how long episodes are, and the way to their gradient: reverse with one tape or in segments, or forward |
//! | [`segmented`] | long episodes in bounded memory |
//! | [`trainer`] | [`Trainer`](trainer::Trainer): the plain loop over episodes, a callback for each, trials in parallel |
//! | [`trial`] | where a trial stands between two episodes: all that a checkpoint must hold |
//! | [`optimizer`] | Adam as published, SGD, and one that is steady with the whole pool of terms |
//! | [`guard`] | what counts as a diverged episode, and where θ goes back to |
//! | [`divergence`] | what follows a diverged episode, and where in it the weights blew up |
//! | [`evaluate`] | a finished rule on fresh tasks |
//! | [`simulate`] | online learning by a rule, with a learning curve |
//! | [`fit`] | the rule that explains recorded weights or activity |
//! | [`statistics`] | means, standard errors, bootstrap intervals |
//! | [`seeds`] | one seed, independent streams for every trial, episode and purpose |
//!
//! θ, losses, angles and optimisers are in f64 whatever the networks compute in.
//!
//! ```
//! use std::ops::ControlFlow;
//! use metaplast_data::{Dataset, Sampling, TaskSampler};
//! use metaplast_meta::course::Course;
//! use metaplast_meta::divergence::OnDivergence;
//! use metaplast_meta::learner::Model;
//! use metaplast_meta::optimizer::OptimizerKind;
//! use metaplast_meta::trainer::{Settings, Trainer};
//! use metaplast_plasticity::{Architecture, Preset, Rule};
//!
//! let dataset = Dataset::glyphs(6, 1);
//! let sampler = TaskSampler::new(&dataset, 3, 4, 2, Sampling::Fresh)?;
//! let settings = Settings {
//!     model: Model {
//!         architecture: Architecture::new(vec![784, 12, 47])?,
//!         feedback: Preset::Bio.feedback(),
//!         rule: Rule::preset(Preset::Bio).with_theta(&[1e-3, 0.0, 0.0]),
//!     },
//!     episodes: 5,
//!     meta_batch: 1,
//!     course: Course::default(),
//!     seed: 1,
//!     lambda: 0.0,
//!     optimizer: OptimizerKind::Adam,
//!     rate: 1e-3,
//!     patience: 50,
//!     on_divergence: OnDivergence::Skip,
//! };
//! let trainer = Trainer::new(&settings, &dataset, &sampler);
//! let mut losses = Vec::new();
//! let results = trainer.run::<f32>(1, &mut |record| {
//!     losses.push(record.meta_loss);
//!     ControlFlow::Continue(())
//! })?;
//! assert_eq!(losses.len(), 5);
//! assert_ne!(results[0].theta, [1e-3, 0.0, 0.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod course;
pub mod divergence;
pub mod evaluate;
pub mod fit;
pub mod guard;
pub mod images;
pub mod learner;
mod lesson;
pub mod optimizer;
pub mod query;
mod running_median;
pub mod seeds;
pub mod segmented;
pub mod simulate;
pub mod statistics;
mod tangents;
pub mod term_sizes;
pub mod trainer;
pub mod trial;
