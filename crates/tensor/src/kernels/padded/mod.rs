//! Padded matrices, laid out for loops that go over them again and again.
//!
//! A [`PaddedMatrix`] pads each row with zeros to a whole number of blocks of sixteen and aligns
//! the blocks to cache lines, so that no load crosses a line and no loop has a remainder. Its
//! kernels work on chosen rows and take vectors as rows of another padded matrix. The padding
//! costs memory, up to fifteen numbers a row.
//!
//! Matrices of dual numbers are kept by their parts: a matrix of values and one for each direction
//! in which an element has a tangent, on which the kernels of plain numbers work.
//!
//! Sums have the shape of all [`kernels`](crate::kernels): those over columns sixteen lanes and one
//! tree, those over rows the order of the rows.

pub(crate) mod add_rows;
mod columns;
pub(super) mod combine;
pub(crate) mod dots;
pub(crate) mod dual_matrix;
pub(crate) mod matrix;
pub(crate) mod max_abs;
pub(super) mod panel;
pub(crate) mod parts_matrix;
pub(super) mod rows;
pub(crate) mod scaling;
pub(super) mod share;
pub(crate) mod update;
mod whole;

pub use matrix::PaddedMatrix;
pub use rows::Rows;
pub use scaling::Factors;
