//! Tests of the crate from outside, a module for each subject.

mod broadcast;
mod elementary;
#[cfg(all(feature = "npy", feature = "npz", feature = "safetensors"))]
mod exchange;
mod fused;
mod kernels;
mod linalg;
mod mini_batches;
mod padded;
#[cfg(all(feature = "npy", feature = "npz", feature = "safetensors"))]
mod reported_exchange_faults;
mod sparse;
mod special;
mod sums;
mod symmetric;
mod team;
mod tensor;
