//! Linear combination with coefficients that are numbers: `y = Σ_k c_k x_k`, and `x̄_k += c_k ȳ`.
//!
//! Coefficients that are variables are in `weighted_sum.rs`.

use metaplast_tensor::{Scalar, Shape};
use smallvec::SmallVec;

use super::table::record;
use crate::op::{Adjoints, Inputs, Op, Sparsity};
use crate::var::Var;

#[derive(Clone, Debug)]
pub(crate) struct LinearCombination {
    coefficients: SmallVec<[f64; 6]>,
}

impl<T: Scalar> Op<T> for LinearCombination {
    fn name(&self) -> &'static str {
        "linear_combination"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        for (k, shape) in operands.iter().enumerate() {
            assert!(
                *shape == operands[0],
                "linear_combination: summand {k} of shape {shape}, first summand of shape {}",
                operands[0]
            );
        }
        operands[0].clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let mut coefficients = self
            .coefficients
            .iter()
            .map(|&c| T::from_f64(c))
            .enumerate();
        if let Some((_, c)) = coefficients.next() {
            let places = output.iter_mut().zip(inputs.value(0));
            places.for_each(|(y, &x)| *y = c * x);
        }
        for (k, c) in coefficients {
            let places = output.iter_mut().zip(inputs.value(k));
            places.for_each(|(y, &x)| *y += c * x);
        }
    }

    fn overwrites(&self) -> bool {
        true
    }

    fn sparsity(&self) -> Sparsity {
        Sparsity::Sum
    }

    fn vjp(&self, _: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        for (k, &c) in self.coefficients.iter().enumerate() {
            let c = T::from_f64(c);
            if let Some(sum) = adjoints.sum(k) {
                sum.in_parts(|at, into| {
                    let places = into.iter_mut().zip(&adjoint[at]);
                    places.for_each(|(into, &a)| *into += c * a);
                });
            }
        }
    }
}

/// `Σ_k c_k x_k` for numbers `c` and variables `x` of one shape, as one operation: a step of an
/// integrator, or a mean with weights.
///
/// Products are rounded before they are added, in their order. Coefficients that are differentiated
/// go to [`weighted_sum`](crate::weighted_sum).
///
/// ```
/// # use metaplast_autodiff::{Tape, linear_combination};
/// # use metaplast_tensor::tensor;
/// let tape = Tape::<f64>::new();
/// let (x, y) = (tape.var(&tensor![1.0, 0.0]), tape.var(&tensor![0.0, 3.0]));
/// let sum = linear_combination(&[2.0, -1.0], &[x, y]);
/// assert_eq!(sum.value(), tensor![2.0, -3.0]);
/// assert_eq!(sum.sum().backward().wrt(y), tensor![-1.0, -1.0]);
/// ```
///
/// # Panics
/// When there are no summands, the numbers of coefficients and summands differ, or shapes do.
#[track_caller]
pub fn linear_combination<'t, T: Scalar>(
    coefficients: &[f64],
    summands: &[Var<'t, T>],
) -> Var<'t, T> {
    assert!(
        coefficients.len() == summands.len() && !summands.is_empty(),
        "linear_combination: {} coefficients, {} summands",
        coefficients.len(),
        summands.len()
    );
    let coefficients = coefficients.into();
    let op = LinearCombination { coefficients };
    record(summands[0].tape(), op, summands)
}

#[cfg(test)]
pub(super) mod tests {
    use crate::ops::linear_combination;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        for shape in [&[][..], &[3], &[2, 3]] {
            let inputs = [(); 3].map(|()| c.tensor(shape, 0.4, 2.0));
            c.check(&inputs, |x| {
                linear_combination(&[0.3, -1.2, 2.0, 0.5], &[x[0], x[1], x[2], x[0]])
            });
        }
    }
}
