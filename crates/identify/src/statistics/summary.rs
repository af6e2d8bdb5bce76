//! The statistics of a list of numbers.

use super::element::median_and_third_quartile;

/// Statistics of a list of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Σv / N.
    pub mean: f64,
    /// An element, see [`median`](super::median).
    pub median: f64,
    /// √Σv².
    pub norm: f64,
    /// An element, see [`third_quartile`](super::third_quartile).
    pub third_quartile: f64,
    /// Σ(v − mean)² / N.
    pub variance: f64,
    /// 3 (mean − median) / √variance; not finite where all numbers are the same.
    pub skewness: f64,
    /// Σ(v − mean)⁴ / (N variance²); not finite where all numbers are the same.
    pub kurtosis: f64,
}

impl Summary {
    /// Of numbers, which are reordered.
    ///
    /// # Panics
    /// When there are none.
    #[must_use]
    pub fn of(values: &mut [f64]) -> Self {
        let n = values.len() as f64;
        let (mut sum, mut squares) = (0.0, 0.0);
        for &v in values.iter() {
            sum += v;
            squares += v * v;
        }
        let mean = sum / n;
        let (mut second, mut fourth) = (0.0, 0.0);
        for &v in values.iter() {
            let square = (v - mean) * (v - mean);
            second += square;
            fourth += square * square;
        }
        let variance = second / n;
        let (median, third_quartile) = median_and_third_quartile(values);
        Summary {
            mean,
            median,
            norm: squares.sqrt(),
            third_quartile,
            variance,
            skewness: 3.0 * (mean - median) / variance.sqrt(),
            kurtosis: fourth / n / (variance * variance),
        }
    }

    /// The root mean square, which unlike the norm does not grow with the number N.
    #[must_use]
    pub fn root_mean_square(&self, n: usize) -> f64 {
        self.norm / (n as f64).sqrt()
    }

    /// The mean of each statistic over several lists.
    #[must_use]
    pub fn mean_of(all: &[Summary]) -> Self {
        let n = all.len() as f64;
        let mean = |of: fn(&Summary) -> f64| all.iter().map(of).sum::<f64>() / n;
        Summary {
            mean: mean(|s| s.mean),
            median: mean(|s| s.median),
            norm: mean(|s| s.norm),
            third_quartile: mean(|s| s.third_quartile),
            variance: mean(|s| s.variance),
            skewness: mean(|s| s.skewness),
            kurtosis: mean(|s| s.kurtosis),
        }
    }
}
