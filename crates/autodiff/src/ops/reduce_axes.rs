//! Reductions over given axes, which go or stay with extent 1.
//!
//! ```text
//! sum        y = Σ x_i             x̄_i += ȳ
//! mean       y = (1/n) Σ x_i       x̄_i += ȳ/n
//! max        y = max x_i           x̄_i += ȳ/k where x_i is one of the k greatest, else 0
//! logsumexp  y = ln Σ exp(x_i)     x̄_i += exp(x_i − y) ȳ
//! norm       y = √(Σ x_i²)         x̄_i += (x_i/y) ȳ, and 0 where y = 0
//! ```

use metaplast_tensor::{Scalar, Shape};

use super::axes::Axes;
use super::{Adjoints, Inputs, Op};
use crate::var::Var;

/// Defines the operation's struct and implements the parts that all reductions share.
macro_rules! reduction {
    ($op:ident $name:literal $forward:path, $vjp:path) => {
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $op {
            axes: Axes,
        }

        impl<T: Scalar> Op<T> for $op {
            fn name(&self) -> &'static str {
                $name
            }

            fn shape(&self, operands: &[&Shape]) -> Shape {
                self.axes.reduced(operands[0])
            }

            fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
                $forward(self.axes, inputs.shape(0), inputs.value(0), output);
            }

            fn vjp(
                &self,
                inputs: &Inputs<'_, T>,
                output: &[T],
                output_adjoint: &[T],
                adjoints: &mut Adjoints<'_, T>,
            ) {
                let Some(into) = adjoints.of(0) else { return };
                let (shape, x) = (inputs.shape(0), inputs.value(0));
                $vjp(self.axes, shape, x, output, output_adjoint, into);
            }
        }
    };
}

reduction!(SumAxes "sum_axes" sum, sum_vjp);
reduction!(MeanAxes "mean_axes" mean, mean_vjp);
reduction!(MaxAxes "max_axes" max, max_vjp);
reduction!(LogSumExp "logsumexp_axes" log_sum_exp, log_sum_exp_vjp);
reduction!(Norm "norm_axes" norm, norm_vjp);

fn sum<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &mut [T]) {
    axes.walk(shape, |from, into| y[into] += x[from]);
}

fn sum_vjp<T: Scalar>(axes: Axes, shape: &Shape, _: &[T], _: &[T], dy: &[T], dx: &mut [T]) {
    axes.walk(shape, |from, into| dx[from] += dy[into]);
}

fn mean<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &mut [T]) {
    sum(axes, shape, x, y);
    // By division, as `mean` over all elements does it, which is not the product with a reciprocal.
    let count = T::from_f64(axes.count(shape) as f64);
    y.iter_mut().for_each(|y| *y /= count);
}

fn mean_vjp<T: Scalar>(axes: Axes, shape: &Shape, _: &[T], _: &[T], dy: &[T], dx: &mut [T]) {
    let share = T::ONE / T::from_f64(axes.count(shape) as f64);
    axes.walk(shape, |from, into| dx[from] += dy[into] * share);
}

/// The greatest elements without tangents; NaN where there is one. `y` starts as zeros.
fn greatest<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &mut [T]) {
    y.fill(T::from_f64(f64::NEG_INFINITY));
    axes.walk(shape, |from, into| {
        let better = x[from].partial_cmp(&y[into]);
        // Once NaN is there it stays, since nothing compares with it.
        if better.is_none_or(|order| order.is_gt()) && y[into].to_f64() == y[into].to_f64() {
            y[into] = x[from].detach();
        }
    });
}

/// How many elements are as great as the greatest, for each result.
fn ties<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &[T]) -> Vec<T> {
    let mut ties = vec![T::ZERO; y.len()];
    axes.walk(shape, |from, into| {
        if x[from].to_f64() == y[into].to_f64() {
            ties[into] += T::ONE;
        }
    });
    ties
}

fn max<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &mut [T]) {
    greatest(axes, shape, x, y);
    if T::CARRIES_TANGENTS {
        let ties = ties(axes, shape, x, y);
        axes.walk(shape, |from, into| {
            if x[from].to_f64() == y[into].to_f64() && x[from].to_f64().is_finite() {
                y[into] += (x[from] - x[from].detach()) / ties[into];
            }
        });
    }
}

