//! Tests of episodes, their gradients, training, evaluation and fits.

mod arrays;
mod divergence;
mod estimates;
mod evaluation;
mod executors;
mod experiments;
mod explain;
mod fit;
mod gradients;
mod gram;
mod memories;
mod optimizers;
mod piecewise;
mod precision;
mod query_losses;
mod recurrent;
mod reported_faults;
mod resume;
mod sequences;
mod soak;
mod tasks;
mod teams;
mod training;
mod world;
