//! Special functions of a [`Scalar`] that are made of its elementary ones and of `libm`.
//!
//! A number type that carries derivatives has no such function of its own. The value comes from
//! `libm` at the primal number; what is infinitesimal beside it goes through the Taylor series, of
//! which as many terms are taken as numbers nested in each other ([`ORDER`]) can tell from zero.

use std::f64::consts::FRAC_2_SQRT_PI;

use crate::Scalar;

/// Derivatives up to this order are exact.
pub const ORDER: u32 = 3;

/// The error function `2/√π ∫₀ˣ exp(−t²) dt`.
///
/// ```
/// use metaplast_tensor::special::erf;
///
/// assert_eq!(erf(0.0), 0.0);
/// assert!((erf(0.5_f64) - 0.520_499_877_813_046_5).abs() < 1e-15);
/// ```
#[must_use]
pub fn erf<T: Scalar>(x: T) -> T {
    let value = T::from_f64(libm::erf(x.to_f64()));
    if !T::CARRIES_TANGENTS {
        return value;
    }
    let at = x.detach();
    let d = x - at;
    let slope = T::from_f64(FRAC_2_SQRT_PI) * (-(at * at)).exp();
    // erf'' = −2x erf', erf''' = (4x² − 2) erf'.
    let third = (T::from_f64(2.0) * at * at - T::ONE) / T::from_f64(3.0);
    value + slope * d * (T::ONE - d * (at - d * third))
}

/// The angle of the point (x, y) from the x-axis, from −π to π; 0 at the origin.
///
/// ```
/// use metaplast_tensor::special::atan2;
///
/// assert_eq!(atan2(1.0, 0.0), std::f64::consts::FRAC_PI_2);
/// ```
#[must_use]
pub fn atan2<T: Scalar>(y: T, x: T) -> T {
    let value = T::from_f64(libm::atan2(y.to_f64(), x.to_f64()));
    if !T::CARRIES_TANGENTS {
        return value;
    }
    // The angle between the point and the point without its derivatives, which is infinitesimal.
    let (x0, y0) = (x.detach(), y.detach());
    let d = (y * x0 - x * y0) / (x * x0 + y * y0);
    value + d * (T::ONE - d * d / T::from_f64(3.0))
}

/// `xʸ` for real x and y, as C99 defines it.
///
/// The derivative by y is `xʸ ln x`, and 0 where x is 0; where x is negative it is NaN, and so is
/// the power itself unless y is whole.
///
/// ```
/// use metaplast_tensor::special::pow;
///
/// assert_eq!((pow(2.0, 3.0), pow(-2.0, 3.0), pow(0.0, 0.5)), (8.0, -8.0, 0.0));
/// ```
#[must_use]
pub fn pow<T: Scalar>(x: T, y: T) -> T {
    let (base, exponent) = (x.to_f64(), y.to_f64());
    if !T::CARRIES_TANGENTS {
        return T::from_f64(libm::pow(base, exponent));
    }
    let plain = x.powf(exponent);
    let d = y - y.detach();
    if base == 0.0 || d == T::ZERO {
        return plain;
    }
    // x^(y₀ + d) = x^y₀ exp(d ln x), of an exponent that is infinitesimal.
    plain * (d * x.ln()).exp()
}

/// The tangent of an angle in radians, `sin x / cos x`.
///
/// ```
/// use metaplast_tensor::special::tan;
///
/// assert!((tan(std::f64::consts::FRAC_PI_4) - 1.0).abs() < 1e-15);
/// ```
#[must_use]
pub fn tan<T: Scalar>(x: T) -> T {
    x.sin() / x.cos()
}
