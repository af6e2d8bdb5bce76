//! Real powers `xᵖ = e^(p ln x)`: the logarithm with digits to spare, since its error is multiplied
//! by the exponent.
//!
//! Of `f32` everything is computed in `f64`. Of `f64` the logarithm is the sum of two numbers, by
//! products without rounding (T. J. Dekker, *A floating-point technique for extending the available
//! precision*, Numer. Math. 18, 1971).

use super::double::{exp_of_sum, exponent_and_rest, nearest, power_of_two};
use super::polynomial;

/// What is special about an exponent, the same for all elements.
#[derive(Clone, Copy)]
struct Exponent {
    p: f64,
    whole: bool,
    odd: bool,
}

impl Exponent {
    #[inline(always)]
    fn new(p: f64) -> Self {
        let whole = p.floor() == p;
        let half = 0.5 * p;
        Exponent {
            // Beyond this, powers of all numbers but one are zero or infinite.
            p: p.clamp(-1e21, 1e21),
            whole,
            odd: whole && half.floor() != half,
        }
    }

    /// The power where `size` is |x| and `value` the power of it.
    #[inline(always)]
    fn at(self, x: f64, size: f64, value: f64) -> f64 {
        let (zero, infinite) = match self.p > 0.0 {
            true => (0.0, f64::INFINITY),
            false => (f64::INFINITY, 0.0),
        };
        let value = if size == 0.0 { zero } else { value };
        let value = if size == f64::INFINITY {
            infinite
        } else {
            value
        };
        let value = if size == 1.0 { 1.0 } else { value };
        let negative = x.to_bits() >> 63 == 1;
        let value = if negative && self.odd { -value } else { value };
        let value = if x < 0.0 && size != f64::INFINITY && !self.whole {
            f64::NAN
        } else {
            value
        };
        let value = if self.p.is_nan() && x != 1.0 {
            self.p
        } else {
            value
        };
        let value = if x.is_nan() { x } else { value };
        if self.p == 0.0 { 1.0 } else { value }
    }
}

/// `xᵖ` of an `f32`.
#[inline(always)]
pub(crate) fn of_single(x: f32, p: f64) -> f32 {
    let exponent = Exponent::new(p);
    let x = f64::from(x);
    let size = x.abs();
    let (k, f) = exponent_and_rest(size);
    let s = f / (2.0 + f);
    let z = s * s;
    let tail = z * polynomial!(z;
        0.666_666_666_673_786_8,
        0.399_999_987_924_416_9,
        0.285_717_555_350_329_44,
        0.221_913_374_280_657_7,
        0.193_638_849_866_331_98
    );
    let ln = k * std::f64::consts::LN_2 + (2.0 * s + s * tail);
    let power = exponent.p * ln;
    // Beyond these the result is zero or infinite; NaN passes both comparisons.
    let power = if power > 90.0 { 90.0 } else { power };
    let power = if power < -105.0 { -105.0 } else { power };
    let (whole, n) = nearest(power * std::f64::consts::LOG2_E);
    let r = power - whole * std::f64::consts::LN_2;
    let q = polynomial!(r;
        0.500_000_001_353_873,
        0.166_666_666_817_042_15,
        0.041_666_464_197_405_69,
        0.008_333_310_844_647_862,
        0.001_393_373_071_579_208_3,
        0.000_198_910_804_649_639_9
    );
    let value = (1.0 + (r + r * r * q)) * power_of_two(n);
    exponent.at(x, size, value) as f32
}

/// `xᵖ` of an `f64`.
#[inline(always)]
pub(crate) fn of_double(x: f64, p: f64) -> f64 {
    let exponent = Exponent::new(p);
    let size = x.abs();
    let (high, low) = ln_in_two_parts(size);
    let (power, lost) = product(exponent.p, high);
    let value = exp_of_sum(power, lost + exponent.p * low);
    exponent.at(x, size, value)
}

/// `a + b` and what rounding lost, for |a| ≥ |b| or any of them 0.
#[inline(always)]
fn ordered_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, b - (sum - a))
}

/// `a + b` and what rounding lost.
#[inline(always)]
fn sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_in_sum = sum - a;
    (sum, (a - (sum - b_in_sum)) + (b - b_in_sum))
}

/// `a b` and what rounding lost.
#[inline(always)]
fn product(a: f64, b: f64) -> (f64, f64) {
    #[inline(always)]
    fn halves(x: f64) -> (f64, f64) {
        let shifted = 134_217_729.0 * x;
        let high = shifted - (shifted - x);
        (high, x - high)
    }
    let product = a * b;
    let ((a_high, a_low), (b_high, b_low)) = (halves(a), halves(b));
    let lost = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
    (product, lost)
}

/// `ln x` of a positive number, to a relative 2⁻⁶⁵ or so.
#[inline(always)]
fn ln_in_two_parts(x: f64) -> (f64, f64) {
    /// ln 2 in two parts; products of the first with integers up to 2¹¹ are exact.
    const LN_2: [f64; 2] = [0.693_147_180_559_890_3, 5.497_923_018_708_371e-14];
    const TWO_THIRDS: [f64; 2] = [0.666_666_666_666_666_6, 3.700_743_415_417_188e-17];
    let subnormal = x < f64::MIN_POSITIVE;
    let u = if subnormal {
        x * 18_014_398_509_481_984.0
    } else {
        x
    };
    let (k, f) = exponent_and_rest(u);
    let k = if subnormal { k - 54.0 } else { k };

    // s = f/(2 + f)
    let (d, d_low) = ordered_sum(2.0, f);
    let s = f / d;
    let (back, back_low) = product(s, d);
    let s_low = (((f - back) - back_low) - s * d_low) / d;
    // s³ (2/3 + 2/5 s² + …)
    let (square, square_low) = product(s, s);
    let square_low = square_low + 2.0 * s * s_low;
    let rest = square
        * polynomial!(square;
            0.400_000_000_000_008_85,
            0.285_714_285_707_997_84,
            0.222_222_223_925_810_45,
            0.181_817_955_475_211_37,
            0.153_862_447_376_216_65,
            0.132_686_383_692_668_25,
            0.130_880_348_509_275_55
        );
    let (factor, factor_low) = ordered_sum(TWO_THIRDS[0], rest);
    let factor_low = factor_low + TWO_THIRDS[1];
    let (cube, cube_low) = product(s, square);
    let cube_low = cube_low + (s * square_low + s_low * square);
    let (tail, tail_low) = product(cube, factor);
    let tail_low = tail_low + (cube * factor_low + cube_low * factor);

    let (high, lost) = sum(k * LN_2[0], 2.0 * s);
    let (high, lost_too) = sum(high, tail);
    let low = (lost + lost_too) + (2.0 * s_low + k * LN_2[1] + tail_low);
    ordered_sum(high, low)
}
