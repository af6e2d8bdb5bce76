//! Broadcasting: walking over arrays of different shapes as if they were expanded to one, and its
//! adjoint, the sum over what was repeated.

use smallvec::SmallVec;

use crate::{Scalar, Shape, kernels};

type Strides = SmallVec<[usize; 4]>;

/// Neighbouring elements of a broadcast result, and where those of the operands stand that belong
/// to them; a step of 0 repeats the same element, otherwise it is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Run {
    /// First element of the result.
    pub out: usize,
    /// Number of elements.
    pub len: usize,
    /// First element of the left operand.
    pub left: usize,
    /// How far apart those of the left operand are: 0 or 1.
    pub left_step: usize,
    /// First element of the right operand.
    pub right: usize,
    /// How far apart those of the right operand are: 0 or 1.
    pub right_step: usize,
}

/// Calls `f` for every [`Run`] of the broadcast result, in row-major order. Axes along which both
/// operands go on in the same way are joined, so that the runs are as long as they can be.
///
/// Nothing is allocated up to rank 4.
///
/// ```
/// use metaplast_tensor::{Shape, broadcast::for_each_run};
///
/// let (column, rows) = (Shape::from([2, 1, 1]), Shape::from([2, 3, 5]));
/// let mut seen = Vec::new();
/// for_each_run(&rows, &column, &rows, |run| seen.push((run.len, run.left, run.left_step)));
/// assert_eq!(seen, [(15, 0, 0), (15, 1, 0)]);
/// ```
///
/// # Panics
///
/// When an operand does not broadcast to `out`.
#[track_caller]
pub fn for_each_run(out: &Shape, left: &Shape, right: &Shape, mut f: impl FnMut(Run)) {
    walk(out, left, right, &mut f);
}

/// [`for_each_run`], compiled once: a run is long, and a call costs little beside it.
#[track_caller]
fn walk(out: &Shape, left: &Shape, right: &Shape, f: &mut dyn FnMut(Run)) {
    let left_strides = expanded_strides(left, out);
    let right_strides = expanded_strides(right, out);
    if out.len() == 0 {
        return;
    }
    // Extent and strides of axes that are joined, the innermost first.
    let mut axes: SmallVec<[[usize; 3]; 4]> = SmallVec::new();
    for axis in (0..out.rank()).rev() {
        let [extent, l, r] = [out.dims()[axis], left_strides[axis], right_strides[axis]];
        match axes.last_mut() {
            _ if extent == 1 => {}
            Some([inner, inner_l, inner_r]) if l == *inner * *inner_l && r == *inner * *inner_r => {
                *inner *= extent;
            }
            _ => axes.push([extent, l, r]),
        }
    }
    let [len, left_step, right_step] = axes.first().copied().unwrap_or([1, 0, 0]);
    let outer = axes.get(1..).unwrap_or_default();
    let mut index: Strides = SmallVec::from_elem(0, outer.len());
    let mut run = Run {
        out: 0,
        len,
        left: 0,
        left_step,
        right: 0,
        right_step,
    };
    loop {
        f(run);
        run.out += len;
        let mut done = true;
        for (at, &[extent, l, r]) in index.iter_mut().zip(outer) {
            *at += 1;
            run.left += l;
            run.right += r;
            if *at < extent {
                done = false;
                break;
            }
            run.left -= l * extent;
            run.right -= r * extent;
            *at = 0;
        }
        if done {
            return;
        }
    }
}

/// Calls `f(out_index, left_index, right_index)` for every element of the broadcast result, in
/// row-major order, with the positions of the elements of the operands that belong to it.
///
/// Nothing is allocated up to rank 4. Loops that should be fast take [`for_each_run`].
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
    for_each_run(out, left, right, |run| {
        for j in 0..run.len {
            f(
                run.out + j,
                run.left + j * run.left_step,
                run.right + j * run.right_step,
            );
        }
    });
}

/// Sums `from` down into `into` (+=) along every axis that broadcasting would have expanded: the
/// adjoint of broadcasting `into_shape` to `from_shape`.
///
/// The sums are those of [`kernels::sum_rows`] and [`kernels::sum_columns`], which keep their
/// digits; axes apart from each other are summed one after the other, the last one first.
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
    let strides = expanded_strides(into_shape, from_shape);
    if from.is_empty() {
        return;
    }
    // Extents that are summed and kept by turns, outermost first.
    let mut axes: SmallVec<[(usize, bool); 4]> = SmallVec::new();
    for (&extent, stride) in from_shape.dims().iter().zip(strides) {
        let summed = stride == 0;
        match axes.last_mut() {
            _ if extent == 1 => {}
            Some((outer, same)) if *same == summed => *outer *= extent,
            _ => axes.push((extent, summed)),
        }
    }
    sum_axes(from, &mut axes, into);
}

/// Sums over the axes of which this is said, and the kept ones between them.
fn sum_axes<T: Scalar>(from: &[T], axes: &mut [(usize, bool)], into: &mut [T]) {
    let Some(last) = axes.iter().rposition(|&(_, summed)| summed) else {
        for (into, &x) in into.iter_mut().zip(from) {
            *into += x;
        }
        return;
    };
    let extent = axes[last].0;
    let inner = axes.get(last + 1).map_or(1, |&(inner, _)| inner);
    if last < 2 {
        return sum_middle(from, extent, inner, into);
    }
    let mut sums = vec![T::ZERO; from.len() / extent];
    sum_middle(from, extent, inner, &mut sums);
    axes[last - 1].0 *= inner;
    sum_axes(&sums, &mut axes[..last], into);
}

/// Adds to `into` the sums of `[…, extent, inner]` over the axis in the middle.
pub(crate) fn sum_middle<T: Scalar>(from: &[T], extent: usize, inner: usize, into: &mut [T]) {
    if inner == 1 {
        return kernels::sum_rows(from, into);
    }
    for (from, into) in from
        .chunks_exact(extent * inner)
        .zip(into.chunks_exact_mut(inner))
    {
        kernels::sum_columns(from, into);
    }
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
