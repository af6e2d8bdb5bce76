//! Triangular systems.

use super::{BLOCK, right_hand_sides};
use crate::kernels::{self, Write};
use crate::{Scalar, Tensor};

/// Which triangle of a matrix is meant, and whether as it stands or transposed. The other triangle
/// is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Triangle {
    /// `L`, with zeros above the diagonal.
    Lower,
    /// `Lᵀ`
    LowerTransposed,
    /// `U`, with zeros below the diagonal.
    Upper,
    /// `Uᵀ`
    UpperTransposed,
}

impl Triangle {
    /// The same triangle, transposed if it was not.
    ///
    /// ```
    /// use metaplast_tensor::linalg::Triangle;
    ///
    /// assert_eq!(Triangle::Lower.transposed(), Triangle::LowerTransposed);
    /// ```
    #[must_use]
    pub fn transposed(self) -> Self {
        match self {
            Triangle::Lower => Triangle::LowerTransposed,
            Triangle::LowerTransposed => Triangle::Lower,
            Triangle::Upper => Triangle::UpperTransposed,
            Triangle::UpperTransposed => Triangle::Upper,
        }
    }

    /// Whether the triangle that is read stands below the diagonal.
    #[must_use]
    pub fn is_lower(self) -> bool {
        matches!(self, Triangle::Lower | Triangle::LowerTransposed)
    }

    /// Whether the system's own matrix has its elements below the diagonal, so that the first
    /// unknown is found first.
    fn forward(self) -> bool {
        matches!(self, Triangle::Lower | Triangle::UpperTransposed)
    }
}

impl<T: Scalar> Tensor<T> {
    /// `T⁻¹ b` for a triangle of this matrix and right-hand sides `b` of shape `[n]` or `[n, m]`.
    ///
    /// A zero on the diagonal gives infinities or NaN, as a division by it does.
    ///
    /// ```
    /// use metaplast_tensor::{linalg::Triangle, tensor};
    ///
    /// let a = tensor![[2.0, 9.0], [1.0, 4.0]];
    /// let b = tensor![2.0, 9.0];
    /// assert_eq!(a.solve_triangular(&b, Triangle::Lower), tensor![1.0, 2.0]);
    /// assert_eq!(a.solve_triangular(&b, Triangle::UpperTransposed), tensor![1.0, 0.0]);
    /// ```
    ///
    /// # Panics
    ///
    /// When the matrix is not square or the right-hand side does not fit.
    #[must_use]
    #[track_caller]
    pub fn solve_triangular(&self, b: &Self, triangle: Triangle) -> Self {
        let m = right_hand_sides("solve_triangular", self.shape(), b.shape());
        let n = self.dims()[0];
        let a = self.data();
        // From the last unknown to the first it is the same with all places counted backwards.
        let turned = |i: usize| if triangle.forward() { i } else { n - 1 - i };
        let element = |i: usize, j: usize| match triangle {
            Triangle::Lower | Triangle::Upper => a[turned(i) * n + turned(j)],
            _ => a[turned(j) * n + turned(i)],
        };
        let mut lower = vec![T::ZERO; n * n];
        for i in 0..n {
            for j in 0..=i {
                lower[i * n + j] = element(i, j);
            }
        }
        let rows = |x: &[T]| {
            let mut rows = Vec::with_capacity(x.len());
            (0..n).for_each(|i| rows.extend_from_slice(&x[turned(i) * m..][..m]));
            rows
        };
        let mut x = rows(b.data());
        solve_lower(&lower, n, &mut x, m);
        Self::new(b.shape(), rows(&x))
    }
}

/// `L⁻¹ B` in place, for the lower triangle of `l` and `m` right-hand sides.
pub(super) fn solve_lower<T: Scalar>(l: &[T], n: usize, b: &mut [T], m: usize) {
    if m == 1 {
        for i in 0..n {
            let (known, rest) = b.split_at_mut(i);
            let row = &l[i * n..][..=i];
            rest[0] = (rest[0] - kernels::dot(&row[..i], known)) / row[i];
        }
        return;
    }
    let mut products = vec![T::ZERO; BLOCK * m];
    for start in (0..n).step_by(BLOCK) {
        let size = BLOCK.min(n - start);
        let (known, rest) = b.split_at_mut(start * m);
        let block = &mut rest[..size * m];
        if start > 0 && m > 0 {
            let beside = panel(l, n, start..start + size, 0..start);
            let products = &mut products[..size * m];
            kernels::matmul(&beside, known, products, size, start, m, Write::Set);
            subtract(block, products);
        }
        for i in 0..size {
            let (above, row) = block.split_at_mut(i * m);
            let row = &mut row[..m];
            let coefficients = &l[(start + i) * n + start..][..=i];
            for (&coefficient, above) in coefficients.iter().zip(above.chunks_exact(m.max(1))) {
                kernels::axpy(-coefficient, above, row);
            }
            for x in row {
                *x /= coefficients[i];
            }
        }
    }
}

/// Some rows and columns of a matrix with `width` columns, by themselves.
pub(super) fn panel<T: Scalar>(
    a: &[T],
    width: usize,
    rows: std::ops::Range<usize>,
    cols: std::ops::Range<usize>,
) -> Vec<T> {
    let mut panel = Vec::with_capacity(rows.len() * cols.len());
    for i in rows {
        panel.extend_from_slice(&a[i * width..][cols.clone()]);
    }
    panel
}

pub(super) fn subtract<T: Scalar>(from: &mut [T], what: &[T]) {
    for (from, &what) in from.iter_mut().zip(what) {
        *from -= what;
    }
}
