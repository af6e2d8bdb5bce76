//! Indexing: elements chosen by index or by condition.
//!
//! ```text
//! index_select  y_oji = x_o,index[j],i                     x̄_o,index[j],i += ȳ_oji
//! gather        y_oji = x_o,index[oji],i                   x̄_o,index[oji],i += ȳ_oji
//! scatter_add   y = x, then y_o,index[oji],i += s_oji      x̄ += ȳ     s̄_oji += ȳ_o,index[oji],i
//! select        y = c ≠ 0 ? a : b                          ā += ȳ where c ≠ 0, b̄ += ȳ elsewhere
//! ```
//!
//! Places that are chosen several times get the sum. Indices and conditions are not differentiated.

use std::sync::Arc;

use metaplast_tensor::broadcast::{Run, for_each_run, sum_to};
use metaplast_tensor::{Scalar, Shape};
use smallvec::SmallVec;

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

/// One of two values by a condition. Operands: condition and both values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Select;

impl Select {
    /// Calls `f` with runs of the result and of an operand, and for each place whether that operand
    /// is chosen there.
    fn runs<T: Scalar>(
        inputs: &Inputs<'_, T>,
        operand: usize,
        mut f: impl FnMut(Run, &mut dyn Iterator<Item = bool>),
    ) {
        let (c, shape) = (inputs.shape(0), inputs.shape(operand));
        let out = triple(c, inputs.shape(1), inputs.shape(2)).expect("checked when recorded");
        let condition = inputs.value(0);
        let chosen = |c: &T| (c.to_f64() == 0.0) == (operand == 2);
        for_each_run(&out, c, shape, |run| match run.left_step {
            0 => f(
                run,
                &mut std::iter::repeat_n(chosen(&condition[run.left]), run.len),
            ),
            _ => f(
                run,
                &mut condition[run.left..][..run.len].iter().map(chosen),
            ),
        });
    }
}

fn triple(c: &Shape, a: &Shape, b: &Shape) -> Option<Shape> {
    c.broadcast(a)?.broadcast(b)
}

