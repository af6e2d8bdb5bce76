//! Sequences: meta-learning of rules by which recurrent networks learn online from sequences.
//!
//! An episode is that of [`episode`](crate::episode), whose examples are sequences: a fresh random
//! [`RecurrentNetwork`](metaplast_plasticity::RecurrentNetwork) learns from each support sequence in turn and is
//! judged on the query sequences. The gradient of the query loss by θ passes through all steps of all sequences.
//!
//! ```
//! use metaplast_data::sequences::DelayedMatch;
//! use metaplast_meta::optimizer::OptimizerKind;
//! use metaplast_meta::sequences::{SequenceModel, SequenceTrainSettings, SequenceTrainer};
//! use metaplast_plasticity::{Preset, RecurrentArchitecture, Rule, TeachingThroughTime};
//! use rand::rngs::Xoshiro256PlusPlus;
//!
//! let model = SequenceModel {
//!     architecture: RecurrentArchitecture::new(8, 10, 2)?.with_leak(0.5)?,
//!     teaching: TeachingThroughTime::RandomFeedback,
//!     rule: Rule::preset(Preset::Bio).with_theta(&[1e-2, 0.0, 0.0]),
//! };
//! let tasks = DelayedMatch::new(8, 2)?;
//! let settings = SequenceTrainSettings::new(model).with_episodes(3);
//! let draw = |rng: &mut Xoshiro256PlusPlus| tasks.sample(20, 10, rng);
//! let trainer = SequenceTrainer::new(&settings, &draw)?;
//! let mut losses = Vec::new();
//! let theta = trainer.run_trial::<f64>(0, &mut |record| losses.push(record.query.cross_entropy))?;
//! assert_eq!((losses.len(), theta.len()), (3, 3));
//! assert_ne!(theta[0], 1e-2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod episode;
mod model;
mod train;

pub use episode::SequenceEpisode;
pub use model::{SequenceModel, SequenceStart};
pub use train::{SequenceRecord, SequenceTrainError, SequenceTrainSettings, SequenceTrainer};
