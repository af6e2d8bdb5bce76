//! Indexing: elements chosen by index.
//!
//! ```text
//! index_select  y_oji = x_o,index[j],i                     x̄_o,index[j],i += ȳ_oji
//! gather        y_oji = x_o,index[oji],i                   x̄_o,index[oji],i += ȳ_oji
//! scatter_add   y = x, then y_o,index[oji],i += s_oji      x̄ += ȳ     s̄_oji += ȳ_o,index[oji],i
//! ```
//!
//! Places that are chosen several times get the sum. Indices are not differentiated.

use std::sync::Arc;

use metaplast_tensor::{Scalar, Shape};

use super::rearrange::{Rearrange, Stretch, around, assert_axis, rearrange_op, with_extent};
use super::table::record;
use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// Whole slices along an axis.
#[derive(Clone, Debug)]
pub(crate) struct IndexSelect {
    axis: usize,
    indices: Arc<[usize]>,
}

impl Rearrange for IndexSelect {
    const NAME: &'static str = "index_select";

    fn shape(&self, operand: &Shape) -> Shape {
        with_extent(operand, self.axis, self.indices.len())
    }

    fn stretches(&self, operand: &Shape, mut f: impl FnMut(Stretch)) {
        let (outer, extent, inner) = around(operand, self.axis);
        let mut to = 0;
        for block in 0..outer {
            for &index in self.indices.iter() {
                let from = (block * extent + index) * inner;
                f(Stretch::copy(to, from, inner));
                to += inner;
            }
        }
    }
}

/// An index for each element of an array that is like the indexed one but for one axis.
#[derive(Clone, Debug)]
struct Indices {
    axis: usize,
    shape: Shape,
    indices: Arc<[usize]>,
}

impl Indices {
    /// # Panics
    /// When the shapes do not fit or an index is not below the extent of the indexed axis.
    #[track_caller]
    fn new(op: &str, indexed: &Shape, axis: usize, shape: Shape, indices: &[usize]) -> Self {
        assert_axis(op, indexed, axis);
        let fits = shape.rank() == indexed.rank()
            && with_extent(&shape, axis, 0) == with_extent(indexed, axis, 0);
        assert!(
            fits && shape.checked_len() == Some(indices.len()),
            "{op}: {} indices of shape {shape} along axis {axis} of shape {indexed}",
            indices.len()
        );
        assert_indices(op, indexed, axis, indices);
        Indices {
            axis,
            shape,
            indices: indices.into(),
        }
    }

    /// Calls `f` with the places of indices and the places they point to.
    fn walk(&self, indexed: &Shape, mut f: impl FnMut(usize, usize)) {
        let (outer, extent, inner) = around(indexed, self.axis);
        let run = self.shape.dims()[self.axis] * inner;
        for block in 0..outer {
            for i in 0..run {
                let place = block * run + i;
                f(
                    place,
                    (block * extent + self.indices[place]) * inner + i % inner,
                );
            }
        }
    }
}

#[track_caller]
fn assert_indices(op: &str, indexed: &Shape, axis: usize, indices: &[usize]) {
    for &index in indices {
        assert!(
            index < indexed.dims()[axis],
            "{op}: index {index} along axis {axis} of shape {indexed}"
        );
    }
}

/// One element for each index.
#[derive(Clone, Debug)]
pub(crate) struct Gather {
    indices: Indices,
}

impl Rearrange for Gather {
    const NAME: &'static str = "gather";

    fn shape(&self, _: &Shape) -> Shape {
        self.indices.shape.clone()
    }

    fn stretches(&self, operand: &Shape, mut f: impl FnMut(Stretch)) {
        self.indices
            .walk(operand, |to, from| f(Stretch::one(to, from)));
    }
}

rearrange_op!(IndexSelect, Gather);

/// A source added to the places that indices point to. Operands: base and source.
#[derive(Clone, Debug)]
pub(crate) struct ScatterAdd {
    indices: Indices,
}

