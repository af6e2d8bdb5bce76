//! Meta-learning plasticity rules: episodes, meta-gradients, meta-optimisers and the trainer.
pub mod guard;
pub mod learner;
pub mod optimizer;
pub mod query;
pub mod seeds;
pub mod statistics;
pub mod term_sizes;
pub mod trainer;
