//! Reference numbers: `f32` and `f64` with the plain loops of other numbers instead of their own
//! kernels.

use std::fmt;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use metaplast_tensor::Scalar;

/// An `f32` or `f64` that inherits the kernels which numbers have by default. Products are added
/// with one rounding where `FUSED` and with two otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub(crate) struct Reference<F, const FUSED: bool>(F);

impl<F: fmt::Display, const FUSED: bool> fmt::Display for Reference<F, FUSED> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<F: Neg<Output = F>, const FUSED: bool> Neg for Reference<F, FUSED> {
    type Output = Self;

    fn neg(self) -> Self {
        Reference(-self.0)
    }
}

macro_rules! operators {
    ($($operator:ident $method:ident, $assign:ident $assign_method:ident;)*) => {
        $(
            impl<F: $operator<Output = F>, const FUSED: bool> $operator for Reference<F, FUSED> {
                type Output = Self;

                fn $method(self, other: Self) -> Self {
                    Reference($operator::$method(self.0, other.0))
                }
            }

            impl<F: $assign, const FUSED: bool> $assign for Reference<F, FUSED> {
                fn $assign_method(&mut self, other: Self) {
                    $assign::$assign_method(&mut self.0, other.0);
                }
            }
        )*
    };
}

operators! {
    Add add, AddAssign add_assign;
    Sub sub, SubAssign sub_assign;
    Mul mul, MulAssign mul_assign;
    Div div, DivAssign div_assign;
}

macro_rules! functions {
    ($($function:ident)*) => {
        $(
            fn $function(self) -> Self {
                Reference(self.0.$function())
            }
        )*
    };
}

impl<F: Scalar, const FUSED: bool> Scalar for Reference<F, FUSED> {
    const ZERO: Self = Reference(F::ZERO);
    const ONE: Self = Reference(F::ONE);
    const NAME: &'static str = "reference";
    const EPSILON: f64 = F::EPSILON;
    const KERNEL_FUSES: bool = FUSED;
    const SPARSE_WINDOWS: bool = F::SPARSE_WINDOWS;

    functions! { exp exp_m1 ln ln_1p sqrt abs sin cos tanh }

    fn from_f64(x: f64) -> Self {
        Reference(F::from_f64(x))
    }

    fn to_f64(self) -> f64 {
        self.0.to_f64()
    }

    fn powi(self, n: i32) -> Self {
        Reference(self.0.powi(n))
    }

    fn powf(self, p: f64) -> Self {
        Reference(self.0.powf(p))
    }

    fn is_finite(self) -> bool {
        self.0.is_finite()
    }

    fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    fn kernel_mul_add(self, factor: Self, addend: Self) -> Self {
        if FUSED {
            Reference(self.0.kernel_mul_add(factor.0, addend.0))
        } else {
            self * factor + addend
        }
    }
}
