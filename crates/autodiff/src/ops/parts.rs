//! Slices of an axis, padding, concatenation and stacking.
//!
//! The vjps bring adjoints back to where the elements came from (see `rearrange.rs`).

use std::ops::Range;

use metaplast_tensor::{Scalar, Shape};
use smallvec::SmallVec;

use super::rearrange::{Rearrange, Stretch, around, assert_axis, rearrange_op, with_extent};
use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// `len` places of an axis from `start` on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Narrow {
    axis: u32,
    start: u32,
    len: u32,
}

impl Rearrange for Narrow {
    const NAME: &'static str = "narrow";

    fn shape(&self, operand: &Shape) -> Shape {
        with_extent(operand, self.axis as usize, self.len as usize)
    }

    fn stretches(&self, operand: &Shape, mut f: impl FnMut(Stretch)) {
        let (outer, extent, inner) = around(operand, self.axis as usize);
        let (run, skip) = (self.len as usize * inner, self.start as usize * inner);
        for block in 0..outer {
            let from = block * extent * inner + skip;
            f(Stretch::copy(block * run, from, run));
        }
    }
}

/// Zeros before and after along an axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pad {
    axis: u32,
    before: u32,
    after: u32,
}

impl Rearrange for Pad {
    const NAME: &'static str = "pad";

    fn shape(&self, operand: &Shape) -> Shape {
        let axis = self.axis as usize;
        let border = self.before as usize + self.after as usize;
        let extent = operand.dims()[axis].saturating_add(border);
        with_extent(operand, axis, extent)
    }

    fn stretches(&self, operand: &Shape, mut f: impl FnMut(Stretch)) {
        let (outer, extent, inner) = around(operand, self.axis as usize);
        let (run, skip) = (extent * inner, self.before as usize * inner);
        let stride = run + (self.before as usize + self.after as usize) * inner;
        for block in 0..outer {
            f(Stretch::copy(block * stride + skip, block * run, run));
        }
    }
}

/// The places of an axis in reverse order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flip {
    axis: u32,
}

impl Rearrange for Flip {
    const NAME: &'static str = "flip";

    fn shape(&self, operand: &Shape) -> Shape {
        operand.clone()
    }

    fn stretches(&self, operand: &Shape, mut f: impl FnMut(Stretch)) {
        let (outer, extent, inner) = around(operand, self.axis as usize);
        for block in 0..outer {
            for place in 0..extent {
                let to = (block * extent + place) * inner;
                let from = (block * extent + extent - 1 - place) * inner;
                f(Stretch::copy(to, from, inner));
            }
        }
    }
}

rearrange_op!(Narrow, Pad, Flip);

/// Operands one after the other along an axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Concat {
    axis: u32,
}

impl Concat {
    /// Calls `f` with the operand, and ranges of the result and of the operand that correspond.
    fn runs<T: Scalar>(
        self,
        inputs: &Inputs<'_, T>,
        mut f: impl FnMut(usize, Range<usize>, Range<usize>),
    ) {
        let axis = self.axis as usize;
        let lengths = (0..inputs.len()).map(|k| {
            let (_, extent, inner) = around(inputs.shape(k), axis);
            extent * inner
        });
        let stride: usize = lengths.clone().sum();
        let (outer, ..) = around(inputs.shape(0), axis);
        let mut offset = 0;
        for (operand, length) in lengths.enumerate() {
            for block in 0..outer {
                let (to, from) = (block * stride + offset, block * length);
                f(operand, to..to + length, from..from + length);
            }
            offset += length;
        }
    }
}

impl<T: Scalar> Op<T> for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let (first, axis) = (operands[0], self.axis as usize);
        let mut extent = 0;
        for shape in operands {
            let fits = shape.rank() == first.rank()
                && with_extent(shape, axis, 0) == with_extent(first, axis, 0);
            assert!(fits, "concat: shapes {first} and {shape} along axis {axis}");
            extent = shape.dims()[axis].saturating_add(extent);
        }
        with_extent(first, axis, extent)
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        self.runs(inputs, |operand, to, from| {
            output[to].copy_from_slice(&inputs.value(operand)[from]);
        });
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], dy: &[T], adjoints: &mut Adjoints<'_, T>) {
        self.runs(inputs, |operand, to, from| {
            let Some(dx) = adjoints.of(operand) else {
                return;
            };
            for (dx, &dy) in dx[from].iter_mut().zip(&dy[to]) {
                *dx += dy;
            }
        });
    }
}

/// Values one after the other along an axis that they have.
///
/// ```
/// # use metaplast_autodiff::{Tape, concat};
/// # use metaplast_tensor::tensor;
/// let tape = Tape::<f64>::new();
/// let (x, y) = (tape.var(&tensor![1.0, 2.0]), tape.var(&tensor![3.0]));
/// assert_eq!(concat(&[x, y], 0).value(), tensor![1.0, 2.0, 3.0]);
/// ```
///
/// # Panics
/// When there are no values, the axis is not there, or shapes differ along another axis.
#[track_caller]
pub fn concat<'t, T: Scalar>(values: &[Var<'t, T>], axis: usize) -> Var<'t, T> {
    assert!(!values.is_empty(), "concat: no values");
    assert_axis("concat", &values[0].shape(), axis);
    let op = Concat { axis: axis as u32 };
    values[0].tape().apply(op.into(), values)
}

