//! Dot product.

use super::dispatch::{Code, Kernel};
use super::lanes::dots;
use crate::Scalar;

/// The dot product of two vectors of one length.
///
/// ```
/// use metaplast_tensor::kernels::dot;
/// assert_eq!(dot(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), 32.0);
/// ```
#[must_use]
#[track_caller]
pub fn dot<T: Scalar>(x: &[T], y: &[T]) -> T {
    assert_eq!(x.len(), y.len(), "dot: the vectors differ in length");
    T::kernel_dot(x, y)
}

pub(crate) struct Dot<'a, T> {
    pub(crate) x: &'a [T],
    pub(crate) y: &'a [T],
}

impl<T: Scalar> Kernel for Dot<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<C: Code>(self) -> T {
        dots::<T, C, 1>([self.x], self.y)[0]
    }
}
