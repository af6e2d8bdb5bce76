//! The largest of many sizes.

use super::dispatch::Kernel;
use super::lanes::{Block, LANES};
use crate::Scalar;
use crate::padded::Aligned;

/// Of a vector.
pub(crate) struct MaxAbs<'a, T> {
    pub(crate) x: &'a [T],
}

/// Of rows of a padded matrix, whose padding is zero.
pub struct MaxAbsBlocks<'a, T> {
    pub(crate) blocks: &'a [Aligned<T>],
}

impl<T: Scalar> Kernel for MaxAbs<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<const FMA: bool>(self) -> T {
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

impl<T: Scalar> Kernel for MaxAbsBlocks<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<const FMA: bool>(self) -> T {
        let mut lanes = [T::ZERO; LANES];
        for block in self.blocks {
            raise_lanes(&block.0, &mut lanes);
        }
        largest(&lanes)
    }
}

#[inline(always)]
fn raise_lanes<T: Scalar>(block: &Block<T>, lanes: &mut Block<T>) {
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
fn largest<T: Scalar>(lanes: &Block<T>) -> T {
    let mut most = T::ZERO;
    for l in 0..LANES {
        most = if lanes[l] > most { lanes[l] } else { most };
    }
    most
}
