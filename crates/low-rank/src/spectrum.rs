//! Sequences of singular values.

/// `count` numbers in geometric progression from `first` to `last`.
///
/// ```
/// use metaplast_low_rank::spectrum;
///
/// assert_eq!(spectrum::geometric(3, 1.0, 0.25), [1.0, 0.5, 0.25]);
/// ```
#[must_use]
pub fn geometric(count: usize, first: f64, last: f64) -> Vec<f64> {
    let steps = count.saturating_sub(1).max(1) as f64;
    let number = |k: usize| first * (last / first).powf(k as f64 / steps);
    (0..count).map(number).collect()
}

/// `high` for the first `leading` of `count` numbers and `low` for the rest.
///
/// With `high` little above `low` it is the flat spectrum under which representations of equal error may be
/// orthogonal; with `low` far below, the one under which feedback alignment is far from optimal.
///
/// ```
/// use metaplast_low_rank::spectrum;
///
/// assert_eq!(spectrum::two_levels(3, 1, 1.0, 0.1), [1.0, 0.1, 0.1]);
/// ```
#[must_use]
pub fn two_levels(count: usize, leading: usize, high: f64, low: f64) -> Vec<f64> {
    let number = |k: usize| if k < leading { high } else { low };
    (0..count).map(number).collect()
}

/// `1/k` for k from 1 to `count`.
///
/// ```
/// use metaplast_low_rank::spectrum;
///
/// assert_eq!(spectrum::harmonic(2), [1.0, 0.5]);
/// ```
#[must_use]
pub fn harmonic(count: usize) -> Vec<f64> {
    (1..=count).map(|k| 1.0 / k as f64).collect()
}
