//! Small fast row-major arrays and the kernels that online learning needs.
//!
//! Each usable without the others:
//!
//! - [`Scalar`], the number type everything is generic over: `f32`, `f64`, and the dual numbers
//!   other crates build;
//! - [`Tensor`], an owned array with a [`Shape`], and the everyday operations on it;
//! - [`Random`], a seeded generator that gives the same numbers everywhere;
//! - [`linalg`], factorisations and what they solve; [`special`], functions beyond the elementary ones;
//! - [`kernels`], loops over plain slices and padded matrices (matrix-vector products, rank-k
//!   updates and their undoing, matrix products) that pick the processor's instruction set at run
//!   time and give the same bits on every one that has fused multiply-add;
//! - [`Team`], threads that share the kernels' work on large matrices, with the same bits.
//!
//! ```
//! use metaplast_tensor::tensor;
//!
//! let weights = tensor![[1.0, 2.0], [3.0, 4.0]];
//! let input = tensor![1.0, -1.0];
//! assert_eq!(weights.matvec(&input), tensor![-1.0, -1.0]);
//! ```
//!
//! Mini-batches of a shuffled data set:
//!
//! ```
//! use metaplast_tensor::{Random, Tensor};
//!
//! let mut random = Random::new(1);
//! let images = Tensor::<f32>::uniform([100, 28, 28], 0.0, 1.0, &mut random);
//! for batch in random.permutation(100).chunks(25) {
//!     assert_eq!(images.index_select(0, batch).dims(), [25, 28, 28]);
//! }
//! ```
//!
//! With the features `npy`, `npz` and `safetensors`, a module `exchange` reads and writes files in
//! those formats.
//!
//! Using an operation wrongly (shapes that do not fit) is a bug in the program and panics, naming
//! the operation and both shapes. Data from outside goes through [`Tensor::try_new`].

pub mod broadcast;
mod elementary;
#[cfg(any(feature = "npy", feature = "safetensors"))]
pub mod exchange;
pub mod kernels;
pub mod linalg;
mod random;
mod scalar;
mod shape;
pub mod special;
mod team;
mod tensor;

pub use random::Random;
pub use scalar::Scalar;
pub use shape::{Shape, ShapeError};
pub use team::Team;
pub use tensor::Tensor;
