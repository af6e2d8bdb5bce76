//! A mean with its interval.

use crate::statistics::{Interval, bootstrap_interval, mean};
use crate::streams::stream;

/// Resamples of an interval.
pub const RESAMPLES: usize = 500;
/// The part of the resampled means that an interval encloses.
pub const CONFIDENCE: f64 = 0.98;
/// What resampling streams are named by, after a seed and an episode that nothing else uses.
const PURPOSE: u64 = 5;

/// A mean, and the interval in which it lies when there are at least two values to resample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Its 98% percentile bootstrap interval from 500 resamples.
    pub interval: Option<Interval>,
}

impl Estimate {
    /// From values of which those that are not finite do not count; `None` when none is.
    /// Resampling draws from the stream of this number.
    #[must_use]
    pub fn of(values: &[f64], number: u64) -> Option<Self> {
        let finite: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
        let interval = (finite.len() > 1).then(|| {
            let mut rng = stream(&[1, 0, number, PURPOSE]);
            bootstrap_interval(&finite, RESAMPLES, CONFIDENCE, &mut rng)
        });
        (!finite.is_empty()).then(|| Estimate {
            mean: mean(&finite),
            interval,
        })
    }

    /// Of one value, without an interval.
    #[must_use]
    pub fn exact(value: f64) -> Self {
        Estimate {
            mean: value,
            interval: None,
        }
    }

    /// The same in another unit.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        let ends = |interval: Interval| {
            let (a, b) = (factor * interval.low, factor * interval.high);
            Interval {
                low: a.min(b),
                high: a.max(b),
            }
        };
        Estimate {
            mean: factor * self.mean,
            interval: self.interval.map(ends),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finite_does_not_count() {
        let estimate = Estimate::of(&[1.0, f64::NAN, 3.0], 0).unwrap();
        assert_eq!(estimate.mean, 2.0);
        assert_eq!(Estimate::of(&[f64::INFINITY], 0), None);
        assert_eq!(
            Estimate::of(&[2.0, f64::NAN], 0),
            Some(Estimate::exact(2.0))
        );
    }

    #[test]
    fn ends_stay_in_order_in_a_negative_unit() {
        let interval = Interval {
            low: 1.0,
            high: 3.0,
        };
        let estimate = Estimate {
            mean: 2.0,
            interval: Some(interval),
        };
        let times = estimate.times(-2.0);
        assert_eq!(times.mean, -4.0);
        assert_eq!(
            times.interval,
            Some(Interval {
                low: -6.0,
                high: -2.0
            })
        );
    }
}
