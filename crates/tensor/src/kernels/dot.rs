//! Dot product.

use super::dispatch::{Code, Kernel};
use super::lanes::{CHAIN, dots};
use super::pairs::Pairs;
use crate::Scalar;

/// The dot product of two vectors of one length, in sixteen lanes and, beyond 1024 numbers, in
/// parts of 1024 that are added in pairs.
///
/// |error| ≤ (68 + ⌈log₂(n/1024)⌉) u Σ|x y|, with u half a unit in the last place of one.
///
/// ```
/// use metaplast_tensor::kernels::dot;
/// assert_eq!(dot(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), 32.0);
/// ```
#[must_use]
#[track_caller]
pub fn dot<T: Scalar>(x: &[T], y: &[T]) -> T {
    assert_eq!(x.len(), y.len(), "dot: the vectors differ in length");
    long_dot(x, y)
}

/// [`dot`] of vectors that are known to have one length.
pub(super) fn long_dot<T: Scalar>(x: &[T], y: &[T]) -> T {
    if x.len() <= CHAIN {
        return T::kernel_dot(x, y);
    }
    let mut pairs = Pairs::<T, 1>::new();
    for (x, y) in x.chunks(CHAIN).zip(y.chunks(CHAIN)) {
        pairs.push([T::kernel_dot(x, y)]);
    }
    pairs.finish()[0]
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
