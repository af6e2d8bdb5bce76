//! The experiments of the crate.
//!
//! | name | what it asks |
//! |---|---|
//! | `bip-digits` | what skips, self-loops and the neurons' own parameters do for spoken digits |

mod bip_digits;
mod condition;
mod data;
mod findings;
mod measured;
mod raster;

use metaplast_experiment::Experiment;

pub use bip_digits::BipDigits;

/// All experiments, in the order shown to users.
#[must_use]
pub fn all() -> Vec<Box<dyn Experiment>> {
    vec![Box::new(BipDigits)]
}
