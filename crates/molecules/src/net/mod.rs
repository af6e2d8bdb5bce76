//! The nets, their loss and the penalties, on a tape of any number type.

mod decoder;
mod encoder;
mod layers;
mod loss;
pub mod penalties;

pub use decoder::{Decoded, DecoderShape, decode, decode_with_feedback};
pub use encoder::{BatchStatistics, EncoderShape, encode};
pub use loss::{cross_entropy, kl_divergence, sampled_latent};

pub(crate) use decoder::{DenseActivity, decode_observed};
