//! The dot product.

use super::dispatch::Kernel;
use super::lanes::dots;
use crate::Scalar;

pub(crate) struct Dot<'a, T> {
    pub(crate) x: &'a [T],
    pub(crate) y: &'a [T],
}

impl<T: Scalar> Kernel for Dot<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<const FMA: bool>(self) -> T {
        dots::<T, FMA, 1>([self.x], self.y)[0]
    }
}
