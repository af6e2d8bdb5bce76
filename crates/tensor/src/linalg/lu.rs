//! LU factorisation with partial pivoting, and what it is for: general systems and determinants.

use std::fmt;

use super::triangular::{Triangle, panel, subtract};
use super::{BLOCK, FactorError, extent, right_hand_sides};
use crate::kernels::{self, Write};
use crate::{Scalar, Tensor};

/// `P A = L U` of a square matrix: L is lower triangular with ones on the diagonal, U upper
/// triangular, P an exchange of rows.
///
/// ```
/// use metaplast_tensor::tensor;
///
/// let lu = tensor![[0.0, 2.0], [3.0, 1.0]].lu().unwrap();
/// assert_eq!(lu.solve(&tensor![4.0, 5.0]), tensor![1.0, 2.0]);
/// assert_eq!(lu.determinant(), -6.0);
/// assert!((lu.log_abs_determinant() - 6.0_f64.ln()).abs() < 1e-15);
/// ```
#[derive(Clone, PartialEq)]
pub struct Lu<T> {
    /// U with its diagonal, and L below it.
    packed: Tensor<T>,
    /// For each row of the factors the row of the matrix that went there.
    rows: Vec<usize>,
    /// Whether an odd number of rows was exchanged.
    odd: bool,
}

impl<T: Scalar> fmt::Debug for Lu<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lu{}", self.packed.shape())
    }
}

impl<T: Scalar> Tensor<T> {
    /// The LU factorisation of a square matrix.
    ///
    /// See [`Lu`] for an example.
    ///
    /// # Panics
    ///
    /// When the matrix is not square.
    ///
    /// # Errors
    ///
    /// When it is singular.
    #[track_caller]
    pub fn lu(&self) -> Result<Lu<T>, FactorError> {
        let n = extent("lu", self.shape());
        let mut packed = self.clone();
        let mut rows: Vec<usize> = (0..n).collect();
        let mut odd = false;
        let a = packed.data_mut();
        for start in (0..n).step_by(BLOCK) {
            let end = n.min(start + BLOCK);
            for j in start..end {
                let size = |i: &usize| a[i * n + j].to_f64().abs();
                let pivot = (j..n).max_by(|l, r| size(l).total_cmp(&size(r)));
                let pivot = pivot.expect("a column has a row");
                let found = a[pivot * n + j].to_f64();
                if found == 0.0 || found.is_nan() {
                    return Err(FactorError::Singular { column: j });
                }
                if pivot != j {
                    let (above, below) = a.split_at_mut(pivot * n);
                    above[j * n..][..n].swap_with_slice(&mut below[..n]);
                    rows.swap(j, pivot);
                    odd = !odd;
                }
                eliminate(a, n, j, end);
            }
            take_products(a, n, start, end);
        }
        Ok(Lu { packed, rows, odd })
    }

    /// `A⁻¹ b` for right-hand sides of shape `[n]` or `[n, m]`.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// let a = tensor![[0.0, 2.0], [3.0, 1.0]];
    /// assert_eq!(a.solve(&tensor![[4.0], [5.0]]).unwrap(), tensor![[1.0], [2.0]]);
    /// assert!(tensor![[1.0, 2.0], [2.0, 4.0]].solve(&tensor![1.0, 1.0]).is_err());
    /// ```
    ///
    /// # Panics
    ///
    /// When the matrix is not square or the right-hand side does not fit.
    ///
    /// # Errors
    ///
    /// When the matrix is singular.
    #[track_caller]
    pub fn solve(&self, b: &Self) -> Result<Self, FactorError> {
        right_hand_sides("solve", self.shape(), b.shape());
        Ok(self.lu()?.solve(b))
    }
}

/// Takes multiples of row `j` from those below it, in the columns up to `end`.
fn eliminate<T: Scalar>(a: &mut [T], n: usize, j: usize, end: usize) {
    let (above, below) = a.split_at_mut((j + 1) * n);
    let pivot_row = &above[j * n..];
    for row in below.chunks_exact_mut(n) {
        let factor = row[j] / pivot_row[j];
        row[j] = factor;
        kernels::axpy(-factor, &pivot_row[j + 1..end], &mut row[j + 1..end]);
    }
}

