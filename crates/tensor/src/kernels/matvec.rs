//! Matrix-vector product: one dot product for each row.

use super::check::check_matrix;
use super::dispatch::{Code, Kernel};
use super::dot::long_dot;
use super::lanes::{CHAIN, FEW, dot_of_few, dots};
use super::write::Write;
use crate::Scalar;

/// y ← A x, or y ← y + A x. A is `[y.len(), x.len()]`.
///
/// Each element is the [`dot`](crate::kernels::dot) of a row and `x`.
///
/// ```
/// use metaplast_tensor::kernels::{Write, matvec};
/// let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let mut y = [0.0; 2];
/// matvec(&a, &[1.0, 0.0, -1.0], &mut y, Write::Set);
/// assert_eq!(y, [-2.0, -2.0]);
/// ```
#[track_caller]
pub fn matvec<T: Scalar>(a: &[T], x: &[T], y: &mut [T], write: Write) {
    check_matrix("matvec", "A", a, y.len(), x.len());
    if x.len() > CHAIN {
        for (y, a) in y.iter_mut().zip(a.chunks_exact(x.len())) {
            put(std::array::from_mut(y), [long_dot(a, x)], write);
        }
        return;
    }
    T::kernel_matvec(a, x, y, write);
}

/// Rows per pass; each keeps sixteen lanes in registers and shares the loads of `x`.
const ROWS: usize = 4;

pub(crate) struct MatVec<'a, T> {
    pub(crate) a: &'a [T],
    pub(crate) x: &'a [T],
    pub(crate) y: &'a mut [T],
    pub(crate) write: Write,
}

impl<T: Scalar> Kernel for MatVec<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<C: Code>(self) {
        let cols = self.x.len();
        const { assert!(FEW == 4) };
        match cols {
            1 => return self.rows_of_few::<C, 1>(),
            2 => return self.rows_of_few::<C, 2>(),
            3 => return self.rows_of_few::<C, 3>(),
            4 => return self.rows_of_few::<C, 4>(),
            _ => {}
        }
        let (mut y, mut a) = (self.y, self.a);
        if const { C::UNROLLED } {
            let (groups, rest) = y.as_chunks_mut::<ROWS>();
            let (a_groups, a_rest) = a.split_at(groups.len() * ROWS * cols);
            for (g, y) in groups.iter_mut().enumerate() {
                let a = &a_groups[g * ROWS * cols..][..ROWS * cols];
                put(y, row_dots::<T, C>(a, self.x), self.write);
            }
            (y, a) = (rest, a_rest);
        }
        for (i, y) in y.iter_mut().enumerate() {
            let sum = dots::<T, C, 1>([&a[i * cols..][..cols]], self.x);
            put(std::array::from_mut(y), sum, self.write);
        }
    }
}

impl<T: Scalar> MatVec<'_, T> {
    /// Rows of `N` elements, at most [`FEW`].
    #[inline(always)]
    fn rows_of_few<C: Code, const N: usize>(self) {
        let ([x], []) = self.x.as_chunks::<N>() else {
            unreachable!("N elements");
        };
        for (y, row) in self.y.iter_mut().zip(self.a.as_chunks::<N>().0) {
            let sum = dot_of_few::<T, C, N>(row, x);
            put(std::array::from_mut(y), [sum], self.write);
        }
    }
}

/// The dot products of four consecutive rows with `x`.
#[inline(always)]
pub(crate) fn row_dots<T: Scalar, C: Code>(a: &[T], x: &[T]) -> [T; ROWS] {
    let (first, second) = a.split_at(2 * x.len());
    let (row_0, row_1) = first.split_at(x.len());
    let (row_2, row_3) = second.split_at(x.len());
    dots::<T, C, ROWS>([row_0, row_1, row_2, row_3], x)
}

/// Stores or adds a handful of results.
#[inline(always)]
pub(crate) fn put<T: Scalar, const N: usize>(into: &mut [T; N], sums: [T; N], write: Write) {
    match write {
        Write::Set => *into = sums,
        Write::Add => {
            for (y, sum) in into.iter_mut().zip(sums) {
                *y += sum;
            }
        }
    }
}
