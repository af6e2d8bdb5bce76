//! Weighted sum of vectors, with scalar coefficients: `y = Σ_k c_k x_k`.
//!
//! `c̄_k += x_k·ȳ` and `x̄_k += c_k ȳ`.

use metaplast_tensor::{Scalar, Shape, kernels};
use smallvec::SmallVec;

use crate::op::{Adjoints, Inputs, Op, Sparsity};
use crate::var::Var;

/// Operands: all coefficients, then all summands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WeightedSum;

impl<T: Scalar> Op<T> for WeightedSum {
    fn name(&self) -> &'static str {
        "weighted_sum"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let (coefficients, summands) = operands.split_at(operands.len() / 2);
        for (c, x) in coefficients.iter().zip(summands) {
            assert!(
                c.len() == 1 && *x == summands[0],
                "weighted_sum: coefficient of shape {c}, summand of shape {x}, first summand of shape {}",
                summands[0]
            );
        }
        summands[0].clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let terms = inputs.len() / 2;
        for k in 0..terms {
            kernels::axpy(inputs.value(k)[0], inputs.value(terms + k), output);
        }
    }

    fn sparsity(&self) -> Sparsity {
        Sparsity::Sum
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        let terms = inputs.len() / 2;
        for k in 0..terms {
            if let Some(into) = adjoints.of(k) {
                into[0] += kernels::dot(inputs.value(terms + k), adjoint);
            }
            if let Some(into) = adjoints.of(terms + k) {
                kernels::axpy(inputs.value(k)[0], adjoint, into);
            }
        }
    }
}

/// `Σ_k c_k x_k` for one-element coefficients and summands of one shape.
///
/// ```
/// # use metaplast_autodiff::{Tape, weighted_sum};
/// # use metaplast_tensor::tensor;
/// let tape = Tape::<f64>::new();
/// let (a, b) = (tape.scalar(2.0), tape.scalar(-1.0));
/// let (x, y) = (tape.var(&tensor![1.0, 0.0]), tape.var(&tensor![0.0, 3.0]));
/// assert_eq!(weighted_sum(&[a, b], &[x, y]).value(), tensor![2.0, -3.0]);
/// ```
///
/// # Panics
/// When there are no summands, the numbers of coefficients and summands differ, or shapes do not fit.
#[track_caller]
pub fn weighted_sum<'t, T: Scalar>(
    coefficients: &[Var<'t, T>],
    summands: &[Var<'t, T>],
) -> Var<'t, T> {
    assert!(
        coefficients.len() == summands.len() && !summands.is_empty(),
        "weighted_sum: {} coefficients, {} summands",
        coefficients.len(),
        summands.len()
    );
    let operands: SmallVec<[Var<'t, T>; 8]> =
        coefficients.iter().chain(summands).copied().collect();
    operands[0].tape().apply(WeightedSum.into(), &operands)
}

#[cfg(test)]
pub(super) mod tests {
    use super::weighted_sum;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        for shape in c.shapes() {
            let mut t = |shape: &[usize]| c.tensor(shape, -2.0, 2.0);
            let inputs = [t(&[]), t(&[1]), t(&shape), t(&shape)];
            c.check(&inputs, |x| weighted_sum(&x[..2], &x[2..]));
        }
    }
}
