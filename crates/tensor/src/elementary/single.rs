//! Elementary functions of `f32`.
//!
//! Sine and cosine are computed in `f64` and rounded once.

use super::{double, polynomial};

/// Angles up to so many radians have a sine and a cosine of their own here.
pub(crate) const NEAR: f32 = 1e6;

/// ln 2 in two parts; products of the first with integers up to 2¹⁵ are exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -0.000_212_194_44;
/// π/2 in two parts; products of the first with integers up to 2²⁰ are exact.
const QUARTER: [f64; 2] = [1.570_796_326_734_125_6, 6.077_100_506_506_192e-11];

#[inline(always)]
fn polynomial_step(value: f32, x: f32, coefficient: f32) -> f32 {
    // Not fused: hardware without fused multiply-add must get the same bits.
    value * x + coefficient
}

/// `2ⁿ` for −126 ≤ n ≤ 127.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits(((n + 127) << 23) as u32)
}

/// `x = n ln 2 + r` with |r| ≤ ½ ln 2.
#[inline(always)]
fn reduced(x: f32) -> (f32, i32) {
    // Adding 1.5 · 2²³ rounds to an integer, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted.to_bits().wrapping_sub(ROUND.to_bits()) as i32;
    let whole = shifted - ROUND;
    ((x - whole * LN_2_HIGH) - whole * LN_2_LOW, n)
}

/// `eʳ − 1 = r + r² q(r)` for |r| ≤ ½ ln 2.
#[inline(always)]
fn exp_m1_reduced(r: f32) -> f32 {
    let q = 0.000_199_004_44;
    let q = polynomial_step(q, r, 0.001_393_454_5);
    let q = polynomial_step(q, r, 0.008_333_297);
    let q = polynomial_step(q, r, 0.041_666_456);
    let q = polynomial_step(q, r, 0.166_666_67);
    let q = polynomial_step(q, r, 0.5);
    q * r * r + r
}

/// `eˣ`
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Beyond these the result is zero or infinite; NaN passes both comparisons.
    let clamped = if x > 89.0 { 89.0 } else { x };
    let clamped = if clamped < -104.0 { -104.0 } else { clamped };
    let (r, n) = reduced(clamped);
    let p = exp_m1_reduced(r) + 1.0;
    // In two steps, since 2ⁿ itself may be beyond the range where the result is not.
    let half = n >> 1;
    p * power_of_two(half) * power_of_two(n - half)
}

/// `eˣ − 1`
#[inline(always)]
pub(crate) fn exp_m1(x: f32) -> f32 {
    let value = exp_m1_between(if x < -20.0 { -20.0 } else { x });
    let value = if x > 20.0 { exp(x) } else { value };
    // Zero keeps its sign.
    if x == 0.0 { x } else { value }
}

/// `eˣ − 1` for −20 ≤ x ≤ 20: `2ⁿ (eʳ − 1) + (2ⁿ − 1)`.
#[inline(always)]
fn exp_m1_between(x: f32) -> f32 {
    let (r, n) = reduced(x);
    let scale = power_of_two(n);
    exp_m1_reduced(r) * scale + (scale - 1.0)
}

/// `tanh x = t/(t + 2)` with `t = e^(2|x|) − 1`, and the sign of x.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let size = x.abs();
    // Beyond 10 the result is one.
    let t = exp_m1_between(2.0 * if size > 10.0 { 10.0 } else { size });
    let value = t / (t + 2.0);
    f32::from_bits(value.to_bits() | (x.to_bits() & (1 << 31)))
}

/// `u = 2ᵏ m` with √½ < m < √2, for a normal u: k and m − 1.
#[inline(always)]
fn exponent_and_rest(u: f32) -> (f32, f32) {
    /// Bits of √½.
    const LEAST: u32 = 0x3f35_04f3;
    let bits = u.to_bits().wrapping_sub(LEAST);
    let k = ((bits as i32) >> 23) as f32;
    let m = f32::from_bits((bits & 0x007f_ffff).wrapping_add(LEAST));
    (k, m - 1.0)
}

