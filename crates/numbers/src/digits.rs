//! Significant digits: numbers as people read them, however large or small.
//!
//! A fixed number of decimals shows 4·10⁻⁷ as 0.000000 and 10³⁰⁰ in three hundred digits. So numbers
//! for people, in rules, tables, progress and pages, all go through here.
//!
//! ```
//! use metaplast_numbers::digits::{shown, significant};
//!
//! assert_eq!(shown(-0.0548), "−0.0548");
//! assert_eq!(shown(4e-7), "4e−7");
//! assert_eq!(significant(0.25, 3), "0.250");
//! ```

/// Digits that are enough to recognise a coefficient.
const DIGITS: usize = 5;
/// Orders of magnitude that are written out: 0.00001 to 9,999,999.
const WRITTEN_OUT: std::ops::Range<i32> = -5..7;

const SUPERSCRIPTS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

/// A number with five significant digits at most, and no zeros after the last that counts.
#[must_use]
pub fn shown(x: f64) -> String {
    let text = significant(x, DIGITS);
    let (digits, exponent) = match text.split_once('e') {
        Some((digits, exponent)) => (digits, Some(exponent)),
        None => (text.as_str(), None),
    };
    let short = match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.'),
        false => digits,
    };
    match exponent {
        Some(exponent) => format!("{short}e{exponent}"),
        None => short.to_owned(),
    }
}

/// The same among symbols, where `e` could be one: `4·10⁻⁷`.
///
/// ```
/// assert_eq!(metaplast_numbers::digits::in_maths(-1.5e-7), "−1.5·10⁻⁷");
/// ```
#[must_use]
pub fn in_maths(x: f64) -> String {
    let text = shown(x);
    let Some((digits, exponent)) = text.split_once('e') else {
        return text;
    };
    let raised = exponent.chars().map(|c| match c {
        '−' => '⁻',
        digit => SUPERSCRIPTS[digit.to_digit(10).unwrap_or(0) as usize],
    });
    format!("{digits}·10{}", raised.collect::<String>())
}

/// A number as it could be typed, with all its digits: for messages about what was typed.
///
/// ```
/// use metaplast_numbers::digits::exact;
///
/// assert_eq!((exact(-0.1), exact(-1e300)), ("-0.1".to_owned(), "-1e300".to_owned()));
/// ```
#[must_use]
pub fn exact(x: f64) -> String {
    let scientific = format!("{x:e}");
    let written_out = x.is_finite() && WRITTEN_OUT.contains(&magnitude(&scientific));
    match written_out || !x.is_finite() {
        true => x.to_string(),
        false => scientific,
    }
}

/// A number with so many significant digits (1 to 17, zeros at the end included), with a proper
/// minus; beyond 0.00001 and 10,000,000 with an exponent.
#[must_use]
pub fn significant(x: f64, digits: usize) -> String {
    let after_first = digits.clamp(1, 17) - 1;
    // No sign of zero.
    let x = x + 0.0;
    let text = if x.is_nan() {
        "NaN".to_owned()
    } else if x.is_infinite() {
        if x < 0.0 { "-∞" } else { "∞" }.to_owned()
    } else {
        let scientific = format!("{x:.after_first$e}");
        // After rounding, which can lead to one digit more.
        let magnitude = magnitude(&scientific);
        match WRITTEN_OUT.contains(&magnitude) {
            true => {
                let decimals = (after_first as i32 - magnitude).max(0) as usize;
                format!("{x:.decimals$}")
            }
            false => scientific,
        }
    };
    text.replace('-', "−")
}

/// A number rounded at a place: −3 is for three decimals. So a number and its uncertainty end with the
/// same digit.
///
/// ```
/// use metaplast_numbers::digits::at_place;
///
/// assert_eq!(at_place(0.012345, -4), "0.0123");
/// assert_eq!(at_place(1.5e-9, -10), "1.5e−9");
/// ```
#[must_use]
pub fn at_place(x: f64, place: i32) -> String {
    let magnitude = magnitude(&format!("{x:e}"));
    if x == 0.0 && place < WRITTEN_OUT.start {
        return "0".into();
    }
    if WRITTEN_OUT.contains(&magnitude) && (-15..=0).contains(&place) {
        let decimals = place.unsigned_abs() as usize;
        return format!("{:.decimals$}", x + 0.0).replace('-', "−");
    }
    let digits = magnitude.saturating_sub(place).saturating_add(1);
    significant(x, digits.clamp(1, 17) as usize)
}

/// The exponent that stands in scientific notation; 0 of what is none.
fn magnitude(scientific: &str) -> i32 {
    let exponent = scientific.split_once('e').map(|(_, exponent)| exponent);
    exponent.and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_shown_by_its_digits() {
        for (x, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (0.012, "0.012"),
            (-0.054_832_19, "−0.054832"),
            (4e-7, "4e−7"),
            (0.000_012_344_9, "0.000012345"),
            (1e300, "1e300"),
            (-1.234_567e-300, "−1.2346e−300"),
            (1_234_567.8, "1234568"),
            (9_999_999.9, "1e7"),
            (0.999_999_9, "1"),
            (100.0, "100"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "−∞"),
            (5e-324, "4.9407e−324"),
        ] {
            assert_eq!(shown(x), text);
        }
    }

    #[test]
    fn zeros_that_count_stay() {
        assert_eq!(significant(2.0, 3), "2.00");
        assert_eq!(significant(0.000_1, 2), "0.00010");
        assert_eq!(significant(1e-9, 3), "1.00e−9");
        assert_eq!(significant(9.996, 3), "10.0");
        assert_eq!(at_place(9.996, -2), "10.00");
        assert_eq!(at_place(0.0, -3), "0.000");
        assert_eq!(at_place(-3e-9, -8), "−3e−9");
    }
}
