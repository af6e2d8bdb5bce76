//! Laws of the tape and its states.

mod estimate;
mod growth;
mod handles;
mod known_zeros;
mod programs;
mod reuse;
mod second_order;
mod state_gradients;
mod undo;
