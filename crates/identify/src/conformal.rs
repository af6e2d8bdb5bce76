//! Conformal prediction: which classes cannot be excluded.

use metaplast_tensor::Tensor;

/// Scores of rows whose class is known and which the classifier was not fitted to.
///
/// The score of a class is 1 − its probability. If a new row comes from where these come from, its true
/// class has a p-value of α or less with probability at most α, whatever the classifier (Vovk et al. 2005).
/// A row from somewhere else is not noticed by that.
#[derive(Clone, Debug, PartialEq)]
pub struct Conformal {
    /// Of each row, by its true class.
    scores: Vec<f64>,
    /// The class of each row, where classes are compared with their own rows alone.
    classes: Option<Vec<usize>>,
    /// The fold of each row.
    folds: Vec<usize>,
}

impl Conformal {
    /// From probabilities `[rows, classes]` of calibration rows and their classes. Scores of all classes
    /// are compared with each other, so that a new row of any class has its true class excluded with
    /// probability α, in the mean over classes.
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
    /// When there is not one class for each row, or one is no column.
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
            classes: None,
            folds: vec![0; labels.len()],
        }
    }

    /// The same with each class compared with rows of that class alone (label-conditional, Vovk 2012), so
    /// that α is kept for each class, and not only in the mean over them.
    ///
    /// `folds` are those of a cross-validation in which each row was scored by the classifier that has not
    /// seen its fold. A new row is then compared with the rows of a fold by the probabilities that the same
    /// classifier gives it (cross-conformal, Vovk 2015), see
    /// [`p_values_across_folds`](Self::p_values_across_folds): α is kept in practice, 2α in any case.
    ///
    /// # Panics
    /// When there is not one class and one fold for each row, or a class is no column.
    #[must_use]
    #[track_caller]
    pub fn by_class(probabilities: &Tensor<f64>, labels: &[usize], folds: &[usize]) -> Self {
        assert_eq!(labels.len(), folds.len(), "conformal: labels, folds");
        Conformal {
            classes: Some(labels.to_vec()),
            folds: folds.to_vec(),
            ..Self::of(probabilities, labels)
        }
    }

    /// For each class, (1 + the number of calibration scores at least as large) / (1 + calibration rows).
    #[must_use]
    pub fn p_values(&self, probabilities: &[f64]) -> Vec<f64> {
        self.counted(probabilities.len(), |_| probabilities)
    }

    /// The same of a row that the classifier of each fold judges, `[folds, classes]`.
    ///
    /// # Panics
    /// When there are fewer rows than folds.
    #[must_use]
    #[track_caller]
    pub fn p_values_across_folds(&self, probabilities: &Tensor<f64>) -> Vec<f64> {
        let classes = probabilities.dims()[1];
        self.counted(classes, |fold| probabilities.row(fold))
    }

    fn counted<'p>(&self, classes: usize, of_fold: impl Fn(usize) -> &'p [f64]) -> Vec<f64> {
        let value = |class: usize| {
            let compared = |k: &usize| match &self.classes {
                Some(classes) => classes[*k] == class,
                None => true,
            };
            let (mut above, mut all) = (0, 0);
            for k in (0..self.scores.len()).filter(compared) {
                all += 1;
                if self.scores[k] >= 1.0 - of_fold(self.folds[k])[class] {
                    above += 1;
                }
            }
            f64::from(1 + above) / f64::from(1 + all)
        };
        (0..classes).map(value).collect()
    }

    /// The classes with a p-value above α.
    #[must_use]
    pub fn not_excluded(&self, probabilities: &[f64], alpha: f64) -> Vec<usize> {
        above(&self.p_values(probabilities), alpha)
    }
}

/// The classes with a p-value above α.
pub(crate) fn above(p_values: &[f64], alpha: f64) -> Vec<usize> {
    let classes = p_values.iter().enumerate();
    classes
        .filter_map(|(class, &p)| (p > alpha).then_some(class))
        .collect()
}