/// Finishes the rows from `start` to `end` to the right of their block, and takes what they explain
/// from the rows after them.
fn take_products<T: Scalar>(a: &mut [T], n: usize, start: usize, end: usize) {
    for i in start + 1..end {
        let (above, row) = a.split_at_mut(i * n);
        let (factors, right) = row[..n].split_at_mut(end);
        for k in start..i {
            kernels::axpy(-factors[k], &above[k * n + end..][..n - end], right);
        }
    }
    let (size, width) = (end - start, n - end);
    let right = panel(a, n, start..end, end..n);
    let mut products = vec![T::ZERO; BLOCK * width];
    for from in (end..n).step_by(BLOCK) {
        let to = n.min(from + BLOCK);
        let left = panel(a, n, from..to, start..end);
        let products = &mut products[..(to - from) * width];
        kernels::matmul(&left, &right, products, to - from, size, width, Write::Set);
        for (i, products) in (from..to).zip(products.chunks_exact(width)) {
            subtract(&mut a[i * n + end..][..width], products);
        }
    }
}

impl<T: Scalar> Lu<T> {
    /// L with its diagonal of ones.
    fn lower(&self) -> Tensor<T> {
        let mut lower = self.packed.clone();
        let n = self.rows.len();
        for i in 0..n {
            lower.data_mut()[i * n + i] = T::ONE;
        }
        lower
    }

    /// `A⁻¹ b` for right-hand sides of shape `[n]` or `[n, m]`.
    ///
    /// # Panics
    ///
    /// When the right-hand side does not fit.
    #[must_use]
    #[track_caller]
    pub fn solve(&self, b: &Tensor<T>) -> Tensor<T> {
        right_hand_sides("solve", self.packed.shape(), b.shape());
        let b = b.index_select(0, &self.rows);
        let y = self.lower().solve_triangular(&b, Triangle::Lower);
        self.packed.solve_triangular(&y, Triangle::Upper)
    }

    /// `A⁻ᵀ b` for right-hand sides of shape `[n]` or `[n, m]`.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// let a = tensor![[0.0, 2.0], [3.0, 1.0]];
    /// let x = a.lu().unwrap().solve_transposed(&tensor![3.0, 3.0]);
    /// assert_eq!(x, a.transpose().solve(&tensor![3.0, 3.0]).unwrap());
    /// ```
    ///
    /// # Panics
    ///
    /// When the right-hand side does not fit.
    #[must_use]
    #[track_caller]
    pub fn solve_transposed(&self, b: &Tensor<T>) -> Tensor<T> {
        right_hand_sides("solve_transposed", self.packed.shape(), b.shape());
        let y = self.packed.solve_triangular(b, Triangle::UpperTransposed);
        let x = self.lower().solve_triangular(&y, Triangle::LowerTransposed);
        let mut back = vec![0; self.rows.len()];
        for (place, &row) in self.rows.iter().enumerate() {
            back[row] = place;
        }
        x.index_select(0, &back)
    }

    fn pivots(&self) -> impl Iterator<Item = T> {
        let n = self.rows.len();
        (0..n).map(move |i| self.packed.data()[i * n + i])
    }

    /// The determinant, which may be too large or too small for the number type; 1 for an empty
    /// matrix.
    #[must_use]
    pub fn determinant(&self) -> T {
        let sign = if self.odd { -T::ONE } else { T::ONE };
        self.pivots().fold(sign, |product, pivot| product * pivot)
    }

    /// The logarithm of the determinant's size, `ln |det A|`.
    #[must_use]
    pub fn log_abs_determinant(&self) -> T {
        self.pivots()
            .fold(T::ZERO, |sum, pivot| sum + pivot.abs().ln())
    }
}
