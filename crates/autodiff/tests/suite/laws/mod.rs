//! Laws of the tape and its states.

mod additions;
mod estimate;
mod frozen;
mod growth;
mod handles;
mod programs;
mod reuse;
mod second_order;
mod sparsity;
mod state_gradients;
mod undo;
mod whole_reads;
