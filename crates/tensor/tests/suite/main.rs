//! Tests of the crate from outside, a module for each subject.

mod broadcast;
mod elementary;
#[cfg(all(feature = "npy", feature = "npz", feature = "safetensors"))]
mod exchange;
mod fused;
mod kernels;
mod padded;
mod sums;
mod tensor;
