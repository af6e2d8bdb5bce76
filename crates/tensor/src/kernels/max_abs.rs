//! Infinity norm.

use super::dispatch::{Code, Kernel};
use super::lanes::{Block, LANES};
use crate::Scalar;

/// `max_i |x_i|`, the infinity norm: zero of no elements, and NaN is passed over.
///
/// ```
/// use metaplast_tensor::kernels::max_abs;
/// assert_eq!(max_abs(&[1.0, -3.0, f64::NAN]), 3.0);
/// assert_eq!(max_abs::<f32>(&[]), 0.0);
/// ```
#[must_use]
pub fn max_abs<T: Scalar>(x: &[T]) -> T {
    T::kernel_max_abs(x)
}

pub(crate) struct MaxAbs<'a, T> {
    pub(crate) x: &'a [T],
}

impl<T: Scalar> Kernel for MaxAbs<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<C: Code>(self) -> T {
        let mut lanes = [T::ZERO; LANES];
        let (blocks, rest) = self.x.as_chunks::<LANES>();
        for block in blocks {
            raise_lanes(block, &mut lanes);
        }
        for l in 0..rest.len() {
            raise(rest[l], &mut lanes[l]);
        }
        largest(&lanes)
    }
}

#[inline(always)]
pub(super) fn raise_lanes<T: Scalar>(block: &Block<T>, lanes: &mut Block<T>) {
    for l in 0..LANES {
        raise(block[l], &mut lanes[l]);
    }
}

/// No comparison with NaN is true, so that NaN is passed over.
#[inline(always)]
fn raise<T: Scalar>(x: T, most: &mut T) {
    let size = x.abs();
    *most = if size > *most { size } else { *most };
}

#[inline(always)]
pub(super) fn largest<T: Scalar>(lanes: &Block<T>) -> T {
    let mut most = T::ZERO;
    for l in 0..LANES {
        most = if lanes[l] > most { lanes[l] } else { most };
    }
    most
}
