//! Linear algebra: triangular solves, Cholesky and LU factorisation, symmetric eigenvectors.
//!
//! Matrices are rank-2 tensors; right-hand sides are vectors or matrices whose columns are solved
//! for. Factorisations go block by block, so that almost all of their work is in the matrix
//! products of [`kernels`](crate::kernels), and are generic over [`Scalar`](crate::Scalar): on dual
//! numbers they give derivatives. All give the same bits on every instruction set with fused
//! multiply-add.
//!
//! ```
//! use metaplast_tensor::tensor;
//!
//! let a = tensor![[4.0, 2.0], [2.0, 3.0]];
//! let x = a.solve(&tensor![2.0, -1.0])?;
//! assert_eq!(x, tensor![1.0, -1.0]);
//! let l = a.cholesky()?;
//! assert!((l.matmul(&l.transpose()) - &a).norm() < 1e-15);
//! # Ok::<(), metaplast_tensor::linalg::FactorError>(())
//! ```

mod cholesky;
mod eigen;
mod error;
mod lu;
mod triangular;
mod tridiagonal;

pub use eigen::inverse_gaps;
pub use error::FactorError;
pub use lu::Lu;
pub use triangular::Triangle;

use crate::Shape;

/// Rows and columns that are factorised at a time: three blocks of doubles fill a first-level cache.
const BLOCK: usize = 32;

/// The extent of a square matrix.
#[track_caller]
fn extent(op: &str, shape: &Shape) -> usize {
    match *shape.dims() {
        [rows, cols] if rows == cols => rows,
        _ => panic!("{op}: shape {shape} is not that of a square matrix"),
    }
}

/// How many right-hand sides there are for a matrix of extent `n`: 1 for a vector.
#[track_caller]
fn right_hand_sides(op: &str, matrix: &Shape, right: &Shape) -> usize {
    let n = extent(op, matrix);
    match *right.dims() {
        [rows] if rows == n => 1,
        [rows, cols] if rows == n => cols,
        _ => panic!("{op}: matrix of shape {matrix}, right-hand side of shape {right}"),
    }
}
