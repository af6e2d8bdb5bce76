//! Operations that put elements in other places: `y_o = x_i` for pairs of places, 0 elsewhere.
//!
//! The vjp goes back along the same pairs: `x̄_i += ȳ_o`. An operation of this kind is therefore
//! its shape and its pairs, and nothing else.

use metaplast_tensor::{Scalar, Shape};

use crate::op::{Adjoints, Inputs};

/// An operation that puts elements in other places.
pub(super) trait Rearrange {
    const NAME: &'static str;

    /// The result's shape.
    ///
    /// # Panics
    /// When the operand does not fit.
    fn shape(&self, operand: &Shape) -> Shape;

    /// Calls `f` with pairs of places of the result and the operand. A place of the result comes
    /// at most once.
    fn pairs(&self, operand: &Shape, f: impl FnMut(usize, usize));
}

pub(super) fn forward<T: Scalar>(op: &impl Rearrange, inputs: &Inputs<'_, T>, y: &mut [T]) {
    let x = inputs.value(0);
    op.pairs(inputs.shape(0), |to, from| y[to] = x[from]);
}

pub(super) fn vjp<T: Scalar>(
    op: &impl Rearrange,
    inputs: &Inputs<'_, T>,
    dy: &[T],
    adjoints: &mut Adjoints<'_, T>,
) {
    let Some(dx) = adjoints.of(0) else { return };
    op.pairs(inputs.shape(0), |to, from| dx[from] += dy[to]);
}

/// Makes a [`Rearrange`] an operation.
macro_rules! rearrange_op {
    ($($op:ident),*) => {
        $(impl<T: metaplast_tensor::Scalar> crate::op::Op<T> for $op {
            fn name(&self) -> &'static str {
                <$op as crate::ops::rearrange::Rearrange>::NAME
            }

            fn shape(&self, operands: &[&metaplast_tensor::Shape]) -> metaplast_tensor::Shape {
                crate::ops::rearrange::Rearrange::shape(self, operands[0])
            }

            fn forward(&self, inputs: &crate::op::Inputs<'_, T>, output: &mut [T]) {
                crate::ops::rearrange::forward(self, inputs, output);
            }

            fn vjp(
                &self,
                inputs: &crate::op::Inputs<'_, T>,
                _: &[T],
                output_adjoint: &[T],
                adjoints: &mut crate::op::Adjoints<'_, T>,
            ) {
                crate::ops::rearrange::vjp(self, inputs, output_adjoint, adjoints);
            }
        })*
    };
}
pub(super) use rearrange_op;

/// A shape seen from one axis: how many blocks, the axis, how many elements within.
pub(super) fn around(shape: &Shape, axis: usize) -> (usize, usize, usize) {
    let dims = shape.dims();
    let outer = dims[..axis].iter().product();
    (outer, dims[axis], dims[axis + 1..].iter().product())
}

/// This shape with another extent along one axis.
pub(super) fn with_extent(shape: &Shape, axis: usize, extent: usize) -> Shape {
    let mut dims: smallvec::SmallVec<[usize; 8]> = shape.dims().into();
    dims[axis] = extent;
    Shape::from(&*dims)
}

#[track_caller]
pub(super) fn assert_axis(op: &str, shape: &Shape, axis: usize) {
    assert!(axis < shape.rank(), "{op}: axis {axis} of shape {shape}");
}

/// Calls `f` with the places `0..` of an array of extents `dims` and the places that `strides`
/// give to the same elements.
pub(super) fn walk_strided(dims: &[usize], strides: &[usize], mut f: impl FnMut(usize, usize)) {
    let total: usize = dims.iter().product();
    let mut index: smallvec::SmallVec<[usize; 8]> = smallvec::smallvec![0; dims.len()];
    let mut place = 0;
    for i in 0..total {
        f(i, place);
        for axis in (0..dims.len()).rev() {
            index[axis] += 1;
            place += strides[axis];
            if index[axis] < dims[axis] {
                break;
            }
            place -= strides[axis] * dims[axis];
            index[axis] = 0;
        }
    }
}
