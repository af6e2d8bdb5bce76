//! The number type that tensors, kernels and tapes are generic over.

use std::fmt::{Debug, Display};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use crate::elementary;
use crate::kernels::dispatch::{Anywhere, Here, Kernel, Machine};
use crate::kernels::{Function, Write};
use crate::kernels::{
    axpy, back, both, dot, map, matmul, matvec, max_abs, padded, project, rank_k, transposed, tree,
};

/// A number: `f32`, `f64`, or a type that behaves like one and carries derivatives along.
///
/// The trait is open. A dual number implements the required methods and inherits portable kernels;
/// `f32` and `f64` override those with ones chosen for the processor at run time.
///
/// Transcendental functions of `f32` and `f64` come from the `libm` crate and not from the
/// platform, so that a run gives the same bits on another machine.
///
/// ```
/// use metaplast_tensor::Scalar;
///
/// fn softplus<T: Scalar>(x: T) -> T {
///     x.exp().ln_1p()
/// }
/// assert!((softplus(0.0_f64) - 2.0_f64.ln()).abs() < f64::EPSILON);
/// ```
pub trait Scalar:
    Copy
    + Default
    + PartialEq
    + PartialOrd
    + Debug
    + Display
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
{
    /// Zero, with no derivative.
    const ZERO: Self;
    /// One, with no derivative.
    const ONE: Self;
    /// What to call the type in messages and files: `"f32"`, `"f64"`.
    const NAME: &'static str;
    /// Distance from 1 to the next larger primal number.
    const EPSILON: f64;
    /// Whether [`detach`](Scalar::detach) can change a number, as it does for dual numbers.
    const CARRIES_TANGENTS: bool = false;

    /// The constant nearest to `x`.
    fn from_f64(x: f64) -> Self;
    /// The primal value.
    fn to_f64(self) -> f64;

    /// eˣ.
    fn exp(self) -> Self;
    /// eˣ − 1, accurate near zero.
    fn exp_m1(self) -> Self;
    /// The natural logarithm.
    fn ln(self) -> Self;
    /// ln(1 + x), accurate near zero.
    fn ln_1p(self) -> Self;
    /// The square root.
    fn sqrt(self) -> Self;
    /// The absolute value.
    fn abs(self) -> Self;
    /// The sine of an angle in radians.
    fn sin(self) -> Self;
    /// The cosine of an angle in radians.
    fn cos(self) -> Self;
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;
    /// The number to a whole power; a negative `n` gives the reciprocal.
    fn powi(self, n: i32) -> Self;
    /// The number to a real power.
    fn powf(self, p: f64) -> Self;

    /// Whether the primal value is neither infinite nor NaN.
    fn is_finite(self) -> bool;

    /// The same number with derivative information dropped.
    #[must_use]
    fn detach(self) -> Self {
        self
    }

    /// Whether the number is zero together with every derivative it carries, so that a product
    /// with it may be left out.
    ///
    /// The default never says so, which is always correct and only forgoes the shortcut. A dual
    /// number that overrides it must look at its tangent as well as at its value.
    fn is_zero(self) -> bool {
        false
    }

    #[doc(hidden)]
    fn kernel_mul_add(self, factor: Self, addend: Self) -> Self {
        self * factor + addend
    }

    #[doc(hidden)]
    #[inline(always)]
    fn kernel_tree(lanes: [Self; 16]) -> Self {
        tree::portable(lanes)
    }

    #[doc(hidden)]
    fn kernel_dot(x: &[Self], y: &[Self]) -> Self {
        dot::Dot { x, y }.run::<false>()
    }

    #[doc(hidden)]
    fn kernel_max_abs(x: &[Self]) -> Self {
        max_abs::MaxAbs { x }.run::<false>()
    }

    #[doc(hidden)]
    fn kernel_axpy(alpha: Self, x: &[Self], y: &mut [Self]) {
        axpy::Axpy { alpha, x, y }.run::<false>();
    }

    #[doc(hidden)]
    fn kernel_matvec(a: &[Self], x: &[Self], y: &mut [Self], write: Write) {
        matvec::MatVec { a, x, y, write }.run::<false>();
    }

    #[doc(hidden)]
    fn kernel_matvec_transposed(a: &[Self], x: &[Self], y: &mut [Self], write: Write) {
        transposed::MatVecTransposed { a, x, y, write }.run::<false>();
    }

    #[doc(hidden)]
    fn kernel_rank_k(update: rank_k::RankK<'_, Self>) {
        update.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_matmul(product: matmul::MatMul<'_, Self>) {
        product.run::<false>();
    }

    #[doc(hidden)]
    fn kernel_matmul_nt(product: matmul::MatMulNt<'_, Self>) {
        product.run::<false>();
    }

    #[doc(hidden)]
    fn kernel_matvec_both(products: both::MatVecBoth<'_, '_, '_, Self>) {
        products.run::<false>();
    }

    #[doc(hidden)]
    fn kernel_map<F: Function<Self>>(map: map::Map<'_, Self, F>) {
        map.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_map_add<F: Function<Self>>(map: map::MapAdd<'_, Self, F>) {
        map.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_padded_dots(products: padded::Dots<'_, '_, Self>) {
        products.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_padded_max_abs(row: max_abs::MaxAbsBlocks<'_, Self>) -> Self {
        row.run::<false>()
    }

    #[doc(hidden)]
    fn kernel_padded_add_rows(sums: padded::AddRows<'_, Self>) {
        sums.run_on::<Anywhere>();
    }

    #[doc(hidden)]
    fn kernel_padded_change(change: padded::Change<'_, Self>) {
        change.run_on::<Anywhere>();
    }

    /// See [`passes::project`](crate::passes::project).
    #[doc(hidden)]
    fn kernel_project(pass: project::Project<'_, Self>) {
        pass.in_parts();
    }

    /// See [`passes::reverse`](crate::passes::reverse).
    #[doc(hidden)]
    fn kernel_back(pass: back::Back<'_, Self>) -> Self {
        pass.in_parts()
    }
}

macro_rules! impl_scalar {
    ($float:ident, $tree:path: $exp:path, $exp_m1:path, $ln:path, $ln_1p:path, $sin:path, $cos:path, $tanh:path) => {
        impl Scalar for $float {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const NAME: &'static str = stringify!($float);
            const EPSILON: f64 = $float::EPSILON as f64;

            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                x as $float
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn exp(self) -> Self {
                $exp(self)
            }
            #[inline]
            fn exp_m1(self) -> Self {
                $exp_m1(self)
            }
            #[inline]
            fn ln(self) -> Self {
                $ln(self)
            }
            #[inline(always)]
            fn ln_1p(self) -> Self {
                $ln_1p(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                // Correctly rounded by IEEE 754, hence the same everywhere.
                $float::sqrt(self)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $float::abs(self)
            }
            #[inline]
            fn sin(self) -> Self {
                $sin(self)
            }
            #[inline]
            fn cos(self) -> Self {
                $cos(self)
            }
            #[inline]
            fn tanh(self) -> Self {
                $tanh(self)
            }
            #[inline]
            fn powi(self, n: i32) -> Self {
                power(self, n)
            }
            #[inline]
            fn powf(self, p: f64) -> Self {
                libm::pow(f64::from(self), p) as $float
            }
            #[inline]
            fn is_finite(self) -> bool {
                $float::is_finite(self)
            }
            #[inline(always)]
            fn is_zero(self) -> bool {
                self == 0.0
            }
            #[inline(always)]
            fn kernel_mul_add(self, factor: Self, addend: Self) -> Self {
                self.mul_add(factor, addend)
            }

            #[inline(always)]
            fn kernel_tree(lanes: [Self; 16]) -> Self {
                $tree(lanes)
            }

            fn kernel_dot(x: &[Self], y: &[Self]) -> Self {
                Here::run(dot::Dot { x, y })
            }
            fn kernel_max_abs(x: &[Self]) -> Self {
                Here::run(max_abs::MaxAbs { x })
            }
            fn kernel_axpy(alpha: Self, x: &[Self], y: &mut [Self]) {
                Here::run(axpy::Axpy { alpha, x, y });
            }
            fn kernel_matvec(a: &[Self], x: &[Self], y: &mut [Self], write: Write) {
                Here::run(matvec::MatVec { a, x, y, write });
            }
            fn kernel_matvec_transposed(a: &[Self], x: &[Self], y: &mut [Self], write: Write) {
                Here::run(transposed::MatVecTransposed { a, x, y, write });
            }
            fn kernel_rank_k(update: rank_k::RankK<'_, Self>) {
                update.run_on::<Here>();
            }
            fn kernel_matmul(product: matmul::MatMul<'_, Self>) {
                Here::run(product);
            }
            fn kernel_matmul_nt(product: matmul::MatMulNt<'_, Self>) {
                Here::run(product);
            }
            fn kernel_matvec_both(products: both::MatVecBoth<'_, '_, '_, Self>) {
                Here::run(products);
            }
            fn kernel_map<F: Function<Self>>(map: map::Map<'_, Self, F>) {
                map.run_on::<Here>();
            }
            fn kernel_map_add<F: Function<Self>>(map: map::MapAdd<'_, Self, F>) {
                map.run_on::<Here>();
            }
            fn kernel_padded_dots(products: padded::Dots<'_, '_, Self>) {
                products.run_on::<Here>();
            }
            fn kernel_padded_max_abs(row: max_abs::MaxAbsBlocks<'_, Self>) -> Self {
                Here::run(row)
            }
            fn kernel_padded_add_rows(sums: padded::AddRows<'_, Self>) {
                sums.run_on::<Here>();
            }
            fn kernel_padded_change(change: padded::Change<'_, Self>) {
                change.run_on::<Here>();
            }
            fn kernel_project(pass: project::Project<'_, Self>) {
                pass.run_on::<Here>();
            }
            fn kernel_back(pass: back::Back<'_, Self>) -> Self {
                pass.run_on::<Here>()
            }
        }
    };
}

impl_scalar!(f32, tree::single: elementary::exp, libm::expm1f, libm::logf, elementary::ln_1p, libm::sinf, libm::cosf, libm::tanhf);
impl_scalar!(f64, tree::portable: libm::exp, libm::expm1, libm::log, libm::log1p, libm::sin, libm::cos, libm::tanh);

/// Powers by repeated squaring: the standard library leaves the precision of its `powi` open.
#[inline]
fn power<T: Scalar>(base: T, n: i32) -> T {
    let mut square = base;
    let mut left = n.unsigned_abs();
    let mut result = T::ONE;
    while left > 0 {
        if left & 1 == 1 {
            result *= square;
        }
        left >>= 1;
        if left > 0 {
            square *= square;
        }
    }
    if n < 0 { T::ONE / result } else { result }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_small_and_negative_exponents() {
        assert_eq!(Scalar::powi(3.0_f64, 0), 1.0);
        assert_eq!(Scalar::powi(-2.0_f32, 5), -32.0);
        assert_eq!(Scalar::powi(2.0_f64, -3), 0.125);
        assert_eq!(Scalar::powi(1.0_f64, i32::MIN), 1.0);
    }

    #[test]
    fn elementary_functions_agree_with_the_standard_library_to_rounding() {
        for step in -40..=40 {
            let x = f64::from(step) * 0.17;
            let close = |ours: f64, theirs: f64| {
                assert!((ours - theirs).abs() <= 4.0 * f64::EPSILON * theirs.abs().max(1e-300));
            };
            close(Scalar::exp(x), x.exp());
            close(Scalar::exp_m1(x), x.exp_m1());
            close(Scalar::tanh(x), x.tanh());
            close(Scalar::sin(x), x.sin());
            close(Scalar::cos(x), x.cos());
            close(Scalar::ln(x * x + 0.5), (x * x + 0.5).ln());
            close(Scalar::ln_1p(x * x), (x * x).ln_1p());
        }
    }

    #[test]
    fn only_zero_is_zero() {
        assert!(Scalar::is_zero(-0.0_f32));
        assert!(!Scalar::is_zero(f32::MIN_POSITIVE));
        assert!(!Scalar::is_zero(f64::NAN));
    }
}
