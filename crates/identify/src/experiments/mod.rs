//! The experiments of the crate.
//!
//! | name | what it asks |
//! |---|---|
//! | `identify` | which of twelve rules a network learned by, from what can be seen of it |

mod findings;
mod identify;
mod judged;
mod questions;
mod tables;

use metaplast_experiment::Experiment;

pub use identify::{Identify, settings_of_test};

/// All experiments, in the order shown to users.
#[must_use]
pub fn all() -> Vec<Box<dyn Experiment>> {
    vec![Box::new(Identify)]
}
