//! Axes that a reduction runs over.

use std::ops::Range;

use metaplast_tensor::broadcast::{for_each_run, sum_to};
use metaplast_tensor::{Scalar, Shape};

/// A set of axes, and whether they stay with extent 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axes {
    set: u32,
    keep: bool,
}

impl Axes {
    /// # Panics
    /// When an axis is given twice or `shape` does not have it.
    #[track_caller]
    pub(super) fn new(op: &str, shape: &Shape, axes: &[usize], keep: bool) -> Self {
        let mut set = 0;
        for &axis in axes {
            assert!(
                axis < shape.rank() && axis < 32 && set & (1 << axis) == 0,
                "{op}: axes {axes:?} of shape {shape}"
            );
            set |= 1 << axis;
        }
        Axes { set, keep }
    }

    /// Every axis, none of them kept.
    pub(super) fn all(shape: &Shape) -> Self {
        assert!(
            shape.rank() < 32,
            "reduction: more axes than fit in shape {shape}"
        );
        let set = (0..shape.rank()).fold(0, |set, axis| set | 1 << axis);
        Axes { set, keep: false }
    }

    pub(super) fn contains(self, axis: usize) -> bool {
        self.set & (1 << axis) != 0
    }

    /// The shape with extent 1 along the axes.
    fn flat(self, shape: &Shape) -> Shape {
        let mut dims = [0; 32];
        let dims = &mut dims[..shape.rank()];
        dims.copy_from_slice(shape.dims());
        for (axis, dim) in dims.iter_mut().enumerate() {
            if self.contains(axis) {
                *dim = 1;
            }
        }
        Shape::from(&*dims)
    }

    /// The shape after the reduction.
    #[track_caller]
    pub(super) fn reduced(self, shape: &Shape) -> Shape {
        if self.keep {
            return self.flat(shape);
        }
        let mut dims = [0; 32];
        let mut rank = 0;
        for (axis, &dim) in shape.dims().iter().enumerate() {
            if !self.contains(axis) {
                dims[rank] = dim;
                rank += 1;
            }
        }
        Shape::from(&dims[..rank])
    }

    /// How many elements become one.
    pub(super) fn count(self, shape: &Shape) -> usize {
        let dims = shape.dims().iter().enumerate();
        dims.filter(|(axis, _)| self.contains(*axis))
            .map(|(_, &dim)| dim)
            .product()
    }

    /// Adds the sums of `x` to `into`.
    pub(super) fn sum<T: Scalar>(self, shape: &Shape, x: &[T], into: &mut [T]) {
        sum_to(x, shape, into, &self.flat(shape));
    }

    /// Calls `f` with runs of elements and where the results stand into which they go: as many, or
    /// one for all of them.
    pub(super) fn runs(self, shape: &Shape, mut f: impl FnMut(Range<usize>, Range<usize>)) {
        let flat = self.flat(shape);
        for_each_run(shape, &flat, &flat, |run| {
            let len = if run.left_step == 0 { 1 } else { run.len };
            f(run.out..run.out + run.len, run.left..run.left + len);
        });
    }
}

/// Pairs of an element of `x` and the result that it goes into, one of as many or the only one.
pub(super) fn each<T: Copy>(x: &mut [T], y: &[T], mut f: impl FnMut(&mut T, T)) {
    match *y {
        [y] => x.iter_mut().for_each(|x| f(x, y)),
        _ => x.iter_mut().zip(y).for_each(|(x, &y)| f(x, y)),
    }
}
