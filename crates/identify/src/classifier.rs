//! A classifier of rules: z-scores, softmax regression, and the weight of its penalty by inner folds.

use metaplast_tensor::Tensor;

use crate::calibration::{largest, mean_cross_entropy};
use crate::rows::ZScore;
use crate::softmax_regression::{SoftmaxRegression, SoftmaxRegressionSettings};
use crate::splits::{balanced_split, grouped_folds};

/// The values of C that are tried.
const CS: [f64; 4] = [3e-4, 2e-3, 1e-2, 6e-2];
/// Folds of a cross-validation.
pub(crate) const FOLDS: usize = 5;

/// A classifier of rows of features.
#[derive(Clone, Debug)]
pub struct RuleClassifier {
    z: ZScore,
    regression: SoftmaxRegression,
    /// The C that was chosen.
    pub c: f64,
}

impl RuleClassifier {
    /// Fits rows `[rows, features]` with their classes. C is chosen by the cross-entropy of a quarter of
    /// the rows, balanced by class, in a split that follows from `seed`. Columns that are not finite
    /// everywhere count as 0.
    ///
    /// # Panics
    /// When there is not one class for each row, or one is not below `classes`.
    #[must_use]
    #[track_caller]
    pub fn fit(x: &Tensor<f64>, labels: &[usize], classes: usize, seed: u64) -> Self {
        let z = ZScore::of(&x.rows().collect::<Vec<_>>());
        let x = scored(&z, x);
        let in_training = balanced_split(labels, 0.75, seed);
        let part = |wanted: bool| -> (Tensor<f64>, Vec<usize>) {
            let rows: Vec<usize> = (0..labels.len())
                .filter(|&k| in_training[k] == wanted)
                .collect();
            (
                x.index_select(0, &rows),
                rows.iter().map(|&k| labels[k]).collect(),
            )
        };
        let ((inner, inner_labels), (outer, outer_labels)) = (part(true), part(false));
        let mut chosen = (f64::INFINITY, CS[0]);
        let mut before: Option<SoftmaxRegression> = None;
        // From strong penalties to weak ones, each from where the one before ended.
        for c in CS {
            let settings = SoftmaxRegressionSettings::near(c);
            let fitted =
                SoftmaxRegression::fit(&inner, &inner_labels, classes, settings, before.as_ref());
            let loss = match outer_labels.is_empty() {
                true => 0.0,
                false => mean_cross_entropy(&fitted.logits(&outer), &outer_labels, 1.0),
            };
            if loss < chosen.0 {
                chosen = (loss, c);
            } else {
                break;
            }
            before = Some(fitted);
        }
        let settings = SoftmaxRegressionSettings::near(chosen.1);
        RuleClassifier {
            regression: SoftmaxRegression::fit(&x, labels, classes, settings, before.as_ref()),
            z,
            c: chosen.1,
        }
    }

    /// The probability of each class for rows `[rows, features]`: `[rows, classes]`.
    ///
    /// # Panics
    /// When the rows have another number of features.
    #[must_use]
    #[track_caller]
    pub fn probabilities(&self, x: &Tensor<f64>) -> Tensor<f64> {
        self.regression.probabilities(&scored(&self.z, x))
    }

    /// How much each feature of a row speaks for one class against another: the summands of the
    /// difference of their logits.
    ///
    /// # Panics
    /// When the row has another number of features, or there is no such class.
    #[must_use]
    #[track_caller]
    pub fn evidence(&self, row: &[f64], class: usize, against: usize) -> Vec<f64> {
        let row = scored(&self.z, &Tensor::new([1, row.len()], row.to_vec()));
        let weights = &self.regression.weights;
        let pairs = weights.row(class).iter().zip(weights.row(against));
        let terms = row.data().iter().zip(pairs);
        terms.map(|(v, (a, b))| v * (a - b)).collect()
    }

    /// The z-scores of rows by the training rows.
    pub(crate) fn scores(&self, x: &Tensor<f64>) -> Tensor<f64> {
        scored(&self.z, x)
    }
}

fn scored(z: &ZScore, x: &Tensor<f64>) -> Tensor<f64> {
    let mut x = x.clone();
    let columns = z.mean.len();
    for row in x.data_mut().chunks_mut(columns.max(1)) {
        z.apply(row);
        // Far outside of all training rows a linear classifier is sure of anything.
        row.iter_mut().for_each(|v| {
            *v = if v.is_finite() {
                v.clamp(-6.0, 6.0)
            } else {
                0.0
            };
        });
    }
    x
}

/// Classifiers of five folds balanced by class, each of which has seen none of its fold.
#[derive(Clone, Debug)]
pub(crate) struct CrossValidation {
    /// The fold of each row.
    pub(crate) folds: Vec<usize>,
    /// Of each fold; none of one without rows.
    classifiers: Vec<Option<RuleClassifier>>,
    classes: usize,
}

impl CrossValidation {
    pub(crate) fn fit(x: &Tensor<f64>, labels: &[usize], classes: usize, seed: u64) -> Self {
        let folds = grouped_folds(labels, FOLDS, seed);
        let fit = |fold: usize| {
            let outside: Vec<usize> = (0..labels.len()).filter(|&k| folds[k] != fold).collect();
            let known: Vec<usize> = outside.iter().map(|&k| labels[k]).collect();
            let some = outside.len() < labels.len();
            some.then(|| RuleClassifier::fit(&x.index_select(0, &outside), &known, classes, seed))
        };
        CrossValidation {
            classifiers: (0..FOLDS).map(fit).collect(),
            folds,
            classes,
        }
    }

    /// The probabilities of each row, `[rows, classes]`, by the classifier that has not seen it; the rows
    /// may be other sights of the same networks.
    pub(crate) fn held_out(&self, rows: &Tensor<f64>) -> Tensor<f64> {
        let mut p = Tensor::zeros([self.folds.len(), self.classes]);
        for (fold, classifier) in self.classifiers.iter().enumerate() {
            let Some(classifier) = classifier else {
                continue;
            };
            let inside = |&k: &usize| self.folds[k] == fold;
            let inside: Vec<usize> = (0..self.folds.len()).filter(inside).collect();
            let found = classifier.probabilities(&rows.index_select(0, &inside));
            for (&k, row) in inside.iter().zip(found.rows()) {
                p.row_mut(k).copy_from_slice(row);
            }
        }
        p
    }

    /// What the classifier of each fold says of one row, `[folds, classes]`.
    pub(crate) fn of_each(&self, row: &Tensor<f64>) -> Tensor<f64> {
        let mut p = Tensor::zeros([self.classifiers.len(), self.classes]);
        for (fold, classifier) in self.classifiers.iter().enumerate() {
            if let Some(classifier) = classifier {
                let found = classifier.probabilities(row);
                p.row_mut(fold).copy_from_slice(found.row(0));
            }
        }
        p
    }
}

/// The probabilities of each row, `[rows, classes]`, by a classifier that has seen none of its fold: five
/// folds balanced by class. `test` are the rows as they are to be judged, which may be other sights of the
/// same networks.
///
/// # Panics
/// When rows and classes do not fit.
#[must_use]
#[track_caller]
pub fn cross_validated(
    train: &Tensor<f64>,
    test: &Tensor<f64>,
    labels: &[usize],
    classes: usize,
    seed: u64,
) -> Tensor<f64> {
    CrossValidation::fit(train, labels, classes, seed).held_out(test)
}

/// The most probable class of each row.
#[must_use]
pub fn named(probabilities: &Tensor<f64>) -> Vec<usize> {
    probabilities.rows().map(largest).collect()
}
