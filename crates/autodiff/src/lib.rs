//! Reverse-mode automatic differentiation on a tape. Weight matrices that are updated in place are
//! *states*, which the reverse sweep rewinds instead of the tape storing them.
//!
//! - [`Tape`] records, [`Var`] is a value on it, [`Var::backward`] differentiates.
//! - [`State`] is a matrix that is updated in place by rank-k updates; see [`state`].
//! - [`Op`] is what an operation is made of; [`Tape::custom`] records one of your own.
//! - [`Dual`] numbers differentiate forward, by the same code and without a tape's memory.
//! - [`Noisy`] numbers show what rounding does to a result.
//! - [`gradcheck`] compares reverse mode, forward mode and finite differences.
//! - [`scan`] differentiates loops of any length from checkpoints, in a given memory.
//! - [`Tape::table`] and [`Tape::dot_graph`] show a recording; [`Tape::estimate`] tells the memory of
//!   a longer one beforehand.
//! - [`operators`] work on functions: gradients, Jacobians, Hessians and products with them.
//! - [`optim`] turns gradients into better parameters.
//!
//! Second derivatives are forward over reverse: a tape of [`Dual`] numbers.
//!
//! ```
//! use metaplast_autodiff::Tape;
//! use metaplast_tensor::tensor;
//!
//! let tape = Tape::<f64>::new();
//! let x = tape.var(&tensor![1.0, 2.0, 3.0]);
//! let y = (x.softplus(10.0) * 2.0).sum();
//! let gradients = y.backward();
//! assert!((gradients.wrt(x).data()[0] - 2.0 / (1.0 + (-10.0f64).exp())).abs() < 1e-12);
//! ```

mod adjoint;
mod dual;
mod engine;
pub mod gradcheck;
mod gradients;
mod inspect;
mod instances;
mod jet;
mod lists;
mod node;
mod noisy;
mod op;
pub mod operators;
mod ops;
pub mod optim;
mod recording;
pub mod scan;
mod sparsity;
pub mod state;
mod sweep;
mod tape;
mod var;

pub use dual::Dual;
pub use gradients::Gradients;
pub use inspect::{Memory, Row};
pub use jet::Jet;
pub use noisy::Noisy;
pub use op::{Adjoints, Inputs, Op, Sparsity};
pub use ops::{Convolution, SWITCH as SOFTPLUS_SWITCH, concat, einsum, stack, weighted_sum};
pub use recording::Mark;
pub use state::{Projection, Rewind, State, SummedOuter};
pub use tape::Tape;
pub use var::Var;

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
