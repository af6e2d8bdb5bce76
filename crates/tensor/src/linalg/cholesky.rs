//! Cholesky factorisation, block by block: the diagonal block, what stands below it, and the
//! product of that with itself taken from the rest.

use super::triangular::{panel, solve_lower, subtract};
use super::{BLOCK, FactorError, extent};
use crate::kernels::{self, Write};
use crate::{Scalar, Tensor};

impl<T: Scalar> Tensor<T> {
    /// The lower triangle L, with a positive diagonal, of which `L Lᵀ` is this symmetric and positive
    /// definite matrix. Of a matrix that is not symmetric, `(A + Aᵀ)/2` is factorised.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// let l = tensor![[4.0, 2.0], [2.0, 5.0]].cholesky().unwrap();
    /// assert_eq!(l, tensor![[2.0, 0.0], [1.0, 2.0]]);
    /// ```
    ///
    /// # Panics
    ///
    /// When the matrix is not square.
    ///
    /// # Errors
    ///
    /// When it is not positive definite.
    #[track_caller]
    pub fn cholesky(&self) -> Result<Self, FactorError> {
        let n = extent("cholesky", self.shape());
        let a = self.data();
        let half = T::from_f64(0.5);
        let mut l = vec![T::ZERO; n * n];
        for i in 0..n {
            for j in 0..i {
                l[i * n + j] = half * (a[i * n + j] + a[j * n + i]);
            }
            l[i * n + i] = a[i * n + i];
        }
        for start in (0..n).step_by(BLOCK) {
            let end = n.min(start + BLOCK);
            factor_diagonal(&mut l, n, start, end)?;
            solve_below(&mut l, n, start, end);
            take_products(&mut l, n, start, end);
        }
        Ok(Self::new(self.shape(), l))
    }
}

/// Factorises the block on the diagonal from `start` to `end`.
fn factor_diagonal<T: Scalar>(
    l: &mut [T],
    n: usize,
    start: usize,
    end: usize,
) -> Result<(), FactorError> {
    for i in start..end {
        let (above, row) = l.split_at_mut(i * n);
        for j in start..=i {
            let (known, rest) = row[start..].split_at_mut(j - start);
            if j < i {
                let other = &above[j * n + start..][..=j - start];
                let (other, diagonal) = (&other[..j - start], other[j - start]);
                rest[0] = (rest[0] - kernels::dot(known, other)) / diagonal;
                continue;
            }
            let square = rest[0] - kernels::dot(known, known);
            if !(square > T::ZERO && square.is_finite()) {
                return Err(FactorError::NotPositiveDefinite { column: i });
            }
            rest[0] = square.sqrt();
        }
    }
    Ok(())
}

/// Makes the rows below the block on the diagonal those of the factor: `X Lᵀ = A`, solved for all
/// rows at once as `L Xᵀ = Aᵀ`.
fn solve_below<T: Scalar>(l: &mut [T], n: usize, start: usize, end: usize) {
    let (size, rows) = (end - start, n - end);
    let block = panel(l, n, start..end, start..end);
    let mut turned = vec![T::ZERO; size * rows];
    for (i, row) in l[end * n..].chunks_exact(n).enumerate() {
        for (j, &x) in row[start..end].iter().enumerate() {
            turned[j * rows + i] = x;
        }
    }
    solve_lower(&block, size, &mut turned, rows);
    for (i, row) in l[end * n..].chunks_exact_mut(n).enumerate() {
        for (j, x) in row[start..end].iter_mut().enumerate() {
            *x = turned[j * rows + i];
        }
    }
}

/// Takes what the columns from `start` to `end` explain from the triangle after them.
fn take_products<T: Scalar>(l: &mut [T], n: usize, start: usize, end: usize) {
    let size = end - start;
    let below = panel(l, n, end..n, start..end);
    let mut products = vec![T::ZERO; BLOCK * (n - end)];
    for from in (end..n).step_by(BLOCK) {
        let to = n.min(from + BLOCK);
        let (rows, width) = (to - from, to - end);
        let left = &below[(from - end) * size..][..rows * size];
        let right = &below[..width * size];
        let products = &mut products[..rows * width];
        kernels::matmul_nt(left, right, products, rows, size, width, Write::Set);
        for (i, products) in (from..to).zip(products.chunks_exact(width)) {
            subtract(&mut l[i * n + end..][..i + 1 - end], products);
        }
    }
}
