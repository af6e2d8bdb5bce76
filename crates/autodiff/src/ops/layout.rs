//! Layout: the same elements in another shape or order, repeated, or those of the diagonal.
//!
//! The vjps bring adjoints back to where the elements came from (see `rearrange.rs`); repeated
//! elements get the sum.

use metaplast_tensor::broadcast::{for_each_run, sum_to};
use metaplast_tensor::{Scalar, Shape};
use smallvec::SmallVec;

use super::rearrange::{Rearrange, Stretch, assert_axis, rearrange_op, strided};
use super::table::record;
use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// The same elements, row-major, in another shape.
#[derive(Clone, Debug)]
pub(crate) struct Reshape {
    shape: Shape,
}

impl Rearrange for Reshape {
    const NAME: &'static str = "reshape";

    fn shape(&self, operand: &Shape) -> Shape {
        assert!(
            self.shape.checked_len() == Some(operand.len()),
            "reshape: from {operand} to {}",
            self.shape
        );
        self.shape.clone()
    }

    fn stretches(&self, operand: &Shape, mut f: impl FnMut(Stretch)) {
        f(Stretch::copy(0, 0, operand.len()));
    }
}

/// Repeated along new axes and axes of extent 1.
#[derive(Clone, Debug)]
pub(crate) struct BroadcastTo {
    shape: Shape,
}

impl<T: Scalar> Op<T> for BroadcastTo {
    fn name(&self) -> &'static str {
        "broadcast_to"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let operand = operands[0];
        assert!(
            operand.broadcast(&self.shape).as_ref() == Some(&self.shape),
            "broadcast_to: from {operand} to {}",
            self.shape
        );
        self.shape.clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, y: &mut [T]) {
        let (x, operand) = (inputs.value(0), inputs.shape(0));
        for_each_run(&self.shape, operand, operand, |run| {
            let y = &mut y[run.out..][..run.len];
            match run.left_step {
                0 => y.fill(x[run.left]),
                _ => y.copy_from_slice(&x[run.left..][..run.len]),
            }
        });
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], dy: &[T], adjoints: &mut Adjoints<'_, T>) {
        if let Some(dx) = adjoints.of(0) {
            sum_to(dy, &self.shape, dx, inputs.shape(0));
        }
    }
}

/// The axes in another order: four bits for each say which axis of the operand comes there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Permute {
    order: u32,
    rank: u32,
}

/// As many axes as fit in the order's bits.
const MOST_AXES: usize = 8;

impl Permute {
    #[track_caller]
    fn new(shape: &Shape, axes: &[usize]) -> Self {
        let (mut order, mut seen) = (0, 0_u32);
        let fits = axes.len() == shape.rank() && shape.rank() <= MOST_AXES;
        for (place, &axis) in axes.iter().enumerate().take(MOST_AXES) {
            if axis < MOST_AXES {
                seen |= 1 << axis;
                order |= (axis as u32) << (4 * place);
            }
        }
        let all = (1_u32 << axes.len().min(MOST_AXES)) - 1;
        assert!(
            fits && seen == all,
            "permute: axes {axes:?} of shape {shape}"
        );
        Permute {
            order,
            rank: axes.len() as u32,
        }
    }

    fn apply(self, to: &[usize]) -> SmallVec<[usize; 8]> {
        (0..self.rank)
            .map(|place| to[(self.order >> (4 * place)) as usize & 15])
            .collect()
    }
}

impl Rearrange for Permute {
    const NAME: &'static str = "permute";

    fn shape(&self, operand: &Shape) -> Shape {
        Shape::from(&*self.apply(operand.dims()))
    }

    fn stretches(&self, operand: &Shape, f: impl FnMut(Stretch)) {
        let strides = self.apply(&operand.strides());
        strided(&self.apply(operand.dims()), &strides, f);
    }
}

/// `x_ii` of a matrix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Diagonal;

impl Rearrange for Diagonal {
    const NAME: &'static str = "diagonal";

