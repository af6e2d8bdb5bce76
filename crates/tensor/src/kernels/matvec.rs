//! Matrix times vector: one dot product a row.

use super::Write;
use super::dispatch::Kernel;
use super::lanes::dots;
use crate::Scalar;

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
    fn run<const FMA: bool>(self) {
        let cols = self.x.len();
        let (groups, rest) = self.y.as_chunks_mut::<ROWS>();
        let (a_groups, a_rest) = self.a.split_at(groups.len() * ROWS * cols);
        for (g, y) in groups.iter_mut().enumerate() {
            let a = &a_groups[g * ROWS * cols..][..ROWS * cols];
            put(y, row_dots::<T, FMA>(a, self.x), self.write);
        }
        for (i, y) in rest.iter_mut().enumerate() {
            let sum = dots::<T, FMA, 1>([&a_rest[i * cols..][..cols]], self.x);
            put(std::array::from_mut(y), sum, self.write);
        }
    }
}

/// The dot products of four consecutive rows with `x`.
#[inline(always)]
pub(crate) fn row_dots<T: Scalar, const FMA: bool>(a: &[T], x: &[T]) -> [T; ROWS] {
    let (first, second) = a.split_at(2 * x.len());
    let (row_0, row_1) = first.split_at(x.len());
    let (row_2, row_3) = second.split_at(x.len());
    dots::<T, FMA, ROWS>([row_0, row_1, row_2, row_3], x)
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
