//! How well a model predicts.

use crate::average_precision::average_precision;

/// How predictions are scored against the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelScore {
    /// The area under the curve of precision over recall: how well true atoms are ranked before false ones.
    AveragePrecision,
    /// Minus the mean squared error: how close the values are.
    SquaredError,
}

impl ModelScore {
    /// The score, larger for better predictions.
    ///
    /// # Panics
    /// When there are not as many predictions as truths.
    #[must_use]
    #[track_caller]
    pub fn of(self, predicted: &[f64], truth: &[f64]) -> f64 {
        match self {
            ModelScore::AveragePrecision => average_precision(predicted, truth),
            ModelScore::SquaredError => {
                assert_eq!(
                    predicted.len(),
                    truth.len(),
                    "squared error: predictions, truths"
                );
                let squares = predicted.iter().zip(truth).map(|(p, t)| (p - t) * (p - t));
                -squares.sum::<f64>() / truth.len() as f64
            }
        }
    }
}
