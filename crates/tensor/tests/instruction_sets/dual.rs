//! Dual numbers with three tangents, by their parts and by the plain loops of other numbers.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::{
    DualNumber, MatMul, MatMulNt, NewPartsMatrix, dual_matmul, dual_matmul_nt, dual_max_abs,
    matrix_of_duals,
};

/// An `f64` with tangents. What is drawn has some in one direction, what is large has some in a second, and
/// nothing has any in the third.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Drawn<const BY_PARTS: bool> {
    pub(crate) value: f64,
    pub(crate) tangents: [f64; 3],
}

impl<const BY_PARTS: bool> Drawn<BY_PARTS> {
    const fn constant(value: f64) -> Self {
        Drawn {
            value,
            tangents: [0.0; 3],
        }
    }

    fn chain(self, value: f64, slope: f64) -> Self {
        Drawn {
            value,
            tangents: self.tangents.map(|tangent| slope * tangent),
        }
    }

    fn with(self, other: Self, value: f64, of_tangents: impl Fn(f64, f64) -> f64) -> Self {
        let tangents = [0, 1, 2].map(|k| of_tangents(self.tangents[k], other.tangents[k]));
        Drawn { value, tangents }
    }
}

impl<const BY_PARTS: bool> PartialOrd for Drawn<BY_PARTS> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

impl<const BY_PARTS: bool> fmt::Display for Drawn<BY_PARTS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl<const BY_PARTS: bool> Neg for Drawn<BY_PARTS> {
    type Output = Self;

    fn neg(self) -> Self {
        self.chain(-self.value, -1.0)
    }
}

macro_rules! operators {
    ($($operator:ident $method:ident $assign:ident $assign_method:ident $symbol:tt $rule:expr;)*) => {
        $(
            impl<const BY_PARTS: bool> $operator for Drawn<BY_PARTS> {
                type Output = Self;

                #[allow(
                    clippy::suspicious_arithmetic_impl,
                    reason = "the rules of products and quotients have sums and differences"
                )]
                fn $method(self, other: Self) -> Self {
                    let rule: fn([f64; 2], [f64; 2]) -> f64 = $rule;
                    let (a, b) = (self.value, other.value);
                    self.with(other, a $symbol b, |da, db| rule([a, da], [b, db]))
                }
            }

            impl<const BY_PARTS: bool> $assign for Drawn<BY_PARTS> {
                fn $assign_method(&mut self, other: Self) {
                    *self = *self $symbol other;
                }
            }
        )*
    };
}

operators! {
    Add add AddAssign add_assign + |[_, da], [_, db]| da + db;
    Sub sub SubAssign sub_assign - |[_, da], [_, db]| da - db;
    Mul mul MulAssign mul_assign * |[a, da], [b, db]| da * b + a * db;
    Div div DivAssign div_assign / |[a, da], [b, db]| (da - a / b * db) / b;
}

/// Functions that no kernel here calls.
macro_rules! functions {
    ($($function:ident)*) => {
        $(
            fn $function(self) -> Self {
                self.chain(self.value.$function(), 1.0)
            }
        )*
    };
}

/// Two types with the same arithmetic, of which the second has items of its own.
macro_rules! scalar {
    ($by_parts:literal, { $($own:item)* }) => {
        impl Scalar for Drawn<$by_parts> {
            const ZERO: Self = Self::constant(0.0);
            const ONE: Self = Self::constant(1.0);
            const NAME: &'static str = "drawn";
            const EPSILON: f64 = f64::EPSILON;
            const CARRIES_TANGENTS: bool = true;
            $($own)*

            functions! { exp exp_m1 ln ln_1p sqrt sin cos tanh }

            fn from_f64(x: f64) -> Self {
                let large = if x.abs() > 100.0 { -0.7 * x } else { 0.0 };
                let tangents = [if x == 0.0 { 0.0 } else { 0.3 * x + 0.1 }, large, 0.0];
                Drawn { value: x, tangents }
            }

            fn to_f64(self) -> f64 {
                self.value
            }

            fn abs(self) -> Self {
                if self.value < 0.0 { -self } else { self }
            }

            fn powi(self, n: i32) -> Self {
                self.chain(self.value.powi(n), 1.0)
            }

            fn powf(self, p: f64) -> Self {
                self.chain(self.value.powf(p), 1.0)
            }

            fn is_finite(self) -> bool {
                self.value.is_finite() && self.tangents.iter().all(|x| x.is_finite())
            }

            fn detach(self) -> Self {
                Self::constant(self.value)
            }

            fn is_zero(self) -> bool {
                self.value == 0.0 && self.tangents == [0.0; 3]
            }
        }
    };
}

scalar!(false, {});
scalar!(true, {
    const BY_PARTS: Option<NewPartsMatrix<Self>> = Some(matrix_of_duals::<Self, 3>);

    fn kernel_max_abs(x: &[Self]) -> Self {
        dual_max_abs(x)
    }

    fn kernel_matmul(product: MatMul<'_, Self>) {
        dual_matmul(product);
    }

    fn kernel_matmul_nt(product: MatMulNt<'_, Self>) {
        dual_matmul_nt(product);
    }
});

impl DualNumber<3> for Drawn<true> {
    type Part = f64;

    fn constant_part(value: f64) -> Self {
        Self::constant(value)
    }

    fn value_part(self) -> f64 {
        self.value
    }

    fn tangent_part(self, k: usize) -> f64 {
        self.tangents[k]
    }

    fn set_tangent_part(&mut self, k: usize, tangent: f64) {
        self.tangents[k] = tangent;
    }
}
