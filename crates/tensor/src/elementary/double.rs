//! Elementary functions of `f64`.

use super::polynomial;

/// Angles up to so many radians have a sine and a cosine of their own here.
pub(crate) const NEAR: f64 = 1.6e6;

/// ln 2 in two parts; products of the first with integers up to 2¹¹ are exact.
const LN_2_HIGH: f64 = 0.693_147_180_559_890_3;
const LN_2_LOW: f64 = 5.497_923_018_708_371e-14;
/// π/2 in three parts; products of the first two with integers up to 2²⁰ are exact.
const QUARTER: [f64; 3] = [
    1.570_796_326_734_125_6,
    6.077_100_506_303_966e-11,
    2.022_266_248_795_950_6e-21,
];
/// Adding 1.5 · 2⁵² rounds to an integer, which then stands in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
const SIGN: u64 = 1 << 63;

/// The nearest integer, as a number and as bits.
#[inline(always)]
pub(super) fn nearest(x: f64) -> (f64, u64) {
    let shifted = x + ROUND;
    (
        shifted - ROUND,
        shifted.to_bits().wrapping_sub(ROUND.to_bits()),
    )
}

/// `2ⁿ` for −1022 ≤ n ≤ 1023.
#[inline(always)]
pub(super) fn power_of_two(n: u64) -> f64 {
    f64::from_bits(n.wrapping_add(1023) << 52)
}

/// `x 2ⁿ` in two steps, since 2ⁿ itself may be beyond the range where the result is not.
#[inline(always)]
fn scaled(x: f64, n: u64) -> f64 {
    let biased = n.wrapping_add(2 * 1023);
    let half = biased >> 1;
    x * f64::from_bits(half << 52) * f64::from_bits(biased.wrapping_sub(half) << 52)
}

/// `x = n ln 2 + r` with |r| ≤ ½ ln 2.
#[inline(always)]
fn reduced(x: f64) -> (f64, u64) {
    let (whole, n) = nearest(x * std::f64::consts::LOG2_E);
    ((x - whole * LN_2_HIGH) - whole * LN_2_LOW, n)
}

/// `eʳ − 1 = r + r² q(r)` for |r| ≤ ½ ln 2.
#[inline(always)]
fn exp_m1_reduced(r: f64) -> f64 {
    let q = polynomial!(r;
        0.5,
        0.166_666_666_666_666_66,
        0.041_666_666_666_666_68,
        0.008_333_333_333_333_333,
        0.001_388_888_888_887_900_4,
        0.000_198_412_698_412_632_52,
        2.480_158_733_663_095e-5,
        2.755_731_924_734_450_7e-6,
        2.755_726_307_730_941e-7,
        2.505_207_095_980_366_2e-8,
        2.091_821_231_913_398e-9,
        1.608_667_766_678_736_2e-10
    );
    q * r * r + r
}

/// `eˣ`
#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    exp_of_sum(x, 0.0)
}

/// `e^(x + y)` for a y that is small beside x.
#[inline(always)]
pub(super) fn exp_of_sum(x: f64, y: f64) -> f64 {
    // Beyond these the result is zero or infinite; NaN passes both comparisons.
    let clamped = if x > 710.0 { 710.0 } else { x };
    let clamped = if clamped < -746.0 { -746.0 } else { clamped };
    let y = if clamped == x { y } else { 0.0 };
    let (r, n) = reduced(clamped);
    scaled(exp_m1_reduced(r + y) + 1.0, n)
}

/// `eˣ − 1`
#[inline(always)]
pub(crate) fn exp_m1(x: f64) -> f64 {
    let value = exp_m1_between(if x < -40.0 { -40.0 } else { x });
    let value = if x > 40.0 { exp(x) } else { value };
    // Zero keeps its sign.
    if x == 0.0 { x } else { value }
}

/// `eˣ − 1` for −40 ≤ x ≤ 40: `2ⁿ (eʳ − 1) + (2ⁿ − 1)`.
#[inline(always)]
fn exp_m1_between(x: f64) -> f64 {
    let (r, n) = reduced(x);
    let scale = power_of_two(n);
    exp_m1_reduced(r) * scale + (scale - 1.0)
}

/// `tanh x = t/(t + 2)` with `t = e^(2|x|) − 1`, and the sign of x.
#[inline(always)]
pub(crate) fn tanh(x: f64) -> f64 {
    let size = x.abs();
    // Beyond 20 the result is one.
    let t = exp_m1_between(2.0 * if size > 20.0 { 20.0 } else { size });
    let value = t / (t + 2.0);
    f64::from_bits(value.to_bits() | (x.to_bits() & SIGN))
}

/// `u = 2ᵏ m` with √½ < m < √2, for a normal u: k and m − 1.
#[inline(always)]
pub(super) fn exponent_and_rest(u: f64) -> (f64, f64) {
    /// Bits of √½.
    const LEAST: u64 = 0x3fe6_a09e_667f_3bcd;
    const BIAS: u64 = 2048;
    let bits = u.to_bits().wrapping_sub(LEAST);
    let k = bits.wrapping_add(BIAS << 52) >> 52;
    // Bits become a number without an instruction that not every processor has.
    let k = f64::from_bits(ROUND.to_bits().wrapping_add(k)) - (ROUND + BIAS as f64);
    let m = f64::from_bits((bits & ((1 << 52) - 1)).wrapping_add(LEAST));
    (k, m - 1.0)
}

