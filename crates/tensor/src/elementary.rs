//! Elementary functions: `eˣ` and `ln(1 + x)` in `f32`, without branches and without fused
//! multiply-add.
//!
//! Loops over them become wide instructions, and the bits are the same on every machine. Both are
//! within one unit in the last place of the true value over their whole range (tested).

/// ln 2 in two parts; products of the first with integers up to 2¹⁵ are exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -0.000_212_194_44;

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

/// `eˣ`: `x = n ln 2 + r` with |r| ≤ ½ ln 2, and `eˣ = 2ⁿ (1 + r + r² q(r))`, `q` fitted at
/// Chebyshev's nodes.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Adding 1.5 · 2²³ rounds to an integer, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    // Beyond these the result is zero or infinite; NaN passes both comparisons.
    let clamped = if x > 89.0 { 89.0 } else { x };
    let clamped = if clamped < -104.0 { -104.0 } else { clamped };
    let shifted = clamped * std::f32::consts::LOG2_E + ROUND;
    let n = shifted.to_bits().wrapping_sub(ROUND.to_bits()) as i32;
    let whole = shifted - ROUND;
    let r = (clamped - whole * LN_2_HIGH) - whole * LN_2_LOW;
    let q = 0.000_199_004_44;
    let q = polynomial_step(q, r, 0.001_393_454_5);
    let q = polynomial_step(q, r, 0.008_333_297);
    let q = polynomial_step(q, r, 0.041_666_456);
    let q = polynomial_step(q, r, 0.166_666_67);
    let q = polynomial_step(q, r, 0.5);
    let p = (q * r * r + r) + 1.0;
    // In two steps, since 2ⁿ itself may be beyond the range where the result is not.
    let half = n >> 1;
    p * power_of_two(half) * power_of_two(n - half)
}

/// `ln(1 + x)`: with `u = 1 + x` rounded, `ln u + (x − (u − 1)) / u`, and `ln u` from `u = 2ᵏ m`,
/// `√½ < m < √2`, by the series of `ln m` in `(m − 1)/(m + 1)`, fitted.
#[inline(always)]
pub(crate) fn ln_1p(x: f32) -> f32 {
    /// Bits of √½.
    const LEAST: u32 = 0x3f35_04f3;
    let u = 1.0 + x;
    let lost = if u >= 2.0 {
        1.0 - (u - x)
    } else {
        x - (u - 1.0)
    };
    let correction = lost / u;
    let bits = u.to_bits().wrapping_sub(LEAST);
    let k = ((bits as i32) >> 23) as f32;
    let m = f32::from_bits((bits & 0x007f_ffff).wrapping_add(LEAST));
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let r = 0.233_377_22;
    let r = polynomial_step(r, z, 0.285_505_47);
    let r = polynomial_step(r, z, 0.400_001_26);
    let r = polynomial_step(r, z, 0.666_666_7);
    let r = z * r;
    let half_square = 0.5 * f * f;
    let tail = s * (half_square + r) + (k * LN_2_LOW + correction);
    let value = k * LN_2_HIGH + (f - (half_square - tail));
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
