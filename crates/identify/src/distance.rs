//! How far a row lies from all training rows.

use metaplast_tensor::linalg::Triangle;
use metaplast_tensor::{Tensor, linalg::FactorError};

/// Mahalanobis distances from class means, by the covariance within classes.
///
/// S = 0.9 × (covariance within classes, pooled, divided by n) + 0.1 × (its mean variance) × I.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassDistance {
    /// Of each class that has rows, `[features]`, in coordinates in which S is the identity.
    means: Vec<Vec<f64>>,
    /// The lower triangle of S = L Lᵀ.
    factor: Tensor<f64>,
}

impl ClassDistance {
    /// From training rows `[rows, features]` with their classes.
    ///
    /// # Errors
    /// When all rows of each class are the same, so that there is no variance.
    ///
    /// # Panics
    /// When there is not one class for each row.
    #[track_caller]
    pub fn of(x: &Tensor<f64>, labels: &[usize], classes: usize) -> Result<Self, FactorError> {
        let [rows, features] = *x.dims() else {
            panic!("class distance: rows of shape {}", x.shape());
        };
        assert_eq!(rows, labels.len(), "class distance: rows, labels");
        let mut counts = vec![0.0; classes];
        let mut means = vec![vec![0.0; features]; classes];
        for (row, &label) in x.rows().zip(labels) {
            counts[label] += 1.0;
            means[label].iter_mut().zip(row).for_each(|(m, v)| *m += v);
        }
        for (mean, &n) in means.iter_mut().zip(&counts) {
            mean.iter_mut().for_each(|m| *m /= f64::max(n, 1.0));
        }
        let mut centred = x.clone();
        for (row, &label) in centred.data_mut().chunks_mut(features).zip(labels) {
            row.iter_mut().zip(&means[label]).for_each(|(v, m)| *v -= m);
        }
        let mut covariance = centred.transpose().matmul(&centred);
        let data = covariance.data_mut();
        data.iter_mut().for_each(|v| *v *= 0.9 / rows as f64);
        let trace: f64 = (0..features).map(|k| data[k * features + k]).sum();
        for k in 0..features {
            data[k * features + k] += trace / 0.9 * 0.1 / features as f64;
        }
        let factor = covariance.cholesky()?;
        let present = means.iter().zip(&counts).filter(|(_, n)| **n > 0.0);
        let whitened = present.map(|(mean, _)| whiten(&factor, mean)).collect();
        Ok(ClassDistance {
            means: whitened,
            factor,
        })
    }

    /// The smallest over classes of (x − c)ᵀ S⁻¹ (x − c), with c the mean of the class.
    ///
    /// # Panics
    /// When the row has another number of features.
    #[must_use]
    #[track_caller]
    pub fn squared(&self, row: &[f64]) -> f64 {
        let x = whiten(&self.factor, row);
        let squares = self.means.iter().map(|mean| {
            let terms = mean.iter().zip(&x).map(|(m, v)| (v - m) * (v - m));
            terms.sum::<f64>()
        });
        squares.fold(f64::INFINITY, f64::min)
    }
}

/// L⁻¹ v.
fn whiten(factor: &Tensor<f64>, v: &[f64]) -> Vec<f64> {
    let column = Tensor::new([v.len(), 1], v.to_vec());
    factor
        .solve_triangular(&column, Triangle::Lower)
        .into_data()
}
