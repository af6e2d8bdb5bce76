//! Where feedback alignment ends (F2), told from Y and B alone, and the separation from gradient descent
//! (F3).

use metaplast_tensor::Tensor;

use crate::linear_algebra::{RowSpace, product_tn};
use crate::problem::TargetMatrix;

/// Where feedback alignment ends: at rest `E Wᵀ = 0` and `Bᵀ E = 0`, so that, with `Bᵀ Y` and W of rank r,
/// W's rows span those of `Bᵀ Y` and `Z W = Y P` with P the projector on them.
///
/// That is the randomised sketch of Y with the test matrix B (Halko, Martinsson & Tropp 2011), whatever
/// the start. Sequential steps, a fast readout and least squares end there too. For r of at least Y's
/// rank and B in general position P holds all of Y, and the error is 0.
///
/// ```
/// use metaplast_low_rank::{SketchLimit, TargetMatrix, separation_ratio};
/// use metaplast_tensor::tensor;
///
/// let (s, phi) = (0.1_f64, 1.0_f64);
/// let target = TargetMatrix::diagonal(&[1.0, s]);
/// let limit = SketchLimit::of(&target, &tensor![[phi.cos()], [phi.sin()]]);
/// let ratio = limit.error() / target.least_error(1);
/// assert!((ratio - separation_ratio(s, phi)).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SketchLimit {
    row_space: RowSpace,
    product: Tensor<f64>,
    error: f64,
}

impl SketchLimit {
    /// Of a target and a backward matrix.
    ///
    /// # Panics
    /// When B does not have as many rows as Y.
    #[must_use]
    #[track_caller]
    pub fn of(target: &TargetMatrix, backward: &Tensor<f64>) -> Self {
        let row_space = RowSpace::of(&product_tn(backward, target.matrix()));
        let product = row_space.project(target.matrix());
        let rest = target.matrix() - &product;
        SketchLimit {
            error: rest.dot(&rest),
            row_space,
            product,
        }
    }

    /// `Y P`, `[n, m]`: what `Z W` becomes.
    #[must_use]
    pub fn product(&self) -> &Tensor<f64> {
        &self.product
    }

    /// `‖Y − Y P‖²`
    #[must_use]
    pub fn error(&self) -> f64 {
        self.error
    }

    /// The space of W's rows.
    #[must_use]
    pub fn row_space(&self) -> &RowSpace {
        &self.row_space
    }
}

/// Feedback alignment's error over the least for `Y = diag(1, s)`, r = 1, `B = (cos φ, sin φ)`:
/// `1/(cos²φ + s² sin²φ)`.
///
/// Its mean over uniform φ is exactly `1/s`: a gap without bound. Gradient descent reaches 1.
#[must_use]
pub fn separation_ratio(s: f64, phi: f64) -> f64 {
    let (sine, cosine) = phi.sin_cos();
    1.0 / (cosine * cosine + s * s * sine * sine)
}
