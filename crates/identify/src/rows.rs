//! Examples for a classifier: rows of features, depth, and z-scores.

/// The features of one layer as released: all times of the first statistic, then of the second.
///
/// `trajectory` is `[times, statistics]`, row-major; `columns` are the statistics to take, in order.
///
/// # Panics
/// When the trajectory is no whole number of rows of `statistics`, or there is no such column.
#[must_use]
#[track_caller]
pub fn released_row(trajectory: &[f64], statistics: usize, columns: &[usize]) -> Vec<f64> {
    assert!(
        statistics > 0 && trajectory.len().is_multiple_of(statistics),
        "released_row: {} numbers, {statistics} statistics",
        trajectory.len()
    );
    let times = trajectory.len() / statistics;
    let column = |&k: &usize| (0..times).map(move |t| trajectory[t * statistics + k]);
    columns.iter().flat_map(column).collect()
}

/// How deep a layer lies in its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Among the first ⌊L/3⌋ layers.
    Early,
    /// Among as many that follow.
    Middle,
    /// The rest.
    Deep,
}

impl Depth {
    /// Of layer `layer`, counted from 0, of `layers`.
    ///
    /// # Panics
    /// When there is no such layer.
    #[must_use]
    #[track_caller]
    pub fn of(layer: usize, layers: usize) -> Self {
        assert!(layer < layers, "depth: layer {layer} of {layers}");
        match layer.checked_div(layers / 3) {
            Some(0) => Depth::Early,
            Some(1) => Depth::Middle,
            _ => Depth::Deep,
        }
    }

    /// As one-hot: early, middle, deep.
    #[must_use]
    pub fn one_hot(self) -> [f64; 3] {
        let mut one = [0.0; 3];
        one[self as usize] = 1.0;
        one
    }
}

/// Means and standard deviations of features, from training rows.
#[derive(Clone, Debug, PartialEq)]
pub struct ZScore {
    /// Of each feature.
    pub mean: Vec<f64>,
    /// Of each feature, √(Σ(v − mean)²/n), at least [`ZScore::LEAST`].
    pub deviation: Vec<f64>,
}

impl ZScore {
    /// The least standard deviation that divides.
    pub const LEAST: f64 = 1e-5;

    /// Of training rows.
    ///
    /// ```
    /// use metaplast_identify::ZScore;
    ///
    /// let z = ZScore::of(&[&[1.0, 5.0], &[3.0, 5.0]]);
    /// let mut row = vec![4.0, 5.0];
    /// z.apply(&mut row);
    /// assert_eq!(row, [2.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// When there are no rows, or they differ in length.
    #[must_use]
    #[track_caller]
    pub fn of(rows: &[&[f64]]) -> Self {
        assert!(!rows.is_empty(), "z-scores: no rows");
        let n = rows.len() as f64;
        let mut mean = vec![0.0; rows[0].len()];
        for row in rows {
            assert_eq!(row.len(), mean.len(), "z-scores: features of two rows");
            mean.iter_mut().zip(*row).for_each(|(sum, v)| *sum += v);
        }
        mean.iter_mut().for_each(|sum| *sum /= n);
        let mut squares = vec![0.0; mean.len()];
        for row in rows {
            for ((sum, v), mean) in squares.iter_mut().zip(*row).zip(&mean) {
                *sum += (v - mean) * (v - mean);
            }
        }
        let deviation = |sum: f64| f64::max((sum / n).sqrt(), Self::LEAST);
        ZScore {
            mean,
            deviation: squares.into_iter().map(deviation).collect(),
        }
    }

    /// Makes z-scores of a row.
    ///
    /// # Panics
    /// When the row has another length than those of training.
    #[track_caller]
    pub fn apply(&self, row: &mut [f64]) {
        assert_eq!(row.len(), self.mean.len(), "z-scores: features");
        let scales = self.mean.iter().zip(&self.deviation);
        for (v, (mean, deviation)) in row.iter_mut().zip(scales) {
            *v = (*v - mean) / deviation;
        }
    }
}
