//! A tape for reverse-mode differentiation that learns to forget: weight matrices that are updated
//! in place are *states*, rewound by the reverse sweep instead of stored.
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
pub mod gradcheck;
mod gradients;
mod inspect;
mod node;
mod noisy;
pub mod operators;
mod ops;
pub mod optim;
mod recording;
pub mod scan;
pub mod state;
mod support;
mod sweep;
mod tape;
mod var;

pub use dual::Dual;
pub use gradients::Gradients;
pub use inspect::Row;
pub use noisy::Noisy;
pub use ops::{
    Adjoints, Inputs, Op, SWITCH as SOFTPLUS_SWITCH, Zeros, concat, stack, weighted_sum,
};
pub use state::{Projection, Rewind, State, SummedOuter};
pub use tape::{Mark, Memory, Tape};
pub use var::Var;
