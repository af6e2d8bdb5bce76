//! The experiments of the crate.
//!
//! | name | what it asks |
//! |---|---|
//! | `identify` | which of twelve rules a network learned by, from what can be seen of it |
//! | `identify-recordings` | whether recordings are named right as often as their answers promise |

mod findings;
mod identify;
mod judged;
mod questions;
mod recordings;
mod simulated;
mod tables;

use metaplast_experiment::Experiment;

pub use identify::Identify;
pub use recordings::IdentifyRecordings;

/// All experiments, in the order shown to users.
#[must_use]
pub fn all() -> Vec<Box<dyn Experiment>> {
    vec![Box::new(Identify), Box::new(IdentifyRecordings)]
}
