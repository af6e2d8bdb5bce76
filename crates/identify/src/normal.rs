//! The quantile of the normal distribution.

use std::f64::consts::{PI, SQRT_2};

/// The x below which the standard normal distribution has probability p; ∓∞ of 0 and 1.
///
/// Bisection of the distribution function to a bracket, then Newton's method: to rounding.
///
/// # Panics
/// When p is not between 0 and 1.
#[must_use]
#[track_caller]
pub(crate) fn normal_quantile(p: f64) -> f64 {
    assert!((0.0..=1.0).contains(&p), "normal quantile: probability {p}");
    if p == 0.0 || p == 1.0 {
        return if p == 0.0 {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        };
    }
    // In the lower half, where the distribution function has all its digits.
    if p > 0.5 {
        return -normal_quantile(1.0 - p);
    }
    let below = |x: f64| 0.5 * libm::erfc(-x / SQRT_2);
    let (mut low, mut high) = (-39.0, 0.0);
    for _ in 0..24 {
        let middle = 0.5 * (low + high);
        match below(middle) < p {
            true => low = middle,
            false => high = middle,
        }
    }
    let mut x = 0.5 * (low + high);
    for _ in 0..3 {
        let density = libm::exp(-0.5 * x * x) / (2.0 * PI).sqrt();
        if density > 0.0 {
            x -= (below(x) - p) / density;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_known_probabilities() {
        for (p, x) in [
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.1, -1.281_551_565_544_600_4),
            (1e-10, -6.361_340_902_404_056),
        ] {
            assert!((normal_quantile(p) - x).abs() < 1e-13, "{p}");
        }
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
    }
}
