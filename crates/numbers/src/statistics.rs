//! Statistics: means and their uncertainty.

use rand::Rng;

use crate::sorting::sort_numbers;
use crate::streams::uniform_index;

/// The mean; NaN of nothing.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The standard error of the mean, `√(Σ (x − mean)² / (n − 1) / n)`; 0 for fewer than two values.
#[must_use]
pub fn standard_error(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    if values.len() < 2 {
        return 0.0;
    }
    let mean = mean(values);
    let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
    (squares / (n - 1.0) / n).sqrt()
}

/// The median; NaN of nothing.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sort_numbers(&mut sorted);
    match sorted.is_empty() {
        true => f64::NAN,
        false => quantile(&sorted, 0.5),
    }
}

/// An interval within which a mean lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// The percentile bootstrap interval of the mean (Efron 1979): `resamples` means of as many values
/// drawn with replacement, and those of their quantiles that enclose the part `confidence`.
///
/// ```
/// use metaplast_numbers::statistics::bootstrap_interval;
/// use metaplast_numbers::streams::stream;
///
/// let values: Vec<f64> = (0..100).map(f64::from).collect();
/// let interval = bootstrap_interval(&values, 500, 0.98, &mut stream(&[1, 0, 0]));
/// assert!(interval.low > 40.0 && interval.low < 49.5);
/// assert!(interval.high < 59.0 && interval.high > 49.5);
/// ```
///
/// # Panics
/// When there are no values or no resamples, or `confidence` is not between 0 and 1.
#[must_use]
pub fn bootstrap_interval(
    values: &[f64],
    resamples: usize,
    confidence: f64,
    rng: &mut impl Rng,
) -> Interval {
    assert!(
        !values.is_empty() && resamples > 0,
        "bootstrap: {} values, {resamples} resamples",
        values.len()
    );
    assert!(
        (0.0..=1.0).contains(&confidence),
        "bootstrap: confidence {confidence}"
    );
    let mut means: Vec<f64> = (0..resamples)
        .map(|_| {
            let drawn = (0..values.len()).map(|_| values[uniform_index(rng, values.len())]);
            drawn.sum::<f64>() / values.len() as f64
        })
        .collect();
    sort_numbers(&mut means);
    let tail = (1.0 - confidence) / 2.0;
    Interval {
        low: quantile(&means, tail),
        high: quantile(&means, 1.0 - tail),
    }
}

/// The quantile of sorted values, linear between two of them.
///
/// # Panics
/// When there are none, or `q` is not between 0 and 1.
#[must_use]
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let place = q * (sorted.len() - 1) as f64;
    let below = place.floor();
    let (low, high) = (sorted[below as usize], sorted[place.ceil() as usize]);
    low + (high - low) * (place - below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::stream;

    #[test]
    fn mean_and_standard_error_of_a_small_sample() {
        assert_eq!(mean(&[1.0, 2.0, 6.0]), 3.0);
        // Variance 7, so √(7/3).
        assert!((standard_error(&[1.0, 2.0, 6.0]) - (7.0f64 / 3.0).sqrt()).abs() < 1e-15);
        assert_eq!(standard_error(&[5.0]), 0.0);
        assert!(mean(&[]).is_nan());
    }

    #[test]
    fn quantiles_are_linear_between_values() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.5), 2.0);
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
        assert_eq!(quantile(&[7.0], 0.99), 7.0);
    }

    /// Over many samples the interval holds the true mean about as often as it says.
    #[test]
    fn an_interval_covers_what_it_claims() {
        let covered = (0..400)
            .filter(|&k| {
                let mut rng = stream(&[7, 0, k, 0]);
                let uniform = |rng: &mut rand::rngs::Xoshiro256PlusPlus| {
                    (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
                };
                let values: Vec<f64> = (0..40).map(|_| uniform(&mut rng)).collect();
                let mut rng = stream(&[7, 0, k, 5]);
                let interval = bootstrap_interval(&values, 300, 0.9, &mut rng);
                interval.low <= 0.5 && 0.5 <= interval.high
            })
            .count();
        assert!((336..=384).contains(&covered), "{covered} of 400");
    }

    #[test]
    fn the_same_stream_gives_the_same_interval() {
        let once = || {
            let mut rng = stream(&[1, 2, 3, 5]);
            bootstrap_interval(&[0.0, 1.0, 5.0], 50, 0.98, &mut rng)
        };
        assert_eq!(once(), once());
        let mut rng = stream(&[1, 2, 3, 5]);
        let alone = bootstrap_interval(&[2.0], 10, 0.98, &mut rng);
        assert_eq!((alone.low, alone.high), (2.0, 2.0));
    }
}
