//! Multinomial logistic regression with a quadratic penalty.

use metaplast_autodiff::operators::value_and_grad;
use metaplast_autodiff::optim::Lbfgs;
use metaplast_autodiff::{Var, operators::function};
use metaplast_tensor::Tensor;

/// A linear classifier that gives probabilities: softmax(W x + b).
#[derive(Clone, Debug, PartialEq)]
pub struct SoftmaxRegression {
    /// W, `[classes, features]`.
    pub weights: Tensor<f64>,
    /// b, `[classes]`, with mean 0: the loss determines it up to a constant.
    pub bias: Tensor<f64>,
    /// Whether the gradient has become as small as wanted.
    pub converged: bool,
}

/// How a softmax regression is fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SoftmaxRegressionSettings {
    /// C, the weight of the data beside the penalty: the loss is ½‖W‖² + C Σ cross-entropy.
    pub c: f64,
    /// No element of the gradient of the loss is larger at the end.
    pub tolerance: f64,
    /// Steps of L-BFGS at most.
    pub steps: usize,
}

impl SoftmaxRegressionSettings {
    /// With C, to about the limit of rounding.
    #[must_use]
    pub fn exact(c: f64) -> Self {
        SoftmaxRegressionSettings {
            c,
            tolerance: 1e-11,
            steps: 2000,
        }
    }

    /// With C, as close as predictions need.
    #[must_use]
    pub fn near(c: f64) -> Self {
        SoftmaxRegressionSettings {
            c,
            tolerance: 2e-3,
            steps: 300,
        }
    }
}

impl SoftmaxRegression {
    /// Fits rows x, `[rows, features]`, with their classes. The loss is convex, and its gradient the
    /// tape's; L-BFGS goes from 0, or from `start`, to its minimum.
    ///
    /// ```
    /// use metaplast_identify::{SoftmaxRegression, SoftmaxRegressionSettings};
    /// use metaplast_tensor::tensor;
    ///
    /// let x = tensor![[0.0], [1.0], [2.0], [3.0]];
    /// let fitted = SoftmaxRegression::fit(&x, &[0, 0, 1, 1], 2, SoftmaxRegressionSettings::exact(1.0), None);
    /// let p = fitted.probabilities(&tensor![[1.5], [9.0]]);
    /// assert!((p.row(0)[0] - 0.5).abs() < 1e-9 && p.row(1)[1] > 0.99);
    /// ```
    ///
    /// # Panics
    /// When there is not one class for each row, or one is not below `classes`.
    #[must_use]
    #[track_caller]
    pub fn fit(
        x: &Tensor<f64>,
        labels: &[usize],
        classes: usize,
        settings: SoftmaxRegressionSettings,
        start: Option<&SoftmaxRegression>,
    ) -> Self {
        let [rows, features] = *x.dims() else {
            panic!("softmax regression: rows of shape {}", x.shape());
        };
        assert_eq!(rows, labels.len(), "softmax regression: rows, labels");
        assert!(
            labels.iter().all(|&label| label < classes),
            "softmax regression: a label is not below {classes}"
        );
        let weight = settings.c * rows as f64;
        // The bias as [1, classes], which rows are added to.
        let loss = function(|p: &[Var<'_, f64>]| {
            let x = p[0].tape().constant(x);
            let logits = x.matmul(p[0]) + p[1];
            0.5 * p[0].square().sum() + weight * logits.softmax_cross_entropy(labels)
        });
        let mut parameters = match start {
            Some(start) => [
                start.weights.transpose(),
                start.bias.clone().reshape([1, classes]),
            ],
            None => [
                Tensor::zeros([features, classes]),
                Tensor::zeros([1, classes]),
            ],
        };
        let solver = Lbfgs::new()
            .history(20)
            .tolerance(settings.tolerance)
            .steps(settings.steps);
        let minimum = solver.minimize(&mut parameters, |p| value_and_grad(loss, p));
        let [weights, bias] = parameters;
        let mean = bias.mean();
        SoftmaxRegression {
            weights: weights.transpose(),
            bias: bias.map(|b| b - mean).reshape([classes]),
            converged: minimum.converged,
        }
    }

    /// W x + b of rows `[rows, features]`: `[rows, classes]`.
    ///
    /// # Panics
    /// When the rows have another number of features.
    #[must_use]
    #[track_caller]
    pub fn logits(&self, x: &Tensor<f64>) -> Tensor<f64> {
        let mut logits = x.matmul(&self.weights.transpose());
        let classes = self.bias.len();
        for row in logits.data_mut().chunks_mut(classes) {
            row.iter_mut()
                .zip(self.bias.data())
                .for_each(|(z, b)| *z += b);
        }
        logits
    }

    /// The probability of each class for rows `[rows, features]`: `[rows, classes]`.
    ///
    /// # Panics
    /// When the rows have another number of features.
    #[must_use]
    #[track_caller]
    pub fn probabilities(&self, x: &Tensor<f64>) -> Tensor<f64> {
        softmax_rows(&self.logits(x), 1.0)
    }
}

/// Probabilities of logits / T: the softmax of each row.
#[must_use]
pub fn softmax_rows(logits: &Tensor<f64>, temperature: f64) -> Tensor<f64> {
    let mut p = logits.clone();
    let classes = *p.dims().last().unwrap_or(&1);
    for row in p.data_mut().chunks_mut(classes.max(1)) {
        let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        row.iter_mut()
            .for_each(|z| *z = libm::exp((*z - most) / temperature));
        let sum: f64 = row.iter().sum();
        row.iter_mut().for_each(|z| *z /= sum);
    }
    p
}
