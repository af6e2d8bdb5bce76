//! Noisy numbers: Monte Carlo arithmetic, which shows what rounding does to a result.
//!
//! What rounding does to a result can be seen by adding to it: when every operation's result is off
//! by a random part of itself, many units of rounding large, the result of a computation is off by
//! as many times what rounding alone leaves (D. S. Parker, *Monte Carlo arithmetic:
//! exploiting randomness in floating-point arithmetic*, UCLA CSD-970002, 1997).

use std::cell::Cell;
use std::fmt;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use metaplast_tensor::Scalar;

thread_local! {
    static SEQUENCE: Cell<u64> = const { Cell::new(0) };
}

/// An `f64` of which every operation's result is off by a random part of itself, up to half of
/// [`NOISE`](Noisy::NOISE).
///
/// Everything generic over [`Scalar`] can be run on noisy numbers, a tape included. How far the
/// results of a few runs are apart tells how many digits of the result are good.
///
/// ```
/// use metaplast_autodiff::Noisy;
/// use metaplast_tensor::Scalar;
///
/// let third = || (Noisy::ONE / Noisy::from_f64(3.0)).to_f64();
/// Noisy::begin(1);
/// let first = third();
/// assert!(first != third() && (first - third()).abs() < Noisy::NOISE);
/// Noisy::begin(1);
/// assert_eq!(third(), first);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Noisy(f64);

impl Noisy {
    /// How far apart neighbouring numbers seem to be, relative to them: 2⁻⁴², 1024 times as far as
    /// they are in `f64`.
    pub const NOISE: f64 = 1.0 / (1u64 << 42) as f64;

    /// Begins the noise of this thread anew; another seed gives other noise.
    pub fn begin(seed: u64) {
        SEQUENCE.set(seed);
    }
}

/// The next number of SplitMix64, between −1 and 1.
#[inline]
fn next() -> f64 {
    let mut bits = SEQUENCE.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
    SEQUENCE.set(bits);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits as i64) as f64 / -(i64::MIN as f64)
}

/// A result, with noise.
// Out of line: within every operation it would be much code, none of which can be made wide.
#[inline(never)]
fn off(x: f64) -> Noisy {
    Noisy(x + x * (0.5 * Noisy::NOISE * next()))
}

impl fmt::Display for Noisy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Neg for Noisy {
    type Output = Self;

    fn neg(self) -> Self {
        Noisy(-self.0)
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident $assign:ident $method_assign:ident $operator:tt),*) => {
        $(
            impl $trait for Noisy {
                type Output = Self;

                #[inline]
                fn $method(self, other: Self) -> Self {
                    off(self.0 $operator other.0)
                }
            }

            impl $assign for Noisy {
                #[inline]
                fn $method_assign(&mut self, other: Self) {
                    *self = *self $operator other;
                }
            }
        )*
    };
}

operators!(
    Add add AddAssign add_assign +,
    Sub sub SubAssign sub_assign -,
    Mul mul MulAssign mul_assign *,
    Div div DivAssign div_assign /
);

macro_rules! functions {
    ($($name:ident),*) => {
        $(fn $name(self) -> Self {
            off(Scalar::$name(self.0))
        })*
    };
}

impl Scalar for Noisy {
    const ZERO: Self = Noisy(0.0);
    const ONE: Self = Noisy(1.0);
    const NAME: &'static str = "noisy";
    /// That of `f64`, so that states take copies at the same updates.
    const EPSILON: f64 = f64::EPSILON;
    const PRECOMPILED: u8 = 5;

    fn from_f64(x: f64) -> Self {
        Noisy(x)
    }

    fn to_f64(self) -> f64 {
        self.0
    }

    functions!(exp, exp_m1, ln, ln_1p, sqrt, sin, cos, tanh);

    fn abs(self) -> Self {
        Noisy(self.0.abs())
    }

    fn powi(self, n: i32) -> Self {
        off(Scalar::powi(self.0, n))
    }

    fn powf(self, p: f64) -> Self {
        off(Scalar::powf(self.0, p))
    }

    fn is_finite(self) -> bool {
        self.0.is_finite()
    }

    fn is_zero(self) -> bool {
        self.0 == 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_off_by_no_more_than_they_may() {
        Noisy::begin(1);
        let third = |_| (Noisy(1.0) / Noisy(3.0)).0 * 3.0 - 1.0;
        let errors: Vec<f64> = (0..1000).map(third).collect();
        let largest = errors.iter().fold(0.0f64, |m, e| m.max(e.abs()));
        assert!(
            largest <= 0.5 * Noisy::NOISE && largest > 0.45 * Noisy::NOISE,
            "{largest:e}"
        );
        let mean = errors.iter().sum::<f64>() / 1000.0;
        assert!(mean.abs() < 0.05 * Noisy::NOISE, "{mean:e}");
        Noisy::begin(1);
        assert_eq!(third(0), errors[0]);
        assert_eq!((Noisy(0.5) - Noisy(0.5)).0, 0.0);
    }
}
