//! The autoencoder as a model: what it is given, how it is trained, what it makes.

mod data;
mod input;
mod settings;
mod train;
mod vae;

pub use input::EncoderInput;
pub use settings::{DecoderLearning, PenaltyWeights, VaeSettings, VaeTraining};
pub use vae::{EpochLosses, GraphVae};
