//! What is known of predictive coding's methods, on random nets.

mod equilibrium;
mod errors;
mod fixed_prediction;
mod front;
mod linear;