/// `k ln 2 + ln(1 + f) + correction`, the logarithm by its series in `s = f/(2 + f)`, fitted.
#[inline(always)]
fn ln_of_parts(k: f64, f: f64, correction: f64) -> f64 {
    let s = f / (2.0 + f);
    let z = s * s;
    let r = z * polynomial!(z;
        0.666_666_666_666_667,
        0.399_999_999_998_988_9,
        0.285_714_286_262_538_36,
        0.222_222_110_893_794_96,
        0.181_828_924_325_368_7,
        0.153_316_117_220_550_08,
        0.146_178_071_534_174_25
    );
    let half_square = 0.5 * f * f;
    let tail = s * (half_square + r) + (k * LN_2_LOW + correction);
    k * LN_2_HIGH + (f - (half_square - tail))
}

/// What the logarithm of `u` is at the edges of its domain, and `value` elsewhere.
#[inline(always)]
fn ln_at_edges(u: f64, value: f64) -> f64 {
    let value = if u == f64::INFINITY { u } else { value };
    let value = if u == 0.0 { f64::NEG_INFINITY } else { value };
    let value = if u < 0.0 { f64::NAN } else { value };
    if u.is_nan() { u } else { value }
}

/// `ln x`
#[inline(always)]
pub(crate) fn ln(x: f64) -> f64 {
    let subnormal = x < f64::MIN_POSITIVE;
    let u = if subnormal {
        x * 18_014_398_509_481_984.0
    } else {
        x
    };
    let (k, f) = exponent_and_rest(u);
    let k = if subnormal { k - 54.0 } else { k };
    ln_at_edges(x, ln_of_parts(k, f, 0.0))
}

/// `ln(1 + x)`: with `u = 1 + x` rounded, `ln u + (x − (u − 1)) / u`.
#[inline(always)]
pub(crate) fn ln_1p(x: f64) -> f64 {
    let u = 1.0 + x;
    let lost = if u >= 2.0 {
        1.0 - (u - x)
    } else {
        x - (u - 1.0)
    };
    let (k, f) = exponent_and_rest(u);
    let value = ln_at_edges(u, ln_of_parts(k, f, lost / u));
    // Tiny numbers keep their sign and all their bits.
    if x.abs() < 1e-16 { x } else { value }
}

/// The angle less a number of quarter turns, in two parts, and that number.
#[inline(always)]
fn within_a_quarter(x: f64) -> (f64, f64, u64) {
    let (whole, n) = nearest(x * std::f64::consts::FRAC_2_PI);
    let first = x - whole * QUARTER[0];
    let second = whole * QUARTER[1];
    let high = first - second;
    let lost = (first - high) - second;
    let low = lost - whole * QUARTER[2];
    let r = high + low;
    (r, (high - r) + low, n)
}

#[inline(always)]
fn sin_of_rest(r: f64, low: f64) -> f64 {
    let z = r * r;
    let series = polynomial!(z;
        -0.166_666_666_666_666_66,
        0.008_333_333_333_330_936,
        -0.000_198_412_698_367_405_32,
        2.755_731_609_319_840_4e-6,
        -2.505_112_989_645_018_5e-8,
        1.591_798_897_939_743_5e-10
    );
    r + (r * z * series + low * (1.0 - 0.5 * z))
}

#[inline(always)]
fn cos_of_rest(r: f64, low: f64) -> f64 {
    let z = r * r;
    let series = polynomial!(z;
        0.041_666_666_666_666_664,
        -0.001_388_888_888_888_738_9,
        2.480_158_729_875_44e-5,
        -2.755_731_726_587_808e-7,
        2.087_614_504_941_318e-9,
        -1.138_254_464_534_925e-11
    );
    let half = 0.5 * z;
    let most = 1.0 - half;
    most + (((1.0 - most) - half) + (z * z * series - r * low))
}

/// `sin x` for |x| ≤ [`NEAR`].
#[inline(always)]
pub(crate) fn near_sin(x: f64) -> f64 {
    let (r, low, n) = within_a_quarter(x);
    let value = by_quarter(n, sin_of_rest(r, low), cos_of_rest(r, low));
    // Zero keeps its sign.
    if x == 0.0 { x } else { value }
}

/// `cos x` for |x| ≤ [`NEAR`].
#[inline(always)]
pub(crate) fn near_cos(x: f64) -> f64 {
    let (r, low, n) = within_a_quarter(x);
    by_quarter(n.wrapping_add(1), sin_of_rest(r, low), cos_of_rest(r, low))
}

/// The sine after `n` quarter turns.
#[inline(always)]
pub(super) fn by_quarter(n: u64, sin: f64, cos: f64) -> f64 {
    let value = if n & 1 == 0 { sin } else { cos };
    f64::from_bits(value.to_bits() ^ ((n & 2) << 62))
}

/// `sin x`
#[inline]
pub(crate) fn sin(x: f64) -> f64 {
    if x.abs() <= NEAR {
        near_sin(x)
    } else {
        libm::sin(x)
    }
}

/// `cos x`
#[inline]
pub(crate) fn cos(x: f64) -> f64 {
    if x.abs() <= NEAR {
        near_cos(x)
    } else {
        libm::cos(x)
    }
}
