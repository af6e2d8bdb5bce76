//! Elementwise functions of one operand: `y_i = f(x_i)`, `x̄_i += f'(x_i) ȳ_i`.

use std::ops;

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::{self, Function};

use crate::op::{Adjoints, Inputs, Sparsity};
use crate::var::Var;

/// An elementwise function and its derivative.
///
/// Implementations are `#[inline(always)]`, so that loops over them become wide instructions.
pub(super) trait Elementwise: Copy {
    const NAME: &'static str;

    fn value<T: Scalar>(&self, x: T) -> T;

    /// The derivative at `x`, where `y` is the value there.
    fn derivative<T: Scalar>(&self, x: T, y: T) -> T;

    /// The derivative times the adjoint, where there is a more exact way to it.
    #[inline(always)]
    fn pull_back<T: Scalar>(&self, x: T, y: T, adjoint: T) -> T {
        self.derivative(x, y) * adjoint
    }
}

/// An [`Elementwise`] function as the kernels take it: by value, so that its parameters stay in
/// registers.
#[derive(Clone, Copy)]
struct Mapped<F>(F);

impl<T: Scalar, F: Elementwise> Function<T> for Mapped<F> {
    #[inline(always)]
    fn value(self, x: T) -> T {
        self.0.value(x)
    }

    #[inline(always)]
    fn weighted(self, x: T, y: T, adjoint: T) -> T {
        self.0.pull_back(x, y, adjoint)
    }
}

pub(super) fn forward<T: Scalar>(f: &impl Elementwise, inputs: &Inputs<'_, T>, output: &mut [T]) {
    kernels::map(Mapped(*f), inputs.value(0), output);
}

pub(super) fn vjp<T: Scalar>(
    f: &impl Elementwise,
    inputs: &Inputs<'_, T>,
    output: &[T],
    output_adjoint: &[T],
    adjoints: &mut Adjoints<'_, T>,
) {
    let Some(sum) = adjoints.sum(0) else { return };
    let x = inputs.value(0);
    sum.in_parts(|at, into| {
        let (x, y, adjoint) = (&x[at.clone()], &output[at.clone()], &output_adjoint[at]);
        kernels::map_add(Mapped(*f), x, y, adjoint, into);
    });
}

/// A function that is zero at zero keeps the pattern.
pub(super) fn sparsity<T: Scalar>(f: &impl Elementwise) -> Sparsity {
    if f.value(T::ZERO).is_zero() {
        Sparsity::Sum
    } else {
        Sparsity::Dense
    }
}

/// Makes an [`Elementwise`] function an operation.
macro_rules! elementwise_op {
    ($op:ident) => {
        impl<T: metaplast_tensor::Scalar> crate::op::Op<T> for $op {
            fn name(&self) -> &'static str {
                <$op as crate::ops::unary::Elementwise>::NAME
            }

            fn shape(&self, operands: &[&metaplast_tensor::Shape]) -> metaplast_tensor::Shape {
                operands[0].clone()
            }

            fn forward(&self, inputs: &crate::op::Inputs<'_, T>, output: &mut [T]) {
                crate::ops::unary::forward(self, inputs, output);
            }

            fn overwrites(&self) -> bool {
                true
            }

            fn vjp(
                &self,
                inputs: &crate::op::Inputs<'_, T>,
                output: &[T],
                output_adjoint: &[T],
                adjoints: &mut crate::op::Adjoints<'_, T>,
            ) {
                crate::ops::unary::vjp(self, inputs, output, output_adjoint, adjoints);
            }

            fn sparsity(&self) -> crate::op::Sparsity {
                crate::ops::unary::sparsity::<T>(self)
            }
        }
    };
}
pub(super) use elementwise_op;

