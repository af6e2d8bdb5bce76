//! Meta-training: episodes one after the other, θ moving between them.
//!
//! A [`Trainer`] runs trials by [`TrainSettings`] and tells an [`Observer`] of every episode. What
//! remains of a trial between two episodes is its [`TrialState`]. A [`Guard`] keeps diverging episodes
//! from ruining a run, and [`locate`] finds the update with which one diverged.
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use metaplast_data::{Dataset, Sampling, TaskSampler};
//! use metaplast_meta::Model;
//! use metaplast_meta::optimizer::OptimizerKind;
//! use metaplast_meta::train::{TrainSettings, Trainer};
//! use metaplast_plasticity::{Architecture, Preset, Rule};
//!
//! let dataset = Dataset::glyphs(6, 1);
//! let sampler = TaskSampler::new(&dataset, 3, 4, 2, Sampling::Fresh)?;
//! let model = Model {
//!     architecture: Architecture::new(vec![784, 12, 47])?,
//!     feedback: Preset::Bio.feedback(),
//!     rule: Rule::preset(Preset::Bio).with_theta(&[1e-3, 0.0, 0.0]),
//! };
//! let settings = TrainSettings::new(model)
//!     .with_episodes(5)
//!     .with_optimizer(OptimizerKind::ADAM);
//! let trainer = Trainer::new(&settings, &dataset, &sampler);
//! let mut losses = Vec::new();
//! let results = trainer.run(1, &mut |record| {
//!     losses.push(record.meta_loss);
//!     ControlFlow::Continue(())
//! })?;
//! assert_eq!(losses.len(), 5);
//! assert_ne!(results[0].theta, [1e-3, 0.0, 0.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod divergence;
mod executor;
mod guard;
mod locate;
mod meta_step;
mod observer;
mod penalty;
mod proximal;
mod record;
mod settings;
mod state;
mod trainer;

pub use crate::term_sizes::term_sizes;
pub use divergence::{Cause, Divergence, Location, OnDivergence, UnknownPolicy};
pub use executor::EpisodeExecutor;
pub use guard::Guard;
pub use locate::{locate, locate_from};
pub use observer::{Observer, OnEpisode};
pub use penalty::{Penalty, UnknownPenalty};
pub use proximal::ProximalStep;
pub use record::{EpisodeRecord, TrainError, TrialResult};
pub use settings::TrainSettings;
pub use state::{TrialState, UnfitState};
pub use trainer::{RunEpisode, Trainer};
