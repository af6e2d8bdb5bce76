//! Broadcasting: walking over arrays of different shapes as if they were expanded to one, and its
//! adjoint.

use smallvec::SmallVec;

use crate::{Scalar, Shape};

type Strides = SmallVec<[usize; 4]>;

/// Calls `f(out_index, left_index, right_index)` for every element of the broadcast result, in
/// row-major order, with the positions of the elements of the operands that belong to it.
///
/// Nothing is allocated up to rank 4.
///
/// ```
/// use metaplast_tensor::{Shape, broadcast::for_each_broadcast};
///
/// let (column, row) = (Shape::from([2, 1]), Shape::from([2]));
/// let mut seen = Vec::new();
/// for_each_broadcast(&Shape::from([2, 2]), &column, &row, |o, l, r| seen.push((o, l, r)));
/// assert_eq!(seen, [(0, 0, 0), (1, 0, 1), (2, 1, 0), (3, 1, 1)]);
/// ```
///
/// # Panics
///
/// When an operand does not broadcast to `out`.
#[track_caller]
pub fn for_each_broadcast(
    out: &Shape,
    left: &Shape,
    right: &Shape,
    mut f: impl FnMut(usize, usize, usize),
) {
    let left_strides = expanded_strides(left, out);
    let right_strides = expanded_strides(right, out);
    let total = out.len();
    if total == 0 {
        return;
    }
    let Some((&inner, outer)) = out.dims().split_last() else {
        return f(0, 0, 0);
    };
    let (left_step, right_step) = (left_strides[outer.len()], right_strides[outer.len()]);
    let mut index: Strides = SmallVec::from_elem(0, outer.len());
    let (mut l, mut r) = (0, 0);
    for start in (0..total).step_by(inner) {
        for j in 0..inner {
            f(start + j, l + j * left_step, r + j * right_step);
        }
        for axis in (0..outer.len()).rev() {
            index[axis] += 1;
            l += left_strides[axis];
            r += right_strides[axis];
            if index[axis] < outer[axis] {
                break;
            }
            l -= left_strides[axis] * outer[axis];
            r -= right_strides[axis] * outer[axis];
            index[axis] = 0;
        }
    }
}

/// Sums `from` down into `into` (+=) along every axis that broadcasting would have expanded: the
/// adjoint of broadcasting `into_shape` to `from_shape`.
///
/// ```
/// use metaplast_tensor::{Shape, broadcast::sum_to};
///
/// let mut columns = [100.0, 200.0];
/// sum_to(&[1.0, 2.0, 3.0, 4.0], &Shape::from([2, 2]), &mut columns, &Shape::from([2]));
/// assert_eq!(columns, [104.0, 206.0]);
/// ```
///
/// # Panics
///
/// When `into_shape` does not broadcast to `from_shape` or a slice does not have its shape's
/// length.
#[track_caller]
pub fn sum_to<T: Scalar>(from: &[T], from_shape: &Shape, into: &mut [T], into_shape: &Shape) {
    assert_eq!(
        from.len(),
        from_shape.len(),
        "sum_to: data of shape {from_shape}"
    );
    assert_eq!(
        into.len(),
        into_shape.len(),
        "sum_to: data of shape {into_shape}"
    );
    if from_shape == into_shape {
        for (into, &from) in into.iter_mut().zip(from) {
            *into += from;
        }
        return;
    }
    for_each_broadcast(from_shape, into_shape, into_shape, |o, i, _| {
        into[i] += from[o]
    });
}

/// Strides that stay in place along expanded axes, one for each axis of `out`.
#[track_caller]
fn expanded_strides(shape: &Shape, out: &Shape) -> Strides {
    let fits = shape.rank() <= out.rank();
    assert!(fits, "broadcast: {shape} does not broadcast to {out}");
    let offset = out.rank() - shape.rank();
    let mut strides: Strides = SmallVec::from_elem(0, out.rank());
    for (axis, stride) in shape.strides().into_iter().enumerate() {
        let (dim, wanted) = (shape.dims()[axis], out.dims()[offset + axis]);
        assert!(
            dim == wanted || dim == 1,
            "broadcast: {shape} does not broadcast to {out}"
        );
        strides[offset + axis] = if dim == 1 { 0 } else { stride };
    }
    strides
}
