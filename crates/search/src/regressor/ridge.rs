//! Ridge regression.

use metaplast_numbers::statistics::mean;
use metaplast_tensor::Tensor;
use metaplast_tensor::linalg::Triangle;

use super::{Regressor, check};

/// `r ≈ mean r + w · φ`, with w the least of `Σ (r − mean r − w · φ)² + λ |w|²` (Hoerl & Kennard 1970).
///
/// ```
/// use metaplast_search::{Regressor, RidgeRegression};
///
/// let mut ridge = RidgeRegression::new(1.0);
/// ridge.fit(&[vec![1.0, 0.0], vec![0.0, 1.0]], &[0.0, 1.0]);
/// assert!((ridge.predict(&[1.0, 0.0]) - 0.25).abs() < 1e-15); // ½ is the mean, ¼ of the ½ is left by λ
/// ```
#[derive(Clone, Debug)]
pub struct RidgeRegression {
    lambda: f64,
    mean: f64,
    weights: Vec<f64>,
}

impl RidgeRegression {
    /// With a penalty.
    ///
    /// # Panics
    /// When λ is not positive.
    #[must_use]
    #[track_caller]
    pub fn new(lambda: f64) -> Self {
        assert!(lambda > 0.0, "ridge regression: λ {lambda}");
        RidgeRegression {
            lambda,
            mean: f64::NAN,
            weights: Vec::new(),
        }
    }

    /// The weight of each feature.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }
}

impl Regressor for RidgeRegression {
    fn searcher_name(&self) -> &'static str {
        "puct"
    }

    #[track_caller]
    fn fit(&mut self, features: &[Vec<f64>], targets: &[f64]) {
        let width = check("ridge regression", features, targets);
        self.mean = mean(targets);
        let mut normal = vec![0.0; width * width];
        let mut right = vec![0.0; width];
        for (row, target) in features.iter().zip(targets) {
            for (i, x) in row.iter().enumerate().filter(|(_, x)| **x != 0.0) {
                right[i] += x * (target - self.mean);
                for (sum, y) in normal[i * width..].iter_mut().zip(row) {
                    *sum += x * y;
                }
            }
        }
        (0..width).for_each(|i| normal[i * width + i] += self.lambda);
        let normal = Tensor::new([width, width], normal);
        // What has λ > 0 on its diagonal is positive definite unless the features are huge.
        let lower = normal.cholesky().expect("features of about size 1");
        let right = Tensor::new([width], right);
        let half = lower.solve_triangular(&right, Triangle::Lower);
        let solved = lower.solve_triangular(&half, Triangle::LowerTransposed);
        self.weights = solved.data().to_vec();
    }

    #[track_caller]
    fn predict(&self, features: &[f64]) -> f64 {
        let (ours, given) = (self.weights.len(), features.len());
        assert_eq!(ours, given, "ridge regression: weights, features");
        let products = self.weights.iter().zip(features).map(|(w, x)| w * x);
        self.mean + products.sum::<f64>()
    }
}
