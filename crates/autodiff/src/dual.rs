//! Dual numbers: forward mode through the scalar type.

mod parts;

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::{
    MatMul, MatMulNt, NewPartsMatrix, dual_matmul, dual_matmul_nt, dual_max_abs, matrix_of_duals,
};

/// A number with the derivatives of `N` directions: `x + Σ_k ẋ_k ε_k` with `ε_i ε_j = 0`.
///
/// Everything generic over [`Scalar`] computes directional derivatives (jvps) when it runs on dual
/// numbers, a tape included: there the tangent of an adjoint is a Hessian-vector product.
/// Equality compares the tangents too; order looks at the value alone.
///
/// ```
/// use metaplast_autodiff::{Dual, Tape};
/// use metaplast_tensor::Scalar;
///
/// // f(x) = x³ at 2: f' = 12, f'' = 12, by forward over reverse.
/// let tape = Tape::<Dual<f64, 1>>::new();
/// let x = tape.scalar(Dual::new(2.0, [1.0]));
/// let y = x * x * x;
/// assert_eq!(y.item().tangent(), [12.0]);
/// let adjoint = y.backward().wrt(x).item();
/// assert_eq!((adjoint.value(), adjoint.tangent()), (12.0, [12.0]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dual<T, const N: usize> {
    value: T,
    tangent: [T; N],
}

impl<T: Scalar, const N: usize> Dual<T, N> {
    /// A number with the given tangents.
    ///
    /// ```
    /// use metaplast_autodiff::Dual;
    ///
    /// let x = Dual::new(2.0, [1.0, 0.0]);
    /// let y = Dual::new(3.0, [0.0, 1.0]);
    /// assert_eq!(x * y, Dual::new(6.0, [3.0, 2.0]));
    /// ```
    #[must_use]
    pub fn new(value: T, tangent: [T; N]) -> Self {
        Dual { value, tangent }
    }

    /// A number with no tangent.
    ///
    /// ```
    /// use metaplast_autodiff::Dual;
    ///
    /// assert_eq!(Dual::<f64, 2>::constant(5.0).tangent(), [0.0, 0.0]);
    /// ```
    #[must_use]
    pub fn constant(value: T) -> Self {
        Dual {
            value,
            tangent: [T::ZERO; N],
        }
    }

    /// A number with tangent 1 in direction `direction`, 0 in the others.
    ///
    /// ```
    /// use metaplast_autodiff::Dual;
    ///
    /// assert_eq!(Dual::<f64, 3>::seeded(5.0, 1).tangent(), [0.0, 1.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// When `direction` is not below `N`.
    #[must_use]
    pub fn seeded(value: T, direction: usize) -> Self {
        let mut dual = Self::constant(value);
        dual.tangent[direction] = T::ONE;
        dual
    }

    /// The number itself.
    ///
    /// ```
    /// use metaplast_autodiff::Dual;
    ///
    /// assert_eq!(Dual::new(5.0, [1.0]).value(), 5.0);
    /// ```
    #[must_use]
    pub fn value(self) -> T {
        self.value
    }

    /// Its derivatives.
    ///
    /// ```
    /// use metaplast_autodiff::Dual;
    ///
    /// let x = Dual::<f64, 1>::seeded(3.0, 0);
    /// assert_eq!((x * x).tangent(), [6.0]);
    /// ```
    #[must_use]
    pub fn tangent(self) -> [T; N] {
        self.tangent
    }

    /// `f(self)` for a function with value `value` and derivative `slope` there.
    // Loops, which become wide instructions; what arrays have in place of them does not.
    #[inline]
    fn chain(self, value: T, slope: T) -> Self {
        let mut tangent = self.tangent;
        for t in &mut tangent {
            *t = slope * *t;
        }
        Dual { value, tangent }
    }

    #[inline]
    fn zip(self, other: Self, value: T, f: impl Fn(T, T) -> T) -> Self {
        let mut tangent = self.tangent;
        for (t, &other) in tangent.iter_mut().zip(&other.tangent) {
            *t = f(*t, other);
        }
        Dual { value, tangent }
    }
}

impl<T: Scalar, const N: usize> Default for Dual<T, N> {
    fn default() -> Self {
        Self::constant(T::ZERO)
    }
}

impl<T: Scalar, const N: usize> PartialOrd for Dual<T, N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

impl<T: Scalar, const N: usize> fmt::Display for Dual<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} + {:?}ε", self.value, self.tangent)
    }
}

impl<T: Scalar, const N: usize> Add for Dual<T, N> {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        self.zip(other, self.value + other.value, |a, b| a + b)
    }
}

impl<T: Scalar, const N: usize> Sub for Dual<T, N> {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        self.zip(other, self.value - other.value, |a, b| a - b)
    }
}

impl<T: Scalar, const N: usize> Mul for Dual<T, N> {
    type Output = Self;

    #[expect(
        clippy::suspicious_arithmetic_impl,
        reason = "the product rule has a sum"
    )]
    #[inline]
    fn mul(self, other: Self) -> Self {
        self.zip(other, self.value * other.value, |a, b| {
            a * other.value + self.value * b
        })
    }
}

impl<T: Scalar, const N: usize> Div for Dual<T, N> {
    type Output = Self;

    #[expect(
        clippy::suspicious_arithmetic_impl,
        reason = "the quotient rule has a difference and a product"
    )]
    #[inline]
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        self.zip(other, value, |a, b| (a - value * b) / other.value)
    }
}

impl<T: Scalar, const N: usize> Neg for Dual<T, N> {
    type Output = Self;

    fn neg(self) -> Self {
        self.chain(-self.value, -T::ONE)
    }
}