impl<T: Scalar> Op<T> for ScatterAdd {
    fn name(&self) -> &'static str {
        "scatter_add"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        operands[0].clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        output.copy_from_slice(inputs.value(0));
        let source = inputs.value(1);
        self.indices
            .walk(inputs.shape(0), |from, to| output[to] += source[from]);
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], dy: &[T], adjoints: &mut Adjoints<'_, T>) {
        if let Some(dx) = adjoints.of(0) {
            for (dx, &dy) in dx.iter_mut().zip(dy) {
                *dx += dy;
            }
        }
        if let Some(ds) = adjoints.of(1) {
            self.indices
                .walk(inputs.shape(0), |from, to| ds[from] += dy[to]);
        }
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// The slices `indices` of axis `axis`, in that order, repeated where an index is.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![1.0, 2.0, 3.0]);
    /// let y = x.index_select(0, &[2, 0, 2]);
    /// assert_eq!(y.value(), tensor![3.0, 1.0, 3.0]);
    /// assert_eq!(y.sum().backward().wrt(x), tensor![1.0, 0.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// When the axis or an index is not there.
    #[track_caller]
    pub fn index_select(self, axis: usize, indices: &[usize]) -> Var<'t, T> {
        let shape = self.shape();
        assert_axis("index_select", &shape, axis);
        assert_indices("index_select", &shape, axis, indices);
        let indices = indices.into();
        record(self.tape(), IndexSelect { axis, indices }, &[self])
    }

    /// One element for each index: `indices`, row-major and of shape `shape`, say where along axis
    /// `axis`, and their own place says where along the others.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.gather(1, [2, 1], &[1, 0]).value(), tensor![[2.0], [3.0]]);
    /// ```
    ///
    /// # Panics
    /// When `shape` differs from the value's along another axis, or an index is not there.
    #[track_caller]
    pub fn gather(self, axis: usize, shape: impl Into<Shape>, indices: &[usize]) -> Var<'t, T> {
        let indices = Indices::new("gather", &self.shape(), axis, shape.into(), indices);
        record(self.tape(), Gather { indices }, &[self])
    }

    /// This value with each element of `source` added at the place where its index, row-major in
    /// `indices`, points along axis `axis`: the adjoint of [`gather`](Self::gather).
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let (x, s) = (tape.var(&tensor![1.0, 2.0]), tape.var(&tensor![10.0, 20.0, 30.0]));
    /// assert_eq!(x.scatter_add(0, &[1, 1, 0], s).value(), tensor![31.0, 32.0]);
    /// ```
    ///
    /// # Panics
    /// When the shapes differ along another axis, there is not one index for each element of
    /// `source`, or an index is not there.
    #[track_caller]
    pub fn scatter_add(self, axis: usize, indices: &[usize], source: Var<'t, T>) -> Var<'t, T> {
        let shape = source.shape();
        let indices = Indices::new("scatter_add", &self.shape(), axis, shape, indices);
        record(self.tape(), ScatterAdd { indices }, &[self, source])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::Tensor;

    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let n = c.size(1, 4);
        for (shape, axis) in [
            (vec![n], 0),
            (vec![2, n], 1),
            (vec![n, 3], 0),
            (vec![n, 0], 0),
        ] {
            let x = [c.tensor(&shape, -2.0, 2.0)];
            let whole = [c.size(0, n - 1), c.size(0, n - 1), 0];
            c.check(&x, |x| x[0].index_select(axis, &whole).square());
            c.check(&x, |x| x[0].index_select(axis, &[]).square());
            let mut places = shape.clone();
            places[axis] = c.size(1, 5);
            let len = places.iter().product();
            let indices: Vec<usize> = (0..len).map(|_| c.size(0, n - 1)).collect();
            c.check(&x, |x| x[0].gather(axis, &*places, &indices).square());
            let x = [c.tensor(&shape, -2.0, 2.0), c.tensor(&places, -2.0, 2.0)];
            c.check(&x, |x| x[0].scatter_add(axis, &indices, x[1]).square());
        }
    }

    #[test]
    #[should_panic(expected = "index_select: index 3 along axis 1 of shape [2, 3]")]
    fn an_index_that_is_not_there_is_named() {
        Tape::<f64>::new()
            .var(&Tensor::ones([2, 3]))
            .index_select(1, &[0, 3]);
    }

    #[test]
    #[should_panic(expected = "gather: 1 indices of shape [3, 1] along axis 1 of shape [2, 3]")]
    fn indices_of_another_shape_are_named() {
        Tape::<f64>::new()
            .var(&Tensor::ones([2, 3]))
            .gather(1, [3, 1], &[0]);
    }
}
