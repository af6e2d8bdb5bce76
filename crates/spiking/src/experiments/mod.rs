//! The experiments of the crate.
//!
//! | name | what it asks |
//! |---|---|
//! | `bip-digits` | what skips, self-loops and the neurons' own parameters do for spoken digits |
//! | `three-factor-digits` | how near a meta-learned three-factor rule comes to backpropagation through time |

mod bip_digits;
mod condition;
mod data;
mod findings;
mod measured;
mod raster;
mod three_factor;

use metaplast_experiment::Experiment;

pub use bip_digits::BipDigits;
pub use three_factor::ThreeFactorDigits;

/// All experiments, in the order shown to users.
#[must_use]
pub fn all() -> Vec<Box<dyn Experiment>> {
    vec![Box::new(BipDigits), Box::new(ThreeFactorDigits)]
}