macro_rules! assign {
    ($($trait:ident $method:ident $operator:tt),*) => {
        $(impl<T: Scalar, const N: usize> $trait for Dual<T, N> {
            fn $method(&mut self, other: Self) {
                *self = *self $operator other;
            }
        })*
    };
}

assign!(AddAssign add_assign +, SubAssign sub_assign -, MulAssign mul_assign *, DivAssign div_assign /);

impl<T: Scalar, const N: usize> Scalar for Dual<T, N> {
    const ZERO: Self = Dual {
        value: T::ZERO,
        tangent: [T::ZERO; N],
    };
    const ONE: Self = Dual {
        value: T::ONE,
        tangent: [T::ZERO; N],
    };
    const NAME: &'static str = "dual";
    const EPSILON: f64 = T::EPSILON;
    const CARRIES_TANGENTS: bool = true;
    const BY_PARTS: Option<NewPartsMatrix<Self>> = Some(matrix_of_duals::<Self, N>);
    const PRECOMPILED: u8 = match (T::PRECOMPILED, N) {
        (1, 5) => 3,
        (2, 5) => 4,
        _ => 0,
    };

    fn from_f64(x: f64) -> Self {
        Self::constant(T::from_f64(x))
    }

    fn to_f64(self) -> f64 {
        self.value.to_f64()
    }

    fn exp(self) -> Self {
        let value = self.value.exp();
        self.chain(value, value)
    }

    fn exp_m1(self) -> Self {
        let value = self.value.exp_m1();
        self.chain(value, value + T::ONE)
    }

    fn ln(self) -> Self {
        self.chain(self.value.ln(), T::ONE / self.value)
    }

    fn ln_1p(self) -> Self {
        self.chain(self.value.ln_1p(), T::ONE / (T::ONE + self.value))
    }

    fn sqrt(self) -> Self {
        let value = self.value.sqrt();
        self.chain(value, T::from_f64(0.5) / value)
    }

    fn abs(self) -> Self {
        if self.value < T::ZERO {
            -self
        } else if self.value > T::ZERO {
            self
        } else {
            self.chain(self.value.abs(), T::ZERO)
        }
    }

    fn sin(self) -> Self {
        self.chain(self.value.sin(), self.value.cos())
    }

    fn cos(self) -> Self {
        self.chain(self.value.cos(), -self.value.sin())
    }

    fn tanh(self) -> Self {
        let value = self.value.tanh();
        self.chain(value, T::ONE - value * value)
    }

    fn powi(self, n: i32) -> Self {
        let slope = if n == 0 {
            T::ZERO
        } else {
            T::from_f64(f64::from(n)) * self.value.powi(n - 1)
        };
        self.chain(self.value.powi(n), slope)
    }

    fn powf(self, p: f64) -> Self {
        let slope = if p == 0.0 {
            T::ZERO
        } else {
            T::from_f64(p) * self.value.powf(p - 1.0)
        };
        self.chain(self.value.powf(p), slope)
    }

    fn is_finite(self) -> bool {
        self.value.is_finite() && self.tangent.iter().all(|t| t.is_finite())
    }

    fn detach(self) -> Self {
        Self::constant(self.value.detach())
    }

    fn kernel_max_abs(x: &[Self]) -> Self {
        dual_max_abs(x)
    }

    fn kernel_matmul(product: MatMul<'_, Self>) {
        dual_matmul(product);
    }

    fn kernel_matmul_nt(product: MatMulNt<'_, Self>) {
        dual_matmul_nt(product);
    }

    fn is_zero(self) -> bool {
        self.value.is_zero() && self.tangent.iter().all(|t| t.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Dual1 = Dual<f64, 1>;

    /// The tangent of `f` at `x` against a fourth-order central difference.
    fn check(x: f64, f: impl Fn(Dual1) -> Dual1) {
        let at = |x: f64| f(Dual::constant(x)).value();
        let h = 1e-3;
        let difference =
            (8.0 * (at(x + h) - at(x - h)) - (at(x + 2.0 * h) - at(x - 2.0 * h))) / (12.0 * h);
        let [tangent] = f(Dual::seeded(x, 0)).tangent();
        assert!(
            (tangent - difference).abs() <= 1e-8 * difference.abs().max(1.0),
            "tangent {tangent}, difference {difference} at {x}"
        );
    }

    proptest! {
        #[test]
        fn tangents_agree_with_differences(x in 0.3..2.0f64, sign in prop::sample::select(vec![-1.0, 1.0])) {
            let signed = sign * x;
            check(signed, |x| x.exp());
            check(signed, |x| x.exp_m1());
            check(x, |x| x.ln());
            check(x, |x| x.ln_1p());
            check(x, |x| x.sqrt());
            check(signed, |x| x.abs());
            check(signed, |x| x.sin());
            check(signed, |x| x.cos());
            check(signed, |x| x.tanh());
            check(signed, |x| x.powi(3) + x.powi(0) - x.powi(-2));
            check(x, |x| x.powf(2.5) + x.powf(-0.5) + x.powf(0.0));
            check(signed, |x| (x * x - x) / (x * x + Dual::ONE) + -x);
        }
    }

    #[test]
    fn a_detached_number_is_a_constant() {
        let x = Dual1::seeded(3.0, 0);
        assert_eq!((x.detach() * x).tangent(), [3.0]);
    }

    #[test]
    fn a_zero_with_a_tangent_is_not_zero() {
        assert_ne!(Dual1::seeded(0.0, 0), Dual1::ZERO);
        assert_eq!(Dual1::seeded(0.0, 0).abs().tangent(), [0.0]);
    }
}
