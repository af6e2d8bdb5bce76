//! Sums and differences of two operands with NumPy broadcasting.
//!
//! ```text
//! add         z = x + y      x̄ += z̄      ȳ += z̄
//! sub         z = x − y      x̄ += z̄      ȳ −= z̄
//! add_scaled  z = x + c y    x̄ += z̄      ȳ += c z̄
//! ```
//!
//! The adjoint of broadcasting is the sum over the repeated axes.

use std::ops;

use metaplast_tensor::broadcast::sum_to;
use metaplast_tensor::{Scalar, Shape};
use smallvec::SmallVec;

use super::binary::{broadcast_shape, combine, result_shape};
use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

macro_rules! additive {
    ($($(#[$doc:meta])* $op:ident $method:ident $operation:tt $share:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub(crate) struct $op;

            impl<T: Scalar> Op<T> for $op {
                fn name(&self) -> &'static str {
                    stringify!($method)
                }

                fn shape(&self, operands: &[&Shape]) -> Shape {
                    broadcast_shape(stringify!($method), operands[0], operands[1])
                }

                fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
                    combine(inputs, output, |x, y| x $operation y);
                }

                fn overwrites(&self) -> bool {
                    true
                }

                fn vjp(
                    &self,
                    inputs: &Inputs<'_, T>,
                    _: &[T],
                    adjoint: &[T],
                    adjoints: &mut Adjoints<'_, T>,
                ) {
                    plus(inputs, 0, adjoint, adjoints);
                    $share(inputs, 1, adjoint, adjoints);
                }
            }

            impl<'t, T: Scalar> ops::$op for Var<'t, T> {
                type Output = Var<'t, T>;

                #[track_caller]
                fn $method(self, right: Var<'t, T>) -> Var<'t, T> {
                    self.tape().apply($op.into(), &[self, right])
                }
            }
        )*
    };
}

additive! {
    /// `x + y`
    Add add + plus;
    /// `x − y`
    Sub sub - minus;
}

/// Adds the adjoint of the result to that of an operand.
fn plus<T: Scalar>(
    inputs: &Inputs<'_, T>,
    operand: usize,
    adjoint: &[T],
    adjoints: &mut Adjoints<'_, T>,
) {
    if inputs.shape(0) == inputs.shape(1) || *inputs.shape(operand) == result_shape(inputs) {
        if let Some(sum) = adjoints.sum(operand) {
            sum.in_parts(|at, into| {
                let adjoint = &adjoint[at];
                into.iter_mut()
                    .zip(adjoint)
                    .for_each(|(into, &a)| *into += a);
            });
        }
    } else if let Some(into) = adjoints.of(operand) {
        sum_to(adjoint, &result_shape(inputs), into, inputs.shape(operand));
    }
}

/// Subtracts it.
fn minus<T: Scalar>(
    inputs: &Inputs<'_, T>,
    operand: usize,
    adjoint: &[T],
    adjoints: &mut Adjoints<'_, T>,
) {
    add_shares(|a| -a, inputs, operand, adjoint, adjoints);
}

/// Adds a linear function of it.
fn add_shares<T: Scalar>(
    share: impl Fn(T) -> T,
    inputs: &Inputs<'_, T>,
    operand: usize,
    adjoint: &[T],
    adjoints: &mut Adjoints<'_, T>,
) {
    let add = |into: &mut [T], adjoint: &[T]| {
        into.iter_mut()
            .zip(adjoint)
            .for_each(|(into, &a)| *into += share(a));
    };
    if inputs.shape(0) == inputs.shape(1) || *inputs.shape(operand) == result_shape(inputs) {
        if let Some(sum) = adjoints.sum(operand) {
            sum.in_parts(|at, into| add(into, &adjoint[at]));
        }
    } else if let Some(into) = adjoints.of(operand) {
        let mut sums: SmallVec<[T; 64]> = SmallVec::from_elem(T::ZERO, into.len());
        sum_to(
            adjoint,
            &result_shape(inputs),
            &mut sums,
            inputs.shape(operand),
        );
        add(into, &sums);
    }
}

/// `x + factor · y`
#[derive(Clone, Copy, Debug)]
pub(crate) struct AddScaled {
    factor: f64,
}

impl<T: Scalar> Op<T> for AddScaled {
    fn name(&self) -> &'static str {
        "add_scaled"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        broadcast_shape("add_scaled", operands[0], operands[1])
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let factor = T::from_f64(self.factor);
        combine(inputs, output, |x, y| x + factor * y);
    }

    fn overwrites(&self) -> bool {
        true
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        plus(inputs, 0, adjoint, adjoints);
        let factor = T::from_f64(self.factor);
        add_shares(|a| factor * a, inputs, 1, adjoint, adjoints);
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// `self + factor · other` with NumPy broadcasting, as one operation: a step of an integrator or of an
    /// optimiser. The product is rounded before it is added, so that the value is that of the two operations.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let (y, slope) = (tape.var(&tensor![1.0, 2.0]), tape.var(&tensor![4.0, -4.0]));
    /// let next = y.add_scaled(0.5, slope);
    /// assert_eq!(next.value(), tensor![3.0, 0.0]);
    /// assert_eq!(next.sum().backward().wrt(slope), tensor![0.5, 0.5]);
    /// ```
    ///
    /// # Panics
    /// When the shapes cannot be broadcast together.
    #[track_caller]
    pub fn add_scaled(self, factor: f64, other: Var<'t, T>) -> Var<'t, T> {
        self.tape()
            .apply(AddScaled { factor }.into(), &[self, other])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        for (left, right) in c.pairs() {
            let inputs = [c.tensor(&left, 0.4, 2.0), c.tensor(&right, 0.4, 2.0)];
            c.check(&inputs, |x| x[0] + x[1]);
            c.check(&inputs, |x| x[0] - x[1]);
            c.check(&inputs, |x| x[0].add_scaled(-0.7, x[1]));
        }
        // An operand used twice gets both parts.
        let x = c.tensor(&[3], 0.4, 2.0);
        c.check(&[x], |x| (x[0] + x[0]) * (x[0] - x[0] * x[0]));
    }

    #[test]
    fn an_infinite_adjoint_of_a_difference_keeps_its_tangent() {
        use metaplast_tensor::Tensor;

        use crate::{Dual, Tape};

        let tape = Tape::<Dual<f64, 1>>::new();
        let (x, y) = (
            tape.scalar(Dual::constant(2.0)),
            tape.scalar(Dual::constant(1.0)),
        );
        let seed = Tensor::from_fn([], |_| Dual::constant(f64::INFINITY));
        let adjoint = (x - y).backward_with(&seed).wrt(y).item();
        assert_eq!(adjoint, Dual::constant(f64::NEG_INFINITY));
    }
}
