//! The experiments of the crate.
//!
//! | name | what it asks |
//! |---|---|
//! | `recurrent` | whether local terms help a recurrent network with random feedback to learn from sequences |
//! | `rules-unsupervised` | what known rules make of a hidden layer without a teacher |

mod recurrent;
mod unsupervised_rules;

use metaplast_experiment::Experiment;

pub use recurrent::Recurrent;

/// All experiments, in the order shown to users.
#[must_use]
pub fn all() -> Vec<Box<dyn Experiment>> {
    vec![
        Box::new(Recurrent),
        Box::new(unsupervised_rules::UnsupervisedRules),
    ]
}
