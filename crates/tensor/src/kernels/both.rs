//! Products with a matrix and with its transpose in one pass over it.

use super::Write;
use super::combine::{Keep, combine};
use super::dispatch::Kernel;
use super::lanes::dots;
use super::matvec::{put, row_dots};
use crate::Scalar;

/// Rows read once from memory and then reused from the first-level cache.
const ROWS: usize = 4;

#[doc(hidden)]
pub struct MatVecBoth<'a, 'b, 'c, T> {
    pub(crate) a: &'a [T],
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) xs_cols: &'a [&'a [T]],
    pub(crate) out_rows: &'a mut [&'b mut [T]],
    pub(crate) xs_rows: &'a [&'a [T]],
    pub(crate) out_cols: &'a mut [&'c mut [T]],
}

impl<T: Scalar> Kernel for MatVecBoth<'_, '_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        let cols = self.cols;
        for i in (0..self.rows).step_by(ROWS) {
            let height = ROWS.min(self.rows - i);
            let a = &self.a[i * cols..][..height * cols];

            for (x, out) in self.xs_cols.iter().zip(self.out_rows.iter_mut()) {
                let out = &mut out[i..i + height];
                if let Some(out) = out.first_chunk_mut::<ROWS>() {
                    put(out, row_dots::<T, FMA>(a, x), Write::Add);
                } else {
                    for (r, out) in out.iter_mut().enumerate() {
                        let sum = dots::<T, FMA, 1>([&a[r * cols..][..cols]], x);
                        put(std::array::from_mut(out), sum, Write::Add);
                    }
                }
            }
            for (x, out) in self.xs_rows.iter().zip(self.out_cols.iter_mut()) {
                add_rows::<T, FMA>(a, &x[i..i + height], out);
            }
        }
    }
}

/// Adds the rows of `a` (four at most) times their coefficients, those with a zero left out.
#[inline(always)]
fn add_rows<T: Scalar, const FMA: bool>(a: &[T], coefficients: &[T], out: &mut [T]) {
    let cols = out.len();
    let mut rows: [&[T]; ROWS] = [&[]; ROWS];
    let mut c = [T::ZERO; ROWS];
    let mut count = 0;
    for (r, &coefficient) in coefficients.iter().enumerate() {
        if !coefficient.is_zero() {
            rows[count] = &a[r * cols..][..cols];
            c[count] = coefficient;
            count += 1;
        }
    }
    let [row_0, row_1, row_2, row_3] = rows;
    let [c_0, c_1, c_2, c_3] = c;
    match count {
        0 => {}
        1 => combine::<T, _, FMA, 1, 1>([out], [[c_0]], [row_0], Keep),
        2 => combine::<T, _, FMA, 1, 2>([out], [[c_0, c_1]], [row_0, row_1], Keep),
        3 => combine::<T, _, FMA, 1, 3>([out], [[c_0, c_1, c_2]], [row_0, row_1, row_2], Keep),
        _ => combine::<T, _, FMA, 1, 4>(
            [out],
            [[c_0, c_1, c_2, c_3]],
            [row_0, row_1, row_2, row_3],
            Keep,
        ),
    }
}
