//! A multiple of one vector added to another.

use super::combine::{Keep, combine};
use super::dispatch::Kernel;
use crate::Scalar;

pub(crate) struct Axpy<'a, T> {
    pub(crate) alpha: T,
    pub(crate) x: &'a [T],
    pub(crate) y: &'a mut [T],
}

impl<T: Scalar> Kernel for Axpy<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        combine::<T, Keep, FMA, 1, 1>([self.y], [[self.alpha]], [self.x], Keep);
    }
}
