//! Conformal prediction: which classes cannot be excluded.

use metaplast_tensor::Tensor;

/// Scores of rows whose class is known and which the classifier was not fitted to.
///
/// The score of a class is 1 − its probability. If a new row comes from where these come from, its true
/// class has a p-value below α with probability at most α, whatever the classifier (Vovk et al. 2005).
/// A row from somewhere else is not noticed by that.
#[derive(Clone, Debug, PartialEq)]
pub struct Conformal {
    /// Of each row, by its true class.
    scores: Vec<f64>,
}

impl Conformal {
    /// From probabilities `[rows, classes]` of calibration rows and their classes.
    ///
    /// ```
    /// use metaplast_identify::Conformal;
    /// use metaplast_tensor::tensor;
    ///
    /// let conformal = Conformal::of(&tensor![[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], &[0, 1, 1]);
    /// assert_eq!(conformal.p_values(&[0.75, 0.25]), [0.5, 0.25]);
    /// assert_eq!(conformal.not_excluded(&[0.75, 0.25], 0.3), [0]);
    /// ```
    ///
    /// # Panics
    /// When there is not one class for each row.
    #[must_use]
    #[track_caller]
    pub fn of(probabilities: &Tensor<f64>, labels: &[usize]) -> Self {
        assert_eq!(
            probabilities.dims()[0],
            labels.len(),
            "conformal: rows, labels"
        );
        let rows = probabilities.rows().zip(labels);
        Conformal {
            scores: rows.map(|(p, &label)| 1.0 - p[label]).collect(),
        }
    }

    /// For each class, (1 + the number of calibration scores at least as large) / (1 + calibration rows).
    #[must_use]
    pub fn p_values(&self, probabilities: &[f64]) -> Vec<f64> {
        let value = |p: &f64| {
            let score = 1.0 - p;
            let above = self.scores.iter().filter(|&&s| s >= score).count();
            (1 + above) as f64 / (1 + self.scores.len()) as f64
        };
        probabilities.iter().map(value).collect()
    }

    /// The classes with a p-value above α.
    #[must_use]
    pub fn not_excluded(&self, probabilities: &[f64], alpha: f64) -> Vec<usize> {
        let p_values = self.p_values(probabilities).into_iter().enumerate();
        p_values
            .filter_map(|(class, p)| (p > alpha).then_some(class))
            .collect()
    }
}
