//! Kernels: the loops over plain slices that learning steps spend their time in.
//!
//! Matrices are row-major slices; [`padded`] has a matrix whose rows are padded and aligned, and
//! [`fused`] whole updates of one in a single pass. A learning step at small batch sizes is bound
//! by how often its matrices are read, so the products here take single vectors and skip rows that
//! are multiplied by zero. Nothing here allocates, but for matrix products with more than 1024
//! products to a sum, and what a [`Team`](crate::Team) shares. Every function checks the lengths it
//! is given and panics, naming itself and the shapes, when they do not fit.
//!
//! # The same bits everywhere
//!
//! Each loop is written once and compiled for several instruction sets; the best one is chosen when
//! the program runs ([`instruction_set`]). A sum over the columns of a row has sixteen lanes and
//! one tree at its end; a sum over rows runs through them in ascending order. How many rows or
//! columns are worked on together changes neither, so results are the same, bit for bit, on every
//! instruction set with fused multiply-add, and [`matvec`], [`matmul_nt`] and [`dot`] agree
//! exactly. Sums without products ([`sum`], [`sum_rows`], [`sum_columns`]) and elementary functions
//! are the same on machines without it, too.
//!
//! # Long sums
//!
//! No sum adds more than a few hundred numbers one after the other: longer ones are made of parts
//! that are added in pairs, so that their error grows with the logarithm of the length. Each
//! function says by how much. Only the products of [`padded`] and [`fused`] do not: a learning
//! step's rows and columns are as long as its layers are wide.
//!
//! # Zeros
//!
//! Online learning multiplies by many exact zeros (dark pixels, silent units).
//! [`matvec_transposed`] and [`rank_k_update`] leave a row out when its coefficient is zero,
//! *whatever the row or the vectors hold*: 0 · ∞ counts as 0 there. The other kernels follow
//! IEEE 754.

#![allow(
    clippy::needless_range_loop,
    reason = "loops over lanes, rows and terms index several fixed arrays at once"
)]

pub(crate) mod axpy;
mod check;
mod combine;
pub(crate) mod dispatch;
pub(crate) mod dot;
pub mod fused;
pub(crate) mod gather;
mod instruction_set;
pub(crate) mod lanes;
pub(crate) mod map;
pub(crate) mod matmul;
pub(crate) mod matmul_nt;
pub(crate) mod matvec;
pub(crate) mod matvec_transposed;
pub(crate) mod max_abs;
pub mod padded;
pub(crate) mod pairs;
pub(crate) mod parts;
pub(crate) mod rank_k;
pub(crate) mod sparse;
pub(crate) mod sum;
pub(crate) mod symmetric;
pub(crate) mod transpose;
pub(crate) mod tree;
pub(crate) mod windows;
pub(crate) mod write;

pub use axpy::axpy;
#[doc(hidden)]
pub use dispatch::use_instruction_set;
pub use dispatch::{chosen_instruction_set, instruction_set};
pub use dot::dot;
pub use instruction_set::{InstructionSet, InstructionSetError};
pub use map::{Function, map, map_add};
#[doc(hidden)]
pub use matmul::MatMul;
pub use matmul::{matmul, matmul_tn};
#[doc(hidden)]
pub use matmul_nt::MatMulNt;
pub use matmul_nt::matmul_nt;
pub use matvec::matvec;
pub use matvec_transposed::matvec_transposed;
pub use max_abs::max_abs;
#[doc(hidden)]
pub use padded::parts_matrix::{NewPartsMatrix, matrix_of_duals};
#[doc(hidden)]
pub use parts::{DualNumber, dual_matmul, dual_matmul_nt, dual_max_abs};
pub use rank_k::rank_k_update;
pub use sparse::SparseMatrix;
pub use sum::{sum, sum_columns, sum_rows};
pub use symmetric::SymmetricMatrix;
pub use transpose::transpose;
pub use write::Write;
