//! Arithmetic with plain numbers on the left, `2.0 * x`, and assignment, `x += y`.
//!
//! Numbers are `f64` whatever the tape computes with, as in `x * 2.0`: with `f32` numbers beside
//! them the type of a literal would be open.

use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Sub, SubAssign};

use metaplast_tensor::{Scalar, Tensor};

use crate::var::Var;

/// `c ∘ x` where the order of the operands does not matter.
macro_rules! commutative {
    ($($op:ident $method:ident $symbol:tt),*) => {
        $(
            /// ```
            /// # use metaplast_autodiff::Tape;
            /// let tape = Tape::<f64>::new();
            /// let x = tape.scalar(3.0);
            #[doc = concat!("assert_eq!((2.0 ", stringify!($symbol), " x).item(), 2.0 ", stringify!($symbol), " 3.0);")]
            /// ```
            impl<'t, T: Scalar> $op<Var<'t, T>> for f64 {
                type Output = Var<'t, T>;

                #[track_caller]
                fn $method(self, right: Var<'t, T>) -> Var<'t, T> {
                    right.$method(self)
                }
            }
        )*
    };
}

commutative!(Add add +, Mul mul *);

/// `c ∘ x` where it does: rounded once, as between two tensors.
macro_rules! ordered {
    ($($op:ident $method:ident $symbol:tt),*) => {
        $(
            /// ```
            /// # use metaplast_autodiff::Tape;
            /// let tape = Tape::<f64>::new();
            /// let x = tape.scalar(3.0);
            #[doc = concat!("assert_eq!((1.0 ", stringify!($symbol), " x).item(), 1.0 ", stringify!($symbol), " 3.0);")]
            /// ```
            impl<'t, T: Scalar> $op<Var<'t, T>> for f64 {
                type Output = Var<'t, T>;

                #[track_caller]
                fn $method(self, right: Var<'t, T>) -> Var<'t, T> {
                    let left = Tensor::scalar(T::from_f64(self));
                    right.tape().constant(&left).$method(right)
                }
            }
        )*
    };
}

ordered!(Sub sub -, Div div /);

/// `x ∘= y`: the handle becomes that of the result. Nothing changes in place; what was computed
/// from the old value stays right.
macro_rules! assignments {
    ($($op:ident $method:ident $symbol:tt),*) => {
        $(
            /// ```
            /// # use metaplast_autodiff::Tape;
            /// let tape = Tape::<f64>::new();
            /// let (x, mut y) = (tape.scalar(3.0), tape.scalar(5.0));
            #[doc = concat!("y ", stringify!($symbol), " x;")]
            /// let mut expected = 5.0;
            #[doc = concat!("expected ", stringify!($symbol), " 3.0;")]
            /// assert_eq!(y.item(), expected);
            /// ```
            impl<'t, T: Scalar> $op<Var<'t, T>> for Var<'t, T> {
                #[track_caller]
                fn $method(&mut self, right: Var<'t, T>) {
                    *self = assigned!(*self, $symbol, right);
                }
            }

            impl<'t, T: Scalar> $op<f64> for Var<'t, T> {
                #[track_caller]
                fn $method(&mut self, right: f64) {
                    *self = assigned!(*self, $symbol, right);
                }
            }
        )*
    };
}

/// The expression that an assignment stands for.
macro_rules! assigned {
    ($left:expr, +=, $right:expr) => {
        $left + $right
    };
    ($left:expr, -=, $right:expr) => {
        $left - $right
    };
    ($left:expr, *=, $right:expr) => {
        $left * $right
    };
    ($left:expr, /=, $right:expr) => {
        $left / $right
    };
}

assignments!(AddAssign add_assign +=, SubAssign sub_assign -=, MulAssign mul_assign *=, DivAssign div_assign /=);

#[cfg(test)]
pub(super) mod tests {
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        c.unary(0.4, 2.0, |x| 1.5 + 2.5 * x);
        c.unary(0.4, 2.0, |x| 1.5 - 2.5 / x);
        c.unary(0.4, 2.0, |x| {
            let mut y = x;
            y += x * x;
            y -= 0.3;
            y *= x;
            y /= 1.7;
            y
        });
    }
}