/// Values of one shape side by side along a new axis.
///
/// ```
/// # use metaplast_autodiff::{Tape, stack};
/// # use metaplast_tensor::tensor;
/// let tape = Tape::<f64>::new();
/// let (x, y) = (tape.var(&tensor![1.0, 2.0]), tape.var(&tensor![3.0, 4.0]));
/// assert_eq!(stack(&[x, y], 0).value(), tensor![[1.0, 2.0], [3.0, 4.0]]);
/// assert_eq!(stack(&[x, y], 1).value(), tensor![[1.0, 3.0], [2.0, 4.0]]);
/// ```
///
/// # Panics
/// When there are no values, shapes differ, or the axis is greater than the rank.
#[track_caller]
pub fn stack<'t, T: Scalar>(values: &[Var<'t, T>], axis: usize) -> Var<'t, T> {
    let Some(first) = values.first().map(|value| value.shape()) else {
        panic!("stack: no values");
    };
    for value in values {
        let shape = value.shape();
        assert!(shape == first, "stack: shapes {first} and {shape}");
    }
    let values: SmallVec<[Var<'t, T>; 8]> = values.iter().map(|v| v.unsqueeze(axis)).collect();
    concat(&values, axis)
}

impl<'t, T: Scalar> Var<'t, T> {
    /// The places `places` of axis `axis`.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![1.0, 2.0, 3.0]);
    /// assert_eq!(x.narrow(0, 1..3).value(), tensor![2.0, 3.0]);
    /// assert_eq!(x.narrow(0, 1..3).sum().backward().wrt(x), tensor![0.0, 1.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// When the axis or one of the places is not there.
    #[track_caller]
    pub fn narrow(self, axis: usize, places: Range<usize>) -> Var<'t, T> {
        let shape = self.shape();
        assert_axis("narrow", &shape, axis);
        assert!(
            places.start <= places.end && places.end <= shape.dims()[axis],
            "narrow: places {places:?} along axis {axis} of shape {shape}"
        );
        let (start, len) = (places.start as u32, places.len() as u32);
        let op = Narrow {
            axis: axis as u32,
            start,
            len,
        };
        self.tape().apply(op.into(), &[self])
    }

    /// A block: the places `places[k]` of each axis `k`.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.slice(&[1..2, 0..2]).value(), tensor![[4.0, 5.0]]);
    /// ```
    ///
    /// # Panics
    /// When there are more ranges than axes or a place is not there. Axes without a range stay whole.
    #[track_caller]
    pub fn slice(self, places: &[Range<usize>]) -> Var<'t, T> {
        let mut value = self;
        for (axis, places) in places.iter().enumerate() {
            value = value.narrow(axis, places.clone());
        }
        value
    }

    /// `before` zeros in front and `after` zeros behind, along axis `axis`.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![1.0, 2.0]);
    /// assert_eq!(x.pad(0, 1, 2).value(), tensor![0.0, 1.0, 2.0, 0.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// When the axis is not there.
    #[track_caller]
    pub fn pad(self, axis: usize, before: usize, after: usize) -> Var<'t, T> {
        assert_axis("pad", &self.shape(), axis);
        let fits = |n: usize| u32::try_from(n).expect("pad: more than 2^32 places");
        let (axis, before, after) = (axis as u32, fits(before), fits(after));
        self.tape().apply(
            Pad {
                axis,
                before,
                after,
            }
            .into(),
            &[self],
        )
    }

    /// The places of axis `axis` in reverse order.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.flip(0).value(), tensor![[3.0, 4.0], [1.0, 2.0]]);
    /// ```
    ///
    /// # Panics
    /// When the axis is not there.
    #[track_caller]
    pub fn flip(self, axis: usize) -> Var<'t, T> {
        assert_axis("flip", &self.shape(), axis);
        self.tape()
            .apply(Flip { axis: axis as u32 }.into(), &[self])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::Tensor;

    use super::{concat, stack};
    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let (a, b) = (c.size(1, 4), c.size(2, 4));
        for (shape, axis) in [
            (vec![b], 0),
            (vec![a, b], 1),
            (vec![b, a], 0),
            (vec![2, b, 0], 1),
        ] {
            let x = [c.tensor(&shape, -2.0, 2.0)];
            c.check(&x, |x| x[0].square().narrow(axis, 1..b));
            c.check(&x, |x| x[0].narrow(axis, 1..1).square());
            c.check(&x, |x| x[0].square().pad(axis, 1, a));
            c.check(&x, |x| x[0].square().flip(axis));
            let mut other = shape.clone();
            other[axis] = a;
            let x = [c.tensor(&shape, -2.0, 2.0), c.tensor(&other, -2.0, 2.0)];
            c.check(&x, |x| concat(&[x[0], x[1], x[0]], axis).square());
        }
        let x = [c.tensor(&[2, 3], -2.0, 2.0)];
        c.check(&x, |x| x[0].slice(&[1..2, 1..3]).square());
        let x = [c.tensor(&[], -2.0, 2.0), c.tensor(&[], -2.0, 2.0)];
        c.check(&x, |x| stack(&[x[0], x[1]], 0).square());
    }

    #[test]
    #[should_panic(expected = "concat: shapes [2, 3] and [3, 2] along axis 0")]
    fn shapes_that_do_not_fit_are_named() {
        let tape = Tape::<f64>::new();
        let (x, y) = (
            tape.var(&Tensor::ones([2, 3])),
            tape.var(&Tensor::ones([3, 2])),
        );
        concat(&[x, y], 0);
    }

    #[test]
    #[should_panic(expected = "narrow: places 1..4 along axis 1 of shape [2, 3]")]
    fn places_that_are_not_there_are_named() {
        let tape = Tape::<f64>::new();
        tape.var(&Tensor::ones([2, 3])).narrow(1, 1..4);
    }
}
