//! Elementwise functions of one operand: `y_i = f(x_i)`, `x̄_i += f'(x_i) ȳ_i`.

use std::ops;

use metaplast_tensor::{Scalar, Shape};

use super::{Adjoints, Inputs, Op};
use crate::var::Var;

/// An elementwise function and its derivative.
pub(super) trait Elementwise {
    const NAME: &'static str;

    fn value<T: Scalar>(&self, x: T) -> T;

    /// The derivative at `x`, where `y` is the value there.
    fn derivative<T: Scalar>(&self, x: T, y: T) -> T;
}

pub(super) fn forward<T: Scalar>(f: &impl Elementwise, inputs: &Inputs<'_, T>, output: &mut [T]) {
    for (y, &x) in output.iter_mut().zip(inputs.value(0)) {
        *y = f.value(x);
    }
}

pub(super) fn vjp<T: Scalar>(
    f: &impl Elementwise,
    inputs: &Inputs<'_, T>,
    output: &[T],
    output_adjoint: &[T],
    adjoints: &mut Adjoints<'_, T>,
) {
    let Some(into) = adjoints.of(0) else { return };
    let points = inputs.value(0).iter().zip(output).zip(output_adjoint);
    for (dx, ((&x, &y), &dy)) in into.iter_mut().zip(points) {
        *dx += f.derivative(x, y) * dy;
    }
}

/// Makes an [`Elementwise`] function an operation.
macro_rules! elementwise_op {
    ($op:ident) => {
        impl<T: Scalar> Op<T> for $op {
            fn name(&self) -> &'static str {
                <$op as crate::ops::unary::Elementwise>::NAME
            }

            fn shape(&self, operands: &[&Shape]) -> Shape {
                operands[0].clone()
            }

            fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
                crate::ops::unary::forward(self, inputs, output);
            }

            fn vjp(
                &self,
                inputs: &Inputs<'_, T>,
                output: &[T],
                output_adjoint: &[T],
                adjoints: &mut Adjoints<'_, T>,
            ) {
                crate::ops::unary::vjp(self, inputs, output, output_adjoint, adjoints);
            }
        }
    };
}
pub(super) use elementwise_op;

/// Defines functions without parameters: name, value, derivative, and the method on [`Var`].
macro_rules! functions {
    ($($(#[$doc:meta])* $op:ident $method:ident |$x:ident, $y:ident| $value:expr, $derivative:expr;)*) => {
        $(
            #[derive(Clone, Copy, Debug)]
            pub(crate) struct $op;

            impl Elementwise for $op {
                const NAME: &'static str = stringify!($method);

                fn value<T: Scalar>(&self, $x: T) -> T {
                    $value
                }

                #[allow(unused_variables)]
                fn derivative<T: Scalar>(&self, $x: T, $y: T) -> T {
                    $derivative
                }
            }

            elementwise_op!($op);
        )*

        impl<'t, T: Scalar> Var<'t, T> {
            $(
                $(#[$doc])*
                #[track_caller]
                #[allow(clippy::should_implement_trait)]
                pub fn $method(self) -> Var<'t, T> {
                    self.tape().apply($op.into(), &[self])
                }
            )*
        }
    };
}

functions! {
    /// `−x`, elementwise.
    Neg neg |x, y| -x, -T::ONE;
    /// `eˣ`, elementwise; its derivative is the value.
    Exp exp |x, y| x.exp(), y;
    /// `ln x`, elementwise; derivative `1/x`.
    Ln ln |x, y| x.ln(), T::ONE / x;
    /// `√x`, elementwise; derivative `1/(2√x)`, infinite at 0.
    Sqrt sqrt |x, y| x.sqrt(), T::from_f64(0.5) / y;
    /// `x²`, elementwise; derivative `2x`.
    Square square |x, y| x * x, x + x;
    /// `tanh x`, elementwise; derivative `1 − tanh² x`.
    Tanh tanh |x, y| x.tanh(), T::ONE - y * y;
}

/// `factor · x`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    factor: f64,
}

impl Elementwise for Scale {
    const NAME: &'static str = "scale";

    fn value<T: Scalar>(&self, x: T) -> T {
        T::from_f64(self.factor) * x
    }

    fn derivative<T: Scalar>(&self, _: T, _: T) -> T {
        T::from_f64(self.factor)
    }
}

elementwise_op!(Scale);

/// `x + offset`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shift {
    offset: f64,
}

impl Elementwise for Shift {
    const NAME: &'static str = "shift";

    fn value<T: Scalar>(&self, x: T) -> T {
        x + T::from_f64(self.offset)
    }

    fn derivative<T: Scalar>(&self, _: T, _: T) -> T {
        T::ONE
    }
}

elementwise_op!(Shift);

impl<'t, T: Scalar> ops::Neg for Var<'t, T> {
    type Output = Var<'t, T>;

    #[track_caller]
    fn neg(self) -> Var<'t, T> {
        Var::neg(self)
    }
}

impl<'t, T: Scalar> ops::Mul<f64> for Var<'t, T> {
    type Output = Var<'t, T>;

    #[track_caller]
    fn mul(self, factor: f64) -> Var<'t, T> {
        self.tape().apply(Scale { factor }.into(), &[self])
    }
}

impl<'t, T: Scalar> ops::Div<f64> for Var<'t, T> {
    type Output = Var<'t, T>;

    #[track_caller]
    fn div(self, divisor: f64) -> Var<'t, T> {
        self * (1.0 / divisor)
    }
}

impl<'t, T: Scalar> ops::Add<f64> for Var<'t, T> {
    type Output = Var<'t, T>;

    #[track_caller]
    fn add(self, offset: f64) -> Var<'t, T> {
        self.tape().apply(Shift { offset }.into(), &[self])
    }
}

impl<'t, T: Scalar> ops::Sub<f64> for Var<'t, T> {
    type Output = Var<'t, T>;

    #[track_caller]
    fn sub(self, offset: f64) -> Var<'t, T> {
        self + -offset
    }
}

#[cfg(test)]
mod tests {
    use crate::ops::testing::{check_unary, values};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn derivatives_agree_with_differences(x in values(-2.0, 2.0)) {
            check_unary(&x, |x| -x);
            check_unary(&x, |x| x.exp());
            check_unary(&x, |x| x.square());
            check_unary(&x, |x| x.tanh());
            check_unary(&x, |x| x * 1.7 + 0.3);
            check_unary(&x, |x| x / 1.7 - 0.3);
        }

        #[test]
        fn derivatives_agree_with_differences_where_defined(x in values(0.3, 3.0)) {
            check_unary(&x, |x| x.ln());
            check_unary(&x, |x| x.sqrt());
        }
    }
}