impl<T: Scalar> Op<T> for Select {
    fn name(&self) -> &'static str {
        "select"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let (c, a, b) = (operands[0], operands[1], operands[2]);
        triple(c, a, b).unwrap_or_else(|| {
            panic!(
                "select: condition of shape {c} and shapes {a} and {b} cannot be broadcast together"
            )
        })
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        for operand in [1, 2] {
            let x = inputs.value(operand);
            Select::runs(inputs, operand, |run, chosen| {
                for (i, chosen) in chosen.enumerate() {
                    if chosen {
                        output[run.out + i] = x[run.right + i * run.right_step];
                    }
                }
            });
        }
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], dy: &[T], adjoints: &mut Adjoints<'_, T>) {
        for operand in [1, 2] {
            let Some(into) = adjoints.of(operand) else {
                continue;
            };
            let mut shares: SmallVec<[T; 64]> = SmallVec::from_elem(T::ZERO, dy.len());
            Select::runs(inputs, operand, |run, chosen| {
                for (i, chosen) in chosen.enumerate() {
                    if chosen {
                        shares[run.out + i] = dy[run.out + i];
                    }
                }
            });
            let [c, a, b] = [0, 1, 2].map(|operand| inputs.shape(operand));
            let out = triple(c, a, b).expect("checked when recorded");
            sum_to(&shares, &out, into, inputs.shape(operand));
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

    /// `a` where this value is not 0, else `b`, elementwise with broadcasting. What is not chosen
    /// gets no derivative, and its value does not matter, be it NaN; the condition gets none at all.
    ///
    /// That holds for what was computed element by element, by sums, softmax and other operations
    /// along axes, too: a derivative leaves out elements whose adjoint is exactly zero, so that no
    /// 0 · ∞ comes of `x.sqrt()` below. Only products of matrices and vectors, and with them
    /// convolutions, multiply whatever is there by an adjoint of zero: mask their operands, not their
    /// results.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![-1.0, 4.0]);
    /// let y = x.mask(|x| x > 0.0).select(x.sqrt(), x);
    /// assert_eq!(y.value(), tensor![-1.0, 2.0]);
    /// assert_eq!(y.sum().backward().wrt(x), tensor![1.0, 0.25]);
    /// ```
    ///
    /// # Panics
    /// When the shapes cannot be broadcast together.
    #[track_caller]
    pub fn select(self, a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
        self.tape().apply(Select.into(), &[self, a, b])
    }

    /// 1 where the number satisfies `condition`, else 0, as a constant: nothing is differentiated
    /// through the condition, so that where it changes the derivative is that of the chosen side.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![-1.0, 4.0]);
    /// assert_eq!(x.mask(|x| x > 0.0).value(), tensor![0.0, 1.0]);
    /// ```
    #[track_caller]
    pub fn mask(self, condition: impl Fn(f64) -> bool) -> Var<'t, T> {
        let one = |x: T| {
            if condition(x.to_f64()) {
                T::ONE
            } else {
                T::ZERO
            }
        };
        self.tape().constant(&self.value().map(one))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::{Tensor, tensor};

    use crate::ops::testing::Checks;
    use crate::{Dual, Tape, Var};

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
        let condition = tensor![[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]];
        for (a, b) in [
            (vec![2, 3], vec![2, 3]),
            (vec![3], vec![]),
            (vec![2, 1], vec![1, 3]),
        ] {
            let x = [c.tensor(&a, -2.0, 2.0), c.tensor(&b, -2.0, 2.0)];
            c.check(&x, |x| {
                let condition = x[0].tape().constant(&condition.cast());
                condition.select(x[0].square(), x[1].square())
            });
        }
        let x = [c.tensor(&[0], -2.0, 2.0), c.tensor(&[], -2.0, 2.0)];
        c.check(&x, |x| x[1].stop_gradient().select(x[0], x[1]));
    }

    #[test]
    fn what_is_not_chosen_does_not_matter() {
        let tape = Tape::<f64>::new();
        let x = tape.var(&tensor![-1.0, 4.0]);
        let y = x.mask(|x| x > 0.0).select(x.ln(), x * 3.0);
        assert_eq!(y.value(), tensor![-3.0, 4f64.ln()]);
    }

    /// Values and slopes at −1, 0 and 1000 of functions that have none there.
    #[test]
    fn what_is_not_chosen_has_no_derivative_be_it_infinite_or_nan() {
        let cases: [fn(Var<'_, f64>) -> Var<'_, f64>; 12] = [
            |x| x.sqrt(),
            |x| x.ln(),
            |x| x.exp().exp(),
            |x| x.powf(-0.5),
            |x| (x * 0.0) / (x * 0.0),
            |x| x.ln() * x.ln(),
            |x| x.ln().softmax(),
            |x| x.ln().log_softmax(0),
            |x| x.ln().norm_axes(&[0], true) * x,
            |x| x.ln().logsumexp_axes(&[0], true) * x,
            |x| x.ln().maximum(x.sqrt()),
            |x| x.ln().sum_axes(&[0], true) / x,
        ];
        for (case, f) in cases.into_iter().enumerate() {
            let tape = Tape::<f64>::new();
            let x = tape.var(&tensor![-1.0, 0.0, 1000.0]);
            let never = x.mask(|_| false);
            let gradient = never.select(f(x), x * 3.0).sum().backward().wrt(x);
            assert_eq!(gradient, tensor![3.0, 3.0, 3.0], "case {case}");
        }
    }

    #[test]
    fn the_gradient_of_the_chosen_side_is_its_own() {
        let tape = Tape::<f64>::new();
        let x = tape.var(&tensor![-1.0, 4.0]);
        let y = x.mask(|x| x > 0.0).select(x.sqrt(), x);
        assert_eq!(y.sum().backward().wrt(x), tensor![1.0, 0.25]);
        let dual = Tape::<Dual<f64, 1>>::new();
        let x = dual.var(&tensor![-1.0, 4.0].map(|x| Dual::new(x, [1.0])));
        let y = x.mask(|x| x > 0.0).select(x.sqrt(), x);
        let second = y.sum().backward().wrt(x);
        assert_eq!(second.data()[0], Dual::new(1.0, [0.0]));
        assert_eq!(second.data()[1], Dual::new(0.25, [-1.0 / 32.0]));
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
