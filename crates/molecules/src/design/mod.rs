//! Design by properties: what a model is conditioned on, and how the rest of the properties are drawn
//! when one is wanted; and bands of what models trained on reweighted data make.

mod bands;
mod conditions;

pub use bands::{PropertyBands, bootstrap_weights};
pub use conditions::PropertyConditions;