/// Defines functions without parameters: name, value, derivative, and the method on [`Var`]. A
/// derivative that is a quotient names its divisor after `by`, so that the adjoint is divided by it
/// and not multiplied by a rounded reciprocal. After `shared:` they are operations that are compiled
/// where they are used.
macro_rules! functions {
    (shared: $($(#[$doc:meta])* $op:ident $method:ident |$x:ident, $y:ident| $value:expr, $derivative:expr $(, by $divisor:expr)?;)*) => {
        $(crate::ops::unary::functions!(@define $op $method |$x, $y| $value, $derivative $(, by $divisor)?);)*

        impl<'t, T: Scalar> Var<'t, T> {
            $(
                $(#[$doc])*
                #[track_caller]
                pub fn $method(self) -> Var<'t, T> {
                    crate::ops::table::record(self.tape(), $op, &[self])
                }
            )*
        }
    };
    (@define $op:ident $method:ident |$x:ident, $y:ident| $value:expr, $derivative:expr $(, by $divisor:expr)?) => {
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $op;

        impl Elementwise for $op {
            const NAME: &'static str = stringify!($method);

            #[inline(always)]
            fn value<T: Scalar>(&self, $x: T) -> T {
                $value
            }

            #[allow(unused_variables, reason = "few derivatives need both")]
            #[inline(always)]
            fn derivative<T: Scalar>(&self, $x: T, $y: T) -> T {
                $derivative $(/ $divisor)?
            }

            $(
                #[allow(unused_variables, reason = "few derivatives need both")]
                #[inline(always)]
                fn pull_back<T: Scalar>(&self, $x: T, $y: T, adjoint: T) -> T {
                    adjoint * $derivative / $divisor
                }
            )?
        }

        crate::ops::unary::elementwise_op!($op);
    };
    ($($(#[$doc:meta])* $op:ident $method:ident |$x:ident, $y:ident| $value:expr, $derivative:expr $(, by $divisor:expr)?;)*) => {
        $(crate::ops::unary::functions!(@define $op $method |$x, $y| $value, $derivative $(, by $divisor)?);)*

        impl<'t, T: Scalar> Var<'t, T> {
            $(
                $(#[$doc])*
                #[track_caller]
                #[allow(clippy::should_implement_trait, reason = "`neg` is the trait's method too")]
                pub fn $method(self) -> Var<'t, T> {
                    self.tape().apply($op.into(), &[self])
                }
            )*
        }
    };
}
pub(super) use functions;

functions! {
    /// `−x`, elementwise.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// assert_eq!((-tape.scalar(2.0)).item(), -2.0);
    /// ```
    Neg neg |x, y| -x, -T::ONE;
    /// `eˣ`, elementwise; its derivative is the value.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(0.0);
    /// assert_eq!(x.exp().backward().wrt(x).item(), 1.0);
    /// ```
    Exp exp |x, y| x.exp(), y;
    /// `ln x`, elementwise; derivative `1/x`, infinite at 0.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(4.0);
    /// assert_eq!(x.ln().backward().wrt(x).item(), 0.25);
    /// ```
    Ln ln |x, y| x.ln(), T::ONE, by x;
    /// `√x`, elementwise; derivative `1/(2√x)`, infinite at 0.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(4.0);
    /// assert_eq!(x.sqrt().backward().wrt(x).item(), 0.25);
    /// ```
    Sqrt sqrt |x, y| x.sqrt(), T::from_f64(0.5), by y;
    /// `x²`, elementwise; derivative `2x`.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(3.0);
    /// assert_eq!(x.square().backward().wrt(x).item(), 6.0);
    /// ```
    Square square |x, y| x * x, x + x;
    /// `tanh x`, elementwise; derivative `1 − tanh² x`.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(0.0);
    /// assert_eq!(x.tanh().backward().wrt(x).item(), 1.0);
    /// ```
    Tanh tanh |x, y| x.tanh(), T::ONE - y * y;
}

/// `factor · x`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    factor: f64,
}

impl Elementwise for Scale {
    const NAME: &'static str = "scale";

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        T::from_f64(self.factor) * x
    }

    #[inline(always)]
    fn derivative<T: Scalar>(&self, _: T, _: T) -> T {
        T::from_f64(self.factor)
    }
}

elementwise_op!(Scale);

/// `x / divisor`, which is not the product with a reciprocal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Divide {
    divisor: f64,
}

impl Elementwise for Divide {
    const NAME: &'static str = "divide";

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        x / T::from_f64(self.divisor)
    }

    #[inline(always)]
    fn derivative<T: Scalar>(&self, _: T, _: T) -> T {
        T::ONE / T::from_f64(self.divisor)
    }

    #[inline(always)]
    fn pull_back<T: Scalar>(&self, _: T, _: T, adjoint: T) -> T {
        adjoint / T::from_f64(self.divisor)
    }
}

elementwise_op!(Divide);

/// `x + offset`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shift {
    offset: f64,
}

impl Elementwise for Shift {
    const NAME: &'static str = "shift";

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        x + T::from_f64(self.offset)
    }

    #[inline(always)]
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
        self.tape().apply(Divide { divisor }.into(), &[self])
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
pub(super) mod tests {
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        c.unary(-2.0, 2.0, |x| -x);
        c.unary(-2.0, 2.0, |x| x.exp());
        c.unary(-2.0, 2.0, |x| x.square());
        c.unary(-2.0, 2.0, |x| x.tanh());
        c.unary(-2.0, 2.0, |x| x * 1.7 + 0.3);
        c.unary(-2.0, 2.0, |x| x / 1.7 - 0.3);
        c.unary(0.3, 3.0, |x| x.ln());
        c.unary(0.3, 3.0, |x| x.sqrt());
    }
}
