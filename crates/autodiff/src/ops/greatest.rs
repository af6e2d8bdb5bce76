//! Maximum and log-sum-exp over given axes.
//!
//! ```text
//! max        y = max x_i           x̄_i += ȳ/k where x_i is one of the k greatest, else 0
//! logsumexp  y = ln Σ exp(x_i)     x̄_i += exp(x_i − y) ȳ
//! ```

use std::cmp::Ordering;

use metaplast_tensor::kernels::{self, Function};
use metaplast_tensor::{Scalar, Shape};
use smallvec::SmallVec;

use super::axes::{Axes, each};
use super::reduction::reduction;
use crate::var::Var;

reduction!(MaxAxes "max_axes" max, max_vjp);
reduction!(LogSumExp "logsumexp_axes" log_sum_exp, log_sum_exp_vjp);

/// The greater number without tangent; NaN if either is NaN.
#[inline(always)]
fn greater<T: Scalar>(most: T, x: T) -> T {
    let is_nan = x.partial_cmp(&x).is_none();
    // Once NaN is there it stays, since nothing is greater.
    if x > most || is_nan { x.detach() } else { most }
}

/// The greatest element without tangent; NaN where there is one, −∞ where there is none.
pub(super) fn greatest_of<T: Scalar>(x: &[T]) -> T {
    const LANES: usize = 16;
    let least = T::from_f64(f64::NEG_INFINITY);
    let (blocks, rest) = x.as_chunks::<LANES>();
    let mut lanes = [least; LANES];
    for block in blocks {
        for (most, &x) in lanes.iter_mut().zip(block) {
            *most = greater(*most, x);
        }
    }
    lanes
        .iter()
        .chain(rest)
        .fold(least, |most, &x| greater(most, x))
}

/// The greatest elements without tangents; NaN where there is one.
fn greatest<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &mut [T]) {
    y.fill(T::from_f64(f64::NEG_INFINITY));
    axes.runs(shape, |from, into| match &mut y[into] {
        [y] => *y = greater(*y, greatest_of(&x[from])),
        y => {
            for (y, &x) in y.iter_mut().zip(&x[from]) {
                *y = greater(*y, x);
            }
        }
    });
}

/// How many elements are as great as the greatest, for each result.
fn ties<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &[T]) -> SmallVec<[T; 64]> {
    let equal: SmallVec<[T; 64]> = {
        let mut equal = SmallVec::from_slice(x);
        axes.runs(shape, |from, into| {
            each(&mut equal[from], &y[into], |x, y| *x = is_equal(*x, y));
        });
        equal
    };
    let mut ties = SmallVec::from_elem(T::ZERO, y.len());
    axes.sum(shape, &equal, &mut ties);
    ties
}

/// 1 where the values are equal, else 0.
#[inline(always)]
fn is_equal<T: Scalar>(x: T, y: T) -> T {
    let equal = matches!(x.partial_cmp(&y), Some(Ordering::Equal));
    if equal { T::ONE } else { T::ZERO }
}

fn max<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &mut [T]) {
    greatest(axes, shape, x, y);
    if T::CARRIES_TANGENTS {
        let ties = ties(axes, shape, x, y);
        let mut parts: SmallVec<[T; 64]> = SmallVec::from_slice(x);
        axes.runs(shape, |from, into| {
            let most = y[into.clone()].iter().zip(&ties[into]).cycle();
            for (x, (&y, &ties)) in parts[from].iter_mut().zip(most) {
                let chosen = x.to_f64() == y.to_f64() && x.to_f64().is_finite();
                *x = if chosen {
                    (*x - x.detach()) / ties
                } else {
                    T::ZERO
                };
            }
        });
        axes.sum(shape, &parts, y);
    }
}

fn max_vjp<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &[T], dy: &[T], dx: &mut [T]) {
    let ties = ties(axes, shape, x, y);
    let shares: SmallVec<[T; 64]> = dy.iter().zip(&ties).map(|(&dy, &ties)| dy / ties).collect();
    axes.runs(shape, |from, into| {
        let elements = dx[from.clone()].iter_mut().zip(&x[from]);
        match (&y[into.clone()], &shares[into]) {
            (&[y], &[share]) => {
                for (dx, &x) in elements {
                    *dx += if x.partial_cmp(&y) == Some(Ordering::Equal) {
                        share
                    } else {
                        T::ZERO
                    };
                }
            }
            (y, shares) => {
                for ((dx, &x), (y, &share)) in elements.zip(y.iter().zip(shares)) {
                    *dx += if x.partial_cmp(y) == Some(Ordering::Equal) {
                        share
                    } else {
                        T::ZERO
                    };
                }
            }
        }
    });
}

fn log_sum_exp<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &mut [T]) {
    let mut shift: SmallVec<[T; 64]> = SmallVec::from_elem(T::ZERO, y.len());
    greatest(axes, shape, x, &mut shift);
    for shift in &mut shift {
        // Any constant may be subtracted; infinities would give ∞ − ∞.
        if !shift.is_finite() {
            *shift = T::ZERO;
        }
    }
    let mut below: SmallVec<[T; 64]> = SmallVec::from_slice(x);
    axes.runs(shape, |from, into| {
        each(&mut below[from], &shift[into], |x, shift| *x -= shift)
    });
    let mut exponentials: SmallVec<[T; 64]> = SmallVec::from_elem(T::ZERO, x.len());
    kernels::map(Exponential, &below, &mut exponentials);
    axes.sum(shape, &exponentials, y);
    for (y, shift) in y.iter_mut().zip(shift) {
        *y = if *y == T::ZERO {
            T::from_f64(f64::NEG_INFINITY)
        } else {
            y.ln() + shift
        };
    }
}

fn log_sum_exp_vjp<T: Scalar>(axes: Axes, shape: &Shape, x: &[T], y: &[T], dy: &[T], dx: &mut [T]) {
    let (mut below, mut of_result): (SmallVec<[T; 64]>, SmallVec<[T; 64]>) =
        (SmallVec::from_slice(x), SmallVec::from_slice(x));
    axes.runs(shape, |from, into| {
        // Where nothing was added there is no derivative.
        let none = T::from_f64(f64::NEG_INFINITY);
        each(&mut below[from.clone()], &y[into.clone()], |x, y| {
            *x = if y == none { none } else { *x - y };
        });
        each(&mut of_result[from], &dy[into], |x, dy| *x = dy);
    });
    kernels::map_add(Exponential, &below, x, &of_result, dx);
}

/// `eˣ`, and its product with a weight.
#[derive(Clone, Copy)]
struct Exponential;

impl<T: Scalar> Function<T> for Exponential {
    #[inline(always)]
    fn value(self, x: T) -> T {
        x.exp()
    }

    #[inline(always)]
    fn weighted(self, x: T, _: T, w: T) -> T {
        x.exp() * w
    }
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
