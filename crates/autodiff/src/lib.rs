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
//! - [`Jet`]s carry Taylor series along a line, recorded as plain values.
//! - [`guide`]: coming from PyTorch, coming from JAX, which operations are fast.
//!
//! ```
//! use metaplast_autodiff::Tape;
//! use metaplast_tensor::tensor;
//!
//! let tape = Tape::<f64>::new();
//! let x = tape.var(&tensor![1.0, 2.0, 3.0]);
//! let y = (1.0 / (1.0 + (-x).exp())).sum();
//! let gradients = y.backward();
//! assert!((gradients.wrt(x).data()[0] - 0.196_611_933_241_481_85).abs() < 1e-15);
//! ```
//!
//! # Which derivative
//!
//! | wanted | take |
//! |---|---|
//! | a gradient, once | [`Var::backward`] |
//! | gradients and products of a function, over and over | [`operators::value_and_grad`], [`operators::vjp`], [`operators::jvp`] |
//! | products with a Hessian, whole Hessians | [`operators::hvp`], [`operators::hessian`]: forward over reverse |
//! | a gradient that goes on into a loss: meta-learning, penalties | [`operators::recorded_grad`] |
//! | derivatives along inputs in a loss: physics-informed nets | [`Jet`], [`operators::recorded_jvp`] |
//! | a loop of many steps in little memory | [`scan::scan`], within a graph [`scan::recorded_scan`] |
//! | a deep net in little memory | [`operators::checkpoint`] |
//! | a gradient for each sample | [`operators::per_sample_grad`] |
//! | third and higher derivatives | [`Dual`] numbers nested in each other, [`Jet`]s |
//!
//! # Examples
//!
//! In the order in which they build on each other; each runs by
//! `cargo run --release -p metaplast-autodiff --example NAME`.
//!
//! | name | shows |
//! |---|---|
//! | `01_scalar_derivative` | a tape, values, a gradient |
//! | `02_broadcast_gradients` | a linear fit whose parameters broadcast |
//! | `03_hessian` | Newton's method with a whole Hessian, and with products alone |
//! | `04_custom_op` | an operation of one's own, checked |
//! | `05_two_spirals` | a net, trained with Adam |
//! | `06_learning_in_place` | a matrix that learns while it is used |
//! | `07_maml` | learning to learn by Hessian-vector products |
//! | `08_seeing_a_tape` | tables, pictures and sizes of a recording |
//! | `09_physics_informed_net` | a differential equation as a loss |
//! | `10_learned_optimiser` | Adam's constants by gradients through its steps |
//! | `11_newton_and_lbfgs` | softmax regression in three ways to one optimum |
//! | `12_transformer` | attention over characters, in single precision |
//! | `13_convolutional_net` | convolutions, pooling, mini-batches |
//! | `14_neural_ode` | a hundred thousand steps in a few megabytes |
//! | `15_hamiltonian_monte_carlo` | sampling a posterior |
//! | `16_implicit_layers` | fixed points, a Gaussian process, loops, second derivatives through them |
//! | `17_plasticity_with_memory` | STDP, BCM and reward-modulated traces, by their constants |

mod adjoint;
mod dual;
mod engine;
pub mod gradcheck;
mod gradients;
mod graph;
pub mod guide;
mod inspect;
mod instances;
mod jet;
mod key;
mod lists;
mod nodes;
mod noisy;
mod op;
pub mod operators;
mod ops;
pub mod optim;
mod recording;
pub mod scan;
mod sparsity;
pub mod state;
mod state_recording;
mod sweep;
mod tape;
mod values;
mod var;

pub use dual::Dual;
pub use gradients::Gradients;
pub use inspect::{Row, TapeMemory};
#[doc(hidden)]
pub use instances::precompiled_table;
pub use jet::Jet;
pub use key::Key;
pub use noisy::Noisy;
pub use op::{Adjoints, Inputs, Op, Sparsity};
pub use ops::{
    Convolution, PickTable, SWITCH as SOFTPLUS_SWITCH, concat, einsum, linear_combination, stack,
    weighted_sum,
};
pub use recording::Mark;
pub use state::{FactorTerm, Projection, Rewind, State, SummedOuter};
pub use tape::Tape;
pub use var::Var;

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