fn max_vjp<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &[T], dy: &[T], dx: &mut [T]) {
    let ties = ties(axes, shape, x, y);
    axes.walk(shape, |from, into| {
        if x[from].to_f64() == y[into].to_f64() {
            dx[from] += dy[into] / ties[into];
        }
    });
}

fn log_sum_exp<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &mut [T]) {
    let mut shift = vec![T::ZERO; y.len()];
    greatest(axes, shape, x, &mut shift);
    for shift in &mut shift {
        // Any constant may be subtracted; infinities would give ∞ − ∞.
        if !shift.is_finite() {
            *shift = T::ZERO;
        }
    }
    axes.walk(shape, |from, into| y[into] += (x[from] - shift[into]).exp());
    for (y, shift) in y.iter_mut().zip(shift) {
        *y = if *y == T::ZERO {
            T::from_f64(f64::NEG_INFINITY)
        } else {
            y.ln() + shift
        };
    }
}

fn log_sum_exp_vjp<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &[T], dy: &[T], dx: &mut [T]) {
    axes.walk(shape, |from, into| {
        if y[into].to_f64() != f64::NEG_INFINITY {
            dx[from] += (x[from] - y[into]).exp() * dy[into];
        }
    });
}

fn norm<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &mut [T]) {
    axes.walk(shape, |from, into| y[into] += x[from] * x[from]);
    for y in y {
        *y = if y.to_f64() == 0.0 { T::ZERO } else { y.sqrt() };
    }
}

fn norm_vjp<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &[T], dy: &[T], dx: &mut [T]) {
    axes.walk(shape, |from, into| {
        if y[into].to_f64() != 0.0 {
            dx[from] += x[from] / y[into] * dy[into];
        }
    });
}

impl<'t, T: Scalar> Var<'t, T> {
    #[track_caller]
    fn axes(self, op: &str, axes: &[usize], keepdims: bool) -> Axes {
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

    /// The greatest element over `axes`, which stay with extent 1 if `keepdims`; those that tie share the derivative equally.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[0.0, 3.0, 0.0], [4.0, 4.0, 4.0]]);
    /// let y = x.max_axes(&[0], false);
    /// assert_eq!(y.value(), tensor![4.0, 4.0, 4.0]);
    /// assert_eq!(y.sum().backward().wrt(x), tensor![[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]);
    /// ```
    ///
    /// # Panics
    /// When an axis is given twice or is not there, and when there is nothing to choose from.
    #[track_caller]
    pub fn max_axes(self, axes: &[usize], keepdims: bool) -> Var<'t, T> {
        let axes = self.axes("max_axes", axes, keepdims);
        assert_nonempty("max_axes", &self.shape(), axes);
        self.tape().apply(MaxAxes { axes }.into(), &[self])
    }

    /// `ln Σ exp(x)` over `axes`, which stay with extent 1 if `keepdims`; finite for any finite operand, −∞ where there is nothing to add.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[0.0, 3.0, 0.0], [4.0, 4.0, 4.0]]);
    /// let y = x.logsumexp_axes(&[1], false).value();
    /// assert!((y.data()[1] - (4.0 + 3f64.ln())).abs() < 1e-14);
    /// ```
    ///
    /// # Panics
    /// When an axis is given twice or is not there.
    #[track_caller]
    pub fn logsumexp_axes(self, axes: &[usize], keepdims: bool) -> Var<'t, T> {
        let axes = self.axes("logsumexp_axes", axes, keepdims);
        self.tape().apply(LogSumExp { axes }.into(), &[self])
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

    /// The greatest element, rank 0; those that tie share the derivative equally.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![1.0, 3.0, 3.0]);
    /// assert_eq!(x.max().item(), 3.0);
    /// assert_eq!(x.max().backward().wrt(x), tensor![0.0, 0.5, 0.5]);
    /// ```
    ///
    /// # Panics
    /// When there are no elements.
    #[track_caller]
    pub fn max(self) -> Var<'t, T> {
        let axes = Axes::all(&self.shape());
        assert_nonempty("max", &self.shape(), axes);
        self.tape().apply(MaxAxes { axes }.into(), &[self])
    }

    /// `ln Σ exp(x)` over all elements, rank 0; finite for any finite operand.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![1e4, 1e4]);
    /// assert!((x.logsumexp().item() - (1e4 + 2f64.ln())).abs() < 1e-11);
    /// ```
    #[track_caller]
    pub fn logsumexp(self) -> Var<'t, T> {
        let axes = Axes::all(&self.shape());
        self.tape().apply(LogSumExp { axes }.into(), &[self])
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

