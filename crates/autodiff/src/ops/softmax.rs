//! Softmax over the last axis, and its logarithm.
//!
//! ```text
//! softmax      y_i = exp(x_i − max) / Σ_j exp(x_j − max)      x̄_i += y_i (ȳ_i − Σ_j y_j ȳ_j)
//! log_softmax  y_i = x_i − ln Σ_j exp(x_j)                    x̄_i += ȳ_i − exp(y_i) Σ_j ȳ_j
//! ```
//!
//! A logit of −∞, such as a mask gives, has the probability 0 and the derivative 0.

use metaplast_tensor::kernels::{self, Function};
use metaplast_tensor::{Scalar, Shape};

use smallvec::SmallVec;

use super::greatest::greatest_of;
use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// Softmax of every row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Softmax;

/// The logarithm of the softmax of every row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogSoftmax;

/// Length of the rows over which an operand of this shape is normalised.
#[track_caller]
pub(super) fn row_length(op: &str, shape: &Shape) -> usize {
    match shape.dims().last() {
        Some(&n) if n > 0 => n,
        _ => panic!("{op}: needs a last axis with at least one element, got shape {shape}"),
    }
}

/// `exp(x − max)`
#[derive(Clone, Copy)]
struct ExpBelow<T>(T);

impl<T: Scalar> Function<T> for ExpBelow<T> {
    #[inline(always)]
    fn value(self, x: T) -> T {
        (x - self.0).exp()
    }

    #[inline(always)]
    fn weighted(self, _: T, y: T, adjoint: T) -> T {
        y * adjoint
    }
}

/// Writes the softmax of `x` to `y` and returns `ln Σ exp(x)`.
pub(super) fn softmax_row<T: Scalar>(x: &[T], y: &mut [T]) -> T {
    // Any constant may be subtracted; one without tangent keeps the derivative that of the formula.
    let max = greatest_of(x);
    kernels::map(ExpBelow(max), x, y);
    let sum = kernels::sum(y);
    for y in y {
        *y /= sum;
    }
    max + sum.ln()
}

impl<T: Scalar> Op<T> for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        row_length("softmax", operands[0]);
        operands[0].clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let n = row_length("softmax", inputs.shape(0));
        for (x, y) in inputs.value(0).chunks(n).zip(output.chunks_mut(n)) {
            softmax_row(x, y);
        }
    }

    fn vjp(
        &self,
        inputs: &Inputs<'_, T>,
        output: &[T],
        output_adjoint: &[T],
        adjoints: &mut Adjoints<'_, T>,
    ) {
        let n = row_length("softmax", inputs.shape(0));
        let Some(into) = adjoints.of(0) else { return };
        let rows = output.chunks(n).zip(output_adjoint.chunks(n));
        for (dx, (y, dy)) in into.chunks_mut(n).zip(rows) {
            if dy.iter().all(|dy| dy.is_zero()) {
                continue;
            }
            let inner = inner_product(y, dy);
            for ((dx, &y), &dy) in dx.iter_mut().zip(y).zip(dy) {
                *dx += y * (dy - inner);
            }
        }
    }
}

/// `Σ y ȳ`; a term without adjoint is left out, and so is one without probability, whose adjoint
/// may be infinite.
fn inner_product<T: Scalar>(y: &[T], dy: &[T]) -> T {
    let inner = kernels::dot(y, dy);
    if inner.is_finite() {
        return inner;
    }
    let term = |(&y, &dy): (&T, &T)| {
        if y.is_zero() || dy.is_zero() {
            T::ZERO
        } else {
            y * dy
        }
    };
    let terms: SmallVec<[T; 64]> = y.iter().zip(dy).map(term).collect();
    kernels::sum(&terms)
}

/// `ȳ − exp(y) Σ ȳ`
#[derive(Clone, Copy)]
struct LessShare;

impl<T: Scalar> Function<T> for LessShare {
    #[inline(always)]
    fn value(self, y: T) -> T {
        y.exp()
    }

    #[inline(always)]
    fn weighted(self, y: T, adjoint: T, sum: T) -> T {
        adjoint - y.exp() * sum
    }
}

impl<T: Scalar> Op<T> for LogSoftmax {
    fn name(&self) -> &'static str {
        "log_softmax"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        row_length("log_softmax", operands[0]);
        operands[0].clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let n = row_length("log_softmax", inputs.shape(0));
        for (x, y) in inputs.value(0).chunks(n).zip(output.chunks_mut(n)) {
            let max = greatest_of(x);
            kernels::map(ExpBelow(max), x, y);
            let log_sum = kernels::sum(y).ln();
            for (y, &x) in y.iter_mut().zip(x) {
                *y = (x - max) - log_sum;
            }
        }
    }

    fn vjp(
        &self,
        inputs: &Inputs<'_, T>,
        output: &[T],
        output_adjoint: &[T],
        adjoints: &mut Adjoints<'_, T>,
    ) {
        let n = row_length("log_softmax", inputs.shape(0));
        let Some(into) = adjoints.of(0) else { return };
        let mut sums: SmallVec<[T; 64]> = SmallVec::from_elem(T::ZERO, n);
        let rows = output.chunks(n).zip(output_adjoint.chunks(n));
        for (dx, (y, dy)) in into.chunks_mut(n).zip(rows) {
            if dy.iter().all(|dy| dy.is_zero()) {
                continue;
            }
            let sum = kernels::sum(dy);
            if sum.is_zero() {
                dx.iter_mut().zip(dy).for_each(|(dx, &dy)| *dx += dy);
                continue;
            }
            // The sum is the weight, which is not zero: an element without adjoint has its share too.
            sums.fill(sum);
            kernels::map_add(LessShare, y, dy, &sums, dx);
        }
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// Softmax over the last axis; finite for any finite operand. A logit of −∞ gives 0, with
    /// derivative 0; a row of which all are −∞ gives NaN.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[0.0, 0.0], [1e4, 0.0]]);
    /// assert_eq!(x.softmax().value(), tensor![[0.5, 0.5], [1.0, 0.0]]);
    /// ```
    ///
    /// # Panics
    /// For rank 0 and for an empty last axis.
    #[track_caller]
    pub fn softmax(self) -> Var<'t, T> {
        self.tape().apply(Softmax.into(), &[self])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::{Tensor, tensor};

    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        for shape in [vec![c.size(1, 6)], vec![3, c.size(1, 4)], vec![0, 2]] {
            let x = c.tensor(&shape, -3.0, 3.0);
            c.check(std::slice::from_ref(&x), |x| x[0].softmax());
            let last = shape.len() - 1;
            c.check(&[x], |x| x[0].log_softmax(last));
        }
    }

    #[test]
    fn rows_are_normalised_apart() {
        let tape = Tape::<f64>::new();
        let y = tape.var(&tensor![[1e4, 0.0], [3.0, 3.0]]).softmax();
        assert_eq!(y.value(), Tensor::new([2, 2], vec![1.0, 0.0, 0.5, 0.5]));
    }
}