/// `k ln 2 + ln(1 + f) + correction`, the logarithm by its series in `s = f/(2 + f)`, fitted.
#[inline(always)]
fn ln_of_parts(k: f32, f: f32, correction: f32) -> f32 {
    let s = f / (2.0 + f);
    let z = s * s;
    let r = 0.233_377_22;
    let r = polynomial_step(r, z, 0.285_505_47);
    let r = polynomial_step(r, z, 0.400_001_26);
    let r = polynomial_step(r, z, 0.666_666_7);
    let r = z * r;
    let half_square = 0.5 * f * f;
    let tail = s * (half_square + r) + (k * LN_2_LOW + correction);
    k * LN_2_HIGH + (f - (half_square - tail))
}

/// `ln x`
#[inline(always)]
pub(crate) fn ln(x: f32) -> f32 {
    let subnormal = x < f32::MIN_POSITIVE;
    let u = if subnormal { x * 16_777_216.0 } else { x };
    let (k, f) = exponent_and_rest(u);
    let k = if subnormal { k - 24.0 } else { k };
    let value = ln_of_parts(k, f, 0.0);
    // The edges of the domain.
    let value = if x == f32::INFINITY { x } else { value };
    let value = if x == 0.0 { f32::NEG_INFINITY } else { value };
    let value = if x < 0.0 { f32::NAN } else { value };
    if x.is_nan() { x } else { value }
}

/// `ln(1 + x)`: with `u = 1 + x` rounded, `ln u + (x − (u − 1)) / u`.
#[inline(always)]
pub(crate) fn ln_1p(x: f32) -> f32 {
    let u = 1.0 + x;
    let lost = if u >= 2.0 {
        1.0 - (u - x)
    } else {
        x - (u - 1.0)
    };
    let (k, f) = exponent_and_rest(u);
    let value = ln_of_parts(k, f, lost / u);
    // The edges of the domain; tiny numbers keep their sign and all their bits.
    let value = if x == f32::INFINITY { x } else { value };
    let value = if x == -1.0 { f32::NEG_INFINITY } else { value };
    let value = if x < -1.0 { f32::NAN } else { value };
    if x.abs() < 1e-7 || x.is_nan() {
        x
    } else {
        value
    }
}

/// Sine and cosine of the angle less a number of quarter turns, and that number.
#[inline(always)]
fn by_rest(x: f32) -> (f64, f64, u64) {
    let x = f64::from(x);
    let (whole, n) = double::nearest(x * std::f64::consts::FRAC_2_PI);
    let r = (x - whole * QUARTER[0]) - whole * QUARTER[1];
    let z = r * r;
    let sin = r + r
        * z
        * polynomial!(z;
            -0.166_666_666_638_440_49,
            0.008_333_331_870_341_349,
            -0.000_198_400_843_764_227_02,
            2.724_962_008_007_533e-6
        );
    let cos = 1.0 - 0.5 * z
        + z * z
            * polynomial!(z;
                0.041_666_666_664_311_826,
                -0.001_388_888_766_837_066_3,
                2.480_059_840_835_012e-5,
                -2.730_070_403_808_665e-7
            );
    (sin, cos, n)
}

/// `sin x` for |x| ≤ [`NEAR`].
#[inline(always)]
pub(crate) fn near_sin(x: f32) -> f32 {
    let (sin, cos, n) = by_rest(x);
    let value = double::by_quarter(n, sin, cos) as f32;
    // Zero keeps its sign.
    if x == 0.0 { x } else { value }
}

/// `cos x` for |x| ≤ [`NEAR`].
#[inline(always)]
pub(crate) fn near_cos(x: f32) -> f32 {
    let (sin, cos, n) = by_rest(x);
    double::by_quarter(n.wrapping_add(1), sin, cos) as f32
}

/// `sin x`
#[inline]
pub(crate) fn sin(x: f32) -> f32 {
    if x.abs() <= NEAR {
        near_sin(x)
    } else {
        libm::sinf(x)
    }
}

/// `cos x`
#[inline]
pub(crate) fn cos(x: f32) -> f32 {
    if x.abs() <= NEAR {
        near_cos(x)
    } else {
        libm::cosf(x)
    }
}