    fn shape(&self, operand: &Shape) -> Shape {
        match operand.dims() {
            &[rows, cols] => Shape::from([rows.min(cols)]),
            _ => panic!("diagonal: needs a matrix, got shape {operand}"),
        }
    }

    fn stretches(&self, operand: &Shape, mut f: impl FnMut(Stretch)) {
        let (rows, cols) = (operand.dims()[0], operand.dims()[1]);
        let len = rows.min(cols);
        if len > 0 {
            f(Stretch {
                to: 0,
                from: 0,
                len,
                step: cols + 1,
            });
        }
    }
}

rearrange_op!(Reshape, Permute, Diagonal);

impl<'t, T: Scalar> Var<'t, T> {
    /// The same elements, row-major, in another shape.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(x.reshape([2, 2]).value(), tensor![[1.0, 2.0], [3.0, 4.0]]);
    /// ```
    ///
    /// # Panics
    /// When the shapes differ in their number of elements.
    #[track_caller]
    pub fn reshape(self, shape: impl Into<Shape>) -> Var<'t, T> {
        let shape = shape.into();
        record(self.tape(), Reshape { shape }, &[self])
    }

    /// An axis of extent 1 put in before axis `axis`, or at the end.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![1.0, 2.0]);
    /// assert_eq!(x.unsqueeze(1).value(), tensor![[1.0], [2.0]]);
    /// ```
    ///
    /// # Panics
    /// When `axis` is greater than the rank.
    #[track_caller]
    pub fn unsqueeze(self, axis: usize) -> Var<'t, T> {
        let shape = self.shape();
        assert!(
            axis <= shape.rank(),
            "unsqueeze: axis {axis} of shape {shape}"
        );
        let mut dims: SmallVec<[usize; 8]> = shape.dims().into();
        dims.insert(axis, 1);
        self.reshape(&*dims)
    }

    /// Axis `axis`, of extent 1, left out.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[1.0], [2.0]]);
    /// assert_eq!(x.squeeze(1).value(), tensor![1.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// When the axis is not there or has another extent.
    #[track_caller]
    pub fn squeeze(self, axis: usize) -> Var<'t, T> {
        let shape = self.shape();
        assert!(
            shape.dims().get(axis) == Some(&1),
            "squeeze: axis {axis} of shape {shape}"
        );
        let mut dims: SmallVec<[usize; 8]> = shape.dims().into();
        dims.remove(axis);
        self.reshape(&*dims)
    }

    /// Repeated along new leading axes and along axes of extent 1, so that the shape becomes `shape`.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[1.0], [2.0]]);
    /// let y = x.broadcast_to([2, 3]);
    /// assert_eq!(y.value(), tensor![[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]);
    /// assert_eq!(y.sum().backward().wrt(x), tensor![[3.0], [3.0]]);
    /// ```
    ///
    /// # Panics
    /// When the value does not broadcast to `shape`.
    #[track_caller]
    pub fn broadcast_to(self, shape: impl Into<Shape>) -> Var<'t, T> {
        let shape = shape.into();
        record(self.tape(), BroadcastTo { shape }, &[self])
    }

    /// The axes in another order: axis `k` of the result is axis `axes[k]` of the operand.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::Tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&Tensor::zeros([2, 3, 5]));
    /// assert_eq!(x.permute(&[2, 0, 1]).shape().dims(), [5, 2, 3]);
    /// ```
    ///
    /// # Panics
    /// Unless `axes` names every axis once, and beyond rank 8.
    #[track_caller]
    pub fn permute(self, axes: &[usize]) -> Var<'t, T> {
        let order = Permute::new(&self.shape(), axes);
        self.tape().apply(order.into(), &[self])
    }

    /// Two axes swapped.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::Tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&Tensor::zeros([2, 3, 5]));
    /// assert_eq!(x.swap_axes(0, 2).shape().dims(), [5, 3, 2]);
    /// ```
    ///
    /// # Panics
    /// When an axis is not there.
    #[track_caller]
    pub fn swap_axes(self, left: usize, right: usize) -> Var<'t, T> {
        let shape = self.shape();
        assert_axis("swap_axes", &shape, left.max(right));
        let mut axes: SmallVec<[usize; 8]> = (0..shape.rank()).collect();
        axes.swap(left, right);
        self.permute(&axes)
    }

    /// The last two axes swapped: the transpose of a matrix, or of each matrix of a batch.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.transpose().value(), tensor![[1.0, 3.0], [2.0, 4.0]]);
    /// ```
    ///
    /// # Panics
    /// Below rank 2.
    #[track_caller]
    pub fn transpose(self) -> Var<'t, T> {
        let shape = self.shape();
        let rank = shape.rank();
        assert!(rank >= 2, "transpose: needs a matrix, got shape {shape}");
        self.swap_axes(rank - 2, rank - 1)
    }

    /// The diagonal `x_ii` of a matrix.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[1.0, 2.0, 5.0], [3.0, 4.0, 6.0]]);
    /// assert_eq!(x.diagonal().value(), tensor![1.0, 4.0]);
    /// ```
    ///
    /// # Panics
    /// When the value is not a matrix.
    #[track_caller]
    pub fn diagonal(self) -> Var<'t, T> {
        self.tape().apply(Diagonal.into(), &[self])
    }

    /// The sum `Σ x_ii` over the diagonal of a matrix, rank 0.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.trace().item(), 5.0);
    /// assert_eq!(x.trace().backward().wrt(x), tensor![[1.0, 0.0], [0.0, 1.0]]);
    /// ```
    ///
    /// # Panics
    /// When the value is not a matrix.
    #[track_caller]
    pub fn trace(self) -> Var<'t, T> {
        self.diagonal().sum()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::Tensor;

    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        // Squares, so that what moved where is seen by the second derivative too.
        for shape in c.shapes() {
            let x = [c.tensor(&shape, -2.0, 2.0)];
            let len = x[0].len();
            let order: Vec<usize> = (0..shape.len()).rev().collect();
            c.check(&x, |x| x[0].reshape([1, len]).square());
            c.check(&x, |x| x[0].unsqueeze(0).squeeze(0).square());
            c.check(&x, |x| x[0].permute(&order).square());
            let mut wide = vec![2];
            wide.extend(&shape);
            c.check(&x, |x| x[0].broadcast_to(&*wide).square());
        }
        let x = [c.tensor(&[2, 1, 3], -2.0, 2.0)];
        c.check(&x, |x| x[0].broadcast_to([2, 4, 3]).square());
        c.check(&x, |x| x[0].permute(&[1, 2, 0]).square());
        c.check(&x, |x| x[0].transpose().square());
        c.check(&x, |x| x[0].swap_axes(0, 1).square());
        for shape in [[c.size(1, 4), c.size(1, 4)], [0, 2]] {
            let x = [c.tensor(&shape, -2.0, 2.0)];
            c.check(&x, |x| x[0].diagonal().square());
            c.check(&x, |x| x[0].square().trace());
        }
    }

    #[test]
    fn axes_go_where_the_tensor_puts_them() {
        let tape = Tape::<f64>::new();
        let x = Tensor::new([2, 3, 4], (0..24).map(f64::from).collect());
        for axes in [[0, 1, 2], [2, 0, 1], [1, 2, 0], [2, 1, 0]] {
            assert_eq!(tape.var(&x).permute(&axes).value(), x.permute(&axes));
        }
    }

    #[test]
    #[should_panic(expected = "permute: axes [0, 0] of shape [2, 3]")]
    fn an_axis_named_twice_is_refused() {
        Tape::<f64>::new()
            .var(&Tensor::ones([2, 3]))
            .permute(&[0, 0]);
    }

    #[test]
    #[should_panic(expected = "reshape: from [2, 3] to [5]")]
    fn both_shapes_are_named() {
        Tape::<f64>::new().var(&Tensor::ones([2, 3])).reshape([5]);
    }
}
