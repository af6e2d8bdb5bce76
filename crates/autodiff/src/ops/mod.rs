//! Built-in operations: each stands in one file with its forward, its derivative, its maths and its
//! test.
//!
//! The files here, their table, the recording that keeps them, [`Tape`](crate::Tape) and
//! [`Var`](crate::Var) import each other in a circle: a method of `Var` stands in the file of its
//! operation, which records it on the tape, which keeps the table of all operations.
//!
//! # Adding one
//! 1. A file here with a small `Copy` struct for the operation's parameters, an [`Op`](crate::Op)
//!    implementation, a method on [`Var`](crate::Var) with formula, panics and an example, and in
//!    its tests a function `checks` that puts it through random operands of every kind of shape.
//!    A function of each element is an `Elementwise` (see `activations.rs`), a reduction over axes
//!    a line of `reduction!` (see `reduce_axes.rs`), and one that moves elements a `Rearrange` (see
//!    `layout.rs`).
//! 2. Its name in the table in `table.rs`: before the semicolon if its parameters fit in 12 bytes
//!    and stand in the node, after it if they go behind a pointer. The table tests that derivatives
//!    of first and second order by every operand were checked, and fails for an operation whose
//!    `checks` do not reach it.
//!
//! What is made of other operations (`mse`, `max_pool2d`) is a method and checks, and no table line.
//!
//! Forward mode needs nothing more: it runs `forward` on dual numbers (see [`Dual`](crate::Dual)).

mod activations;
mod additive;
mod affine;
mod axes;
mod batched;
mod binary;
mod conv;
mod convolution;
mod convolve;
mod cross_entropy;
mod cumulative;
mod einsum;
mod element;
mod elementary;
mod extrema;
mod factors;
mod greatest;
mod index;
mod layout;
mod least;
mod linalg;
mod linear;
mod linear_combination;
mod losses;
mod normalise;
mod numbers;
mod parts;
mod pick;
mod rearrange;
mod reduce;
mod reduce_axes;
mod reduction;
mod robust;
mod select;
mod slope_product;
mod softmax;
mod softplus;
mod sort;
mod special;
mod stop_gradient;
pub(crate) mod table;
#[cfg(test)]
pub(crate) mod testing;
mod trigonometric;
mod unary;
mod weighted_sum;

pub use convolution::Convolution;
pub use einsum::einsum;
pub use linear_combination::linear_combination;
pub use parts::{concat, stack};
pub use pick::PickTable;
pub use softplus::SWITCH;
pub use weighted_sum::weighted_sum;
