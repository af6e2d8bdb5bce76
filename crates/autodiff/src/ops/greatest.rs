//! Maximum and log-sum-exp over given axes.
//!
//! ```text
//! max        y = max x_i           x̄_i += ȳ/k where x_i is one of the k greatest, else 0
//! logsumexp  y = ln Σ exp(x_i)     x̄_i += exp(x_i − y) ȳ
//! ```

use metaplast_tensor::{Scalar, Shape};

use super::axes::Axes;
use super::reduction::reduction;
use crate::var::Var;

reduction!(MaxAxes "max_axes" max, max_vjp);
reduction!(LogSumExp "logsumexp_axes" log_sum_exp, log_sum_exp_vjp);

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

impl<'t, T: Scalar> Var<'t, T> {
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

    use crate::ops::reduction::tests::SHAPES_AND_AXES;
    use crate::ops::testing::Checks;
    use crate::{Dual, Tape};

    pub(in crate::ops) fn checks(c: &mut Checks) {
        for (shape, axes) in SHAPES_AND_AXES {
            let keep = c.size(0, 1) == 1;
            let x = [c.apart(shape)];
            c.check(&x, |x| x[0].max_axes(axes, keep));
            c.check(&x, |x| x[0].logsumexp_axes(axes, keep));
        }
        let x = [c.apart(&[2, 3])];
        c.check(&x, |x| x[0].max());
        c.unary(-2.0, 2.0, |x| x.logsumexp());
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
    fn the_maximum_of_an_empty_axis_is_refused() {
        let tape = Tape::<f64>::new();
        tape.var(&Tensor::zeros([0])).max();
    }
}
