//! Cholesky factorisation, block by block: the diagonal block, what stands below it, and the
//! product of that with itself taken from the rest.

use super::triangular::{panel, subtract};
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
            factor_columns(&mut l, n, start, end)?;
            take_products(&mut l, n, start, end);
        }
        Ok(Self::new(self.shape(), l))
    }
}

/// Factorises the columns from `start` to `end`, from which all before have been taken.
fn factor_columns<T: Scalar>(
    l: &mut [T],
    n: usize,
    start: usize,
    end: usize,
) -> Result<(), FactorError> {
    for i in start..n {
        let (above, row) = l.split_at_mut(i * n);
        let row = &mut row[start..end.min(i + 1)];
        for j in 0..row.len() {
            let (known, rest) = row.split_at_mut(j);
            let diagonal = start + j == i;
            let beside = if diagonal {
                kernels::dot(known, known)
            } else {
                kernels::dot(known, &above[(start + j) * n + start..][..j])
            };
            let x = rest[0] - beside;
            rest[0] = if !diagonal {
                x / above[(start + j) * n + start + j]
            } else if x > T::ZERO && x.is_finite() {
                x.sqrt()
            } else {
                return Err(FactorError::NotPositiveDefinite { column: i });
            };
        }
    }
    Ok(())
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
