//! Operations that put elements in other places: `y_o = x_i` for pairs of places, 0 elsewhere.
//!
//! The vjp goes back along the same pairs: `x̄_i += ȳ_o`. An operation of this kind is therefore
//! its shape and its stretches of pairs, and nothing else.

use metaplast_tensor::{Scalar, Shape};

use smallvec::{SmallVec, smallvec};

use crate::op::{Adjoints, Inputs};

/// Neighbouring places of a result, and the places of the operand that they come from, which are
/// `step` apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) to: usize,
    pub(super) from: usize,
    pub(super) len: usize,
    pub(super) step: usize,
}

impl Stretch {
    /// Places that are neighbours on both sides.
    pub(super) fn copy(to: usize, from: usize, len: usize) -> Self {
        Stretch {
            to,
            from,
            len,
            step: 1,
        }
    }

    /// One place.
    pub(super) fn one(to: usize, from: usize) -> Self {
        Stretch::copy(to, from, 1)
    }
}

/// An operation that puts elements in other places.
pub(super) trait Rearrange {
    const NAME: &'static str;

    /// The result's shape.
    ///
    /// # Panics
    /// When the operand does not fit.
    #[track_caller]
    fn shape(&self, operand: &Shape) -> Shape;

    /// Calls `f` with stretches of places of the result and the operand. A place of the result
    /// comes at most once.
    fn stretches(&self, operand: &Shape, f: impl FnMut(Stretch));
}

/// `y_o = x_i` along a stretch.
pub(super) fn put<T: Scalar>(s: Stretch, x: &[T], y: &mut [T]) {
    let y = &mut y[s.to..][..s.len];
    match s.step {
        1 => y.copy_from_slice(&x[s.from..][..s.len]),
        step => {
            let x = &x[s.from..];
            for (i, y) in y.iter_mut().enumerate() {
                *y = x[i * step];
            }
        }
    }
}

/// `x̄_i += ȳ_o` along a stretch.
pub(super) fn add_back<T: Scalar>(s: Stretch, dy: &[T], dx: &mut [T]) {
    let dy = &dy[s.to..][..s.len];
    match s.step {
        1 => dx[s.from..][..s.len]
            .iter_mut()
            .zip(dy)
            .for_each(|(dx, &dy)| *dx += dy),
        step => {
            let dx = &mut dx[s.from..];
            for (i, &dy) in dy.iter().enumerate() {
                dx[i * step] += dy;
            }
        }
    }
}

pub(super) fn forward<T: Scalar>(op: &impl Rearrange, inputs: &Inputs<'_, T>, y: &mut [T]) {
    let x = inputs.value(0);
    op.stretches(inputs.shape(0), |s| put(s, x, y));
}

pub(super) fn vjp<T: Scalar>(
    op: &impl Rearrange,
    inputs: &Inputs<'_, T>,
    dy: &[T],
    adjoints: &mut Adjoints<'_, T>,
) {
    if let Some(dx) = adjoints.of(0) {
        op.stretches(inputs.shape(0), |s| add_back(s, dy, dx));
    }
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
#[track_caller]
pub(super) fn with_extent(shape: &Shape, axis: usize, extent: usize) -> Shape {
    let mut dims: smallvec::SmallVec<[usize; 8]> = shape.dims().into();
    dims[axis] = extent;
    Shape::from(&*dims)
}

#[track_caller]
pub(super) fn assert_axis(op: &str, shape: &Shape, axis: usize) {
    assert!(axis < shape.rank(), "{op}: axis {axis} of shape {shape}");
}

/// Calls `f` with stretches of an array of extents `dims`, whose elements come from places that
/// `strides` say.
///
/// Where neighbours of the result are far apart in the operand and those of the operand far apart in
/// the result, tiles of both axes are passed one after the other, so that what is fetched with an
/// element is used while it is in cache.
pub(super) fn strided(dims: &[usize], strides: &[usize], mut f: impl FnMut(Stretch)) {
    /// Extents of a tile: neighbours in the operand, and neighbours in the result. Of the latter no
    /// more than there are ways in a cache, since all may have the same place in it.
    const TILE: [usize; 2] = [16, 8];
    // Extent, stride in the operand and stride in the result, the innermost first; axes that follow
    // one another on both sides are one.
    let mut axes: SmallVec<[[usize; 3]; 8]> = SmallVec::new();
    let mut distance = 1;
    for (&extent, &stride) in dims.iter().zip(strides).rev() {
        match axes.last_mut() {
            _ if extent == 1 => {}
            Some([inner, inner_stride, _]) if stride == *inner * *inner_stride => *inner *= extent,
            _ => axes.push([extent, stride, distance]),
        }
        distance *= extent;
    }
    if distance == 0 {
        return;
    }
    let Some(&[len, step, _]) = axes.first() else {
        return f(Stretch::one(0, 0));
    };
    let near = (1..axes.len()).find(|&axis| axes[axis][1] == 1);
    let (across, outer): (Option<[usize; 3]>, SmallVec<[[usize; 3]; 8]>) = match near {
        Some(near) if step != 1 => {
            let others = (1..axes.len()).filter(|&axis| axis != near);
            (Some(axes[near]), others.map(|axis| axes[axis]).collect())
        }
        _ => (None, axes[1..].into()),
    };
    let mut index: SmallVec<[usize; 8]> = smallvec![0; outer.len()];
    let (mut to, mut from) = (0, 0);
    loop {
        match across {
            None => f(Stretch {
                to,
                from,
                len,
                step,
            }),
            Some([rows, _, distance]) => {
                for row in (0..rows).step_by(TILE[0]) {
                    for col in (0..len).step_by(TILE[1]) {
                        for r in row..rows.min(row + TILE[0]) {
                            f(Stretch {
                                to: to + r * distance + col,
                                from: from + r + col * step,
                                len: TILE[1].min(len - col),
                                step,
                            });
                        }
                    }
                }
            }
        }
        let mut done = true;
        for (at, &[extent, stride, distance]) in index.iter_mut().zip(&outer) {
            *at += 1;
            to += distance;
            from += stride;
            if *at < extent {
                done = false;
                break;
            }
            to -= distance * extent;
            from -= stride * extent;
            *at = 0;
        }
        if done {
            return;
        }
    }
}
