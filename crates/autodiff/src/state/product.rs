//! Products with a state's weights, in all four forms of a read.

use std::borrow::Cow;

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::{self, Write};

use super::buffer::Buffer;
use super::ops::{Batch, Direction};

/// The weights as a read sees them: detached ones carry no tangents, neither in the product nor in
/// its derivative.
pub(super) fn seen<T: Scalar>(buffer: &Buffer<T>, detached: bool) -> Cow<'_, [T]> {
    if detached && T::CARRIES_TANGENTS {
        buffer.value.iter().map(|w| w.detach()).collect()
    } else {
        Cow::Borrowed(&buffer.value)
    }
}

/// `W x` or `Wᵀ x` for weights of `buffer`'s shape.
pub(super) fn multiply<T: Scalar>(
    weights: &[T],
    buffer: &Buffer<T>,
    direction: Direction,
    batch: Batch,
    x: &[T],
    output: &mut [T],
    write: Write,
) {
    let (rows, cols) = (buffer.rows, buffer.cols);
    match (direction, batch) {
        (Direction::Forward, Batch::One) => kernels::matvec(weights, x, output, write),
        (Direction::Transposed, Batch::One) => {
            kernels::matvec_transposed(weights, x, output, write);
        }
        (Direction::Forward, Batch::Rows) => {
            let n = x.len().checked_div(cols);
            let n = n.unwrap_or(output.len() / rows.max(1));
            kernels::matmul_nt(x, weights, output, n, cols, rows, write);
        }
        (Direction::Transposed, Batch::Rows) => {
            let n = x.len().checked_div(rows);
            let n = n.unwrap_or(output.len() / cols.max(1));
            kernels::matmul(x, weights, output, n, rows, cols, write);
        }
    }
}
