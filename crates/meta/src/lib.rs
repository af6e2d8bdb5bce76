//! Meta-learning plasticity rules: episodes, meta-gradients, meta-optimisers and the trainer.
pub mod evaluate;
pub mod guard;
pub mod learner;
pub mod optimizer;
pub mod query;
mod running_median;
pub mod seeds;
pub mod simulate;
pub mod statistics;
pub mod term_sizes;
pub mod trainer;
