//! Tests of episodes, their gradients, training, evaluation and fits.

mod divergence;
mod estimates;
mod evaluation;
mod fit;
mod gradients;
mod optimizers;
mod precision;
mod reported_faults;
mod resume;
mod soak;
mod tasks;
mod training;
mod world;