#[track_caller]
fn assert_nonempty(op: &str, shape: &Shape, axes: Axes) {
    assert!(
        axes.count(shape) > 0 || axes.reduced(shape).len() == 0,
        "{op}: no elements to choose from in shape {shape}"
    );
}

#[cfg(test)]
pub(in crate::ops) mod tests {
    use metaplast_tensor::{Tensor, tensor};

    use crate::ops::testing::Checks;
    use crate::{Dual, Tape};

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let axes: [(&[usize], &[usize]); 8] = [
            (&[], &[]),
            (&[3], &[0]),
            (&[2, 3], &[1]),
            (&[2, 3], &[0, 1]),
            (&[2, 1, 3], &[2, 0]),
            (&[2, 3], &[]),
            (&[0, 2], &[1]),
            (&[2, 2, 2], &[1]),
        ];
        for (shape, axes) in axes {
            let keep = c.size(0, 1) == 1;
            let x = [c.apart(shape)];
            c.check(&x, |x| x[0].square().sum_axes(axes, keep));
            c.check(&x, |x| x[0].square().mean_axes(axes, keep));
            c.check(&x, |x| x[0].max_axes(axes, keep));
            c.check(&x, |x| x[0].logsumexp_axes(axes, keep));
            c.check(&x, |x| x[0].norm_axes(axes, keep));
        }
        let x = [c.apart(&[2, 3])];
        c.check(&x, |x| x[0].max());
        c.check(&x, |x| x[0].logsumexp());
        c.check(&x, |x| x[0].norm());
        c.unary(-2.0, 2.0, |x| x.logsumexp());
        // Nothing to add.
        c.check(&[Tensor::zeros([2, 0])], |x| x[0].sum_axes(&[1], false));
        c.check(&[Tensor::zeros([2, 0])], |x| x[0].norm_axes(&[1], false));
    }

    #[test]
    fn ties_share_in_forward_mode_too() {
        let tape = Tape::<Dual<f64, 1>>::new();
        let x = tape.var(&Tensor::new(
            [2],
            vec![Dual::new(1.0, [1.0]), Dual::new(1.0, [4.0])],
        ));
        assert_eq!(x.max().item().tangent(), [2.5]);
    }

    #[test]
    fn the_norm_of_nothing_has_no_slope() {
        let tape = Tape::<Dual<f64, 1>>::new();
        let x = tape.var(&tensor![0.0, 0.0].map(|x| Dual::new(x, [1.0])));
        assert_eq!(x.norm().item(), Dual::default());
        assert_eq!(x.norm().backward().wrt(x).data(), &[Dual::default(); 2]);
    }

    #[test]
    fn infinities_and_nan() {
        let tape = Tape::<f64>::new();
        let low = tape.var(&tensor![f64::NEG_INFINITY, f64::NEG_INFINITY]);
        assert_eq!(low.logsumexp().item(), f64::NEG_INFINITY);
        assert_eq!(low.logsumexp().backward().wrt(low), tensor![0.0, 0.0]);
        let x = tape.var(&tensor![1.0, f64::NAN, 2.0]);
        assert!(x.max().item().is_nan() && x.logsumexp().item().is_nan());
        assert_eq!(low.max().item(), f64::NEG_INFINITY);
    }

    #[test]
    #[should_panic(expected = "max: no elements to choose from in shape [0]")]
    fn the_greatest_of_nothing_is_refused() {
        let tape = Tape::<f64>::new();
        tape.var(&Tensor::zeros([0])).max();
    }

    #[test]
    #[should_panic(expected = "sum_axes: axes [0, 2] of shape [2, 2]")]
    fn an_axis_that_is_not_there_is_named() {
        let tape = Tape::<f64>::new();
        tape.var(&Tensor::ones([2, 2])).sum_axes(&[0, 2], false);
    }
}
