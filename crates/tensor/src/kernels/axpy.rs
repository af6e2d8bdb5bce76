//! Axpy: a multiple of one vector added to another.

use super::combine::{Keep, combine};
use super::dispatch::{Code, Kernel};
use crate::Scalar;

/// y ← y + α x.
///
/// ```
/// use metaplast_tensor::kernels::axpy;
/// let mut y = [1.0, 1.0];
/// axpy(2.0, &[3.0, 4.0], &mut y);
/// assert_eq!(y, [7.0, 9.0]);
/// ```
#[track_caller]
pub fn axpy<T: Scalar>(alpha: T, x: &[T], y: &mut [T]) {
    assert_eq!(x.len(), y.len(), "axpy: the vectors differ in length");
    T::kernel_axpy(alpha, x, y);
}

pub(crate) struct Axpy<'a, T> {
    pub(crate) alpha: T,
    pub(crate) x: &'a [T],
    pub(crate) y: &'a mut [T],
}

impl<T: Scalar> Kernel for Axpy<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<C: Code>(self) {
        combine::<T, Keep, C, 1, 1>([self.y], [[self.alpha]], [self.x], Keep);
    }
}
