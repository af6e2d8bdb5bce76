//! Sums over given axes, which go or stay with extent 1: of elements, their mean, their norm.
//!
//! ```text
//! sum        y = Σ x_i             x̄_i += ȳ
//! mean       y = (1/n) Σ x_i       x̄_i += ȳ/n
//! norm       y = √(Σ x_i²)         x̄_i += (x_i/y) ȳ, and 0 where y = 0
//! ```

use metaplast_tensor::{Scalar, Shape};
use smallvec::SmallVec;

use super::axes::{Axes, each};
use super::reduction::reduction;
use crate::var::Var;

reduction!(SumAxes "sum_axes" sum, sum_vjp);
reduction!(MeanAxes "mean_axes" mean, mean_vjp);
reduction!(Norm "norm_axes" norm, norm_vjp);

fn sum<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &mut [T]) {
    axes.sum(shape, x, y);
}

fn sum_vjp<T: Scalar>(axes: Axes, shape: &Shape, _: &[T], _: &[T], dy: &[T], dx: &mut [T]) {
    axes.runs(shape, |from, into| {
        each(&mut dx[from], &dy[into], |dx, dy| *dx += dy)
    });
}

fn mean<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &mut [T]) {
    sum(axes, shape, x, y);
    // By division, as `mean` over all elements does it, which is not the product with a reciprocal.
    let count = T::from_f64(axes.count(shape) as f64);
    y.iter_mut().for_each(|y| *y /= count);
}

fn mean_vjp<T: Scalar>(axes: Axes, shape: &Shape, _: &[T], _: &[T], dy: &[T], dx: &mut [T]) {
    let count = T::from_f64(axes.count(shape) as f64);
    let shares: SmallVec<[T; 64]> = dy.iter().map(|&dy| dy / count).collect();
    sum_vjp(axes, shape, &[], &[], &shares, dx);
}

fn norm<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &mut [T]) {
    let squares: SmallVec<[T; 64]> = x.iter().map(|&x| x * x).collect();
    axes.sum(shape, &squares, y);
    for y in y {
        *y = if y.to_f64() == 0.0 { T::ZERO } else { y.sqrt() };
    }
}

fn norm_vjp<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &[T], dy: &[T], dx: &mut [T]) {
    let rates: SmallVec<[(T, T); 64]> = y.iter().copied().zip(dy.iter().copied()).collect();
    axes.runs(shape, |from, into| {
        let elements = dx[from.clone()].iter_mut().zip(&x[from]);
        let counts = |y: T, dy: T| y.to_f64() != 0.0 && !dy.is_zero();
        if let [(y, dy)] = rates[into.clone()] {
            // One number for all, without a branch in the loop.
            if counts(y, dy) {
                elements.for_each(|(dx, &x)| *dx += x / y * dy);
            }
            return;
        }
        for ((dx, &x), &(y, dy)) in elements.zip(rates[into].iter().cycle()) {
            if counts(y, dy) {
                *dx += x / y * dy;
            }
        }
    });
}

impl<'t, T: Scalar> Var<'t, T> {
    #[track_caller]
    pub(super) fn axes(self, op: &str, axes: &[usize], keepdims: bool) -> Axes {
        Axes::new(op, &self.shape(), axes, keepdims)
    }

    /// The sum over `axes`, which stay with extent 1 if `keepdims`; zero where there is nothing to add.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[0.0, 3.0, 0.0], [4.0, 4.0, 4.0]]);
    /// assert_eq!(x.sum_axes(&[1], false).value(), tensor![3.0, 12.0]);
    /// assert_eq!(x.sum_axes(&[1], true).value(), tensor![[3.0], [12.0]]);
    /// ```
    ///
    /// # Panics
    /// When an axis is given twice or is not there.
    #[track_caller]
    pub fn sum_axes(self, axes: &[usize], keepdims: bool) -> Var<'t, T> {
        let axes = self.axes("sum_axes", axes, keepdims);
        self.tape().apply(SumAxes { axes }.into(), &[self])
    }

    /// The mean over `axes`, which stay with extent 1 if `keepdims`; NaN where there is nothing to average.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[0.0, 3.0, 0.0], [4.0, 4.0, 4.0]]);
    /// assert_eq!(x.mean_axes(&[1], false).value(), tensor![1.0, 4.0]);
    /// ```
    ///
    /// # Panics
    /// When an axis is given twice or is not there.
    #[track_caller]
    pub fn mean_axes(self, axes: &[usize], keepdims: bool) -> Var<'t, T> {
        let axes = self.axes("mean_axes", axes, keepdims);
        self.tape().apply(MeanAxes { axes }.into(), &[self])
    }

    /// The Euclidean norm `√(Σ x²)` over `axes`, which stay with extent 1 if `keepdims`; its derivative is 0 where it is 0.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[0.0, 3.0, 0.0], [4.0, 4.0, 4.0]]);
    /// assert_eq!(x.norm_axes(&[0], false).value(), tensor![4.0, 5.0, 4.0]);
    /// ```
    ///
    /// # Panics
    /// When an axis is given twice or is not there.
    #[track_caller]
    pub fn norm_axes(self, axes: &[usize], keepdims: bool) -> Var<'t, T> {
        let axes = self.axes("norm_axes", axes, keepdims);
        self.tape().apply(Norm { axes }.into(), &[self])
    }

    /// The Euclidean norm `√(Σ x²)` of all elements, rank 0; its derivative at 0 is 0.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![3.0, -4.0]);
    /// assert_eq!(x.norm().item(), 5.0);
    /// assert_eq!(x.norm().backward().wrt(x), tensor![0.6, -0.8]);
    /// ```
    #[track_caller]
    pub fn norm(self) -> Var<'t, T> {
        let axes = Axes::all(&self.shape());
        self.tape().apply(Norm { axes }.into(), &[self])
    }
}

#[cfg(test)]
pub(in crate::ops) mod tests {
    use metaplast_tensor::{Tensor, tensor};

    use crate::ops::reduction::tests::SHAPES_AND_AXES;
    use crate::ops::testing::Checks;
    use crate::{Dual, Tape};

    pub(in crate::ops) fn checks(c: &mut Checks) {
        for (shape, axes) in SHAPES_AND_AXES {
            let keep = c.size(0, 1) == 1;
            let x = [c.apart(shape)];
            c.check(&x, |x| x[0].square().sum_axes(axes, keep));
            c.check(&x, |x| x[0].square().mean_axes(axes, keep));
            c.check(&x, |x| x[0].norm_axes(axes, keep));
        }
        let x = [c.apart(&[2, 3])];
        c.check(&x, |x| x[0].norm());
        // Nothing to add.
        c.check(&[Tensor::zeros([2, 0])], |x| x[0].sum_axes(&[1], false));
        c.check(&[Tensor::zeros([2, 0])], |x| x[0].norm_axes(&[1], false));
    }

    #[test]
    fn the_norm_of_nothing_has_no_slope() {
        let tape = Tape::<Dual<f64, 1>>::new();
        let x = tape.var(&tensor![0.0, 0.0].map(|x| Dual::new(x, [1.0])));
        assert_eq!(x.norm().item(), Dual::default());
        assert_eq!(x.norm().backward().wrt(x).data(), &[Dual::default(); 2]);
    }

    #[test]
    #[should_panic(expected = "sum_axes: axes [0, 2] of shape [2, 2]")]
    fn an_axis_that_is_not_there_is_named() {
        let tape = Tape::<f64>::new();
        tape.var(&Tensor::ones([2, 2])).sum_axes(&[0, 2], false);
    }
}
