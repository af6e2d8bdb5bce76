//! Bound of what an update adds to the weights.

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::max_abs;

use super::terms::Terms;

/// Bound of what an update adds to the weights, by its vectors alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UpdateBound {
    /// No larger than what stays of any weight, as a share of it.
    pub(super) keep: f64,
    /// No smaller than that.
    most: f64,
    /// Bound of the elements of `Σ_k u_k v_kᵀ`, and of a known projection.
    products: f64,
    /// Largest element of `s w` of a projection that is not known,
    scale: f64,
    /// and the sum of the sizes of `x`.
    through: f64,
}

impl UpdateBound {
    pub(super) fn of<T: Scalar>(terms: &Terms<'_, T>) -> Self {
        let largest = |x: &[T]| max_abs(x).to_f64();
        let products = terms.products().map(|(u, v)| largest(u) * largest(v));
        let (scale, through) = terms.projection.map_or((0.0, 0.0), |projection| {
            let right = terms.right(projection.term);
            (
                projection.scale.to_f64().abs() * largest(right),
                sum_abs(projection.through),
            )
        });
        let keep = terms.keep.to_f64();
        UpdateBound {
            keep,
            most: keep.abs(),
            products: products.sum(),
            scale,
            through,
        }
    }

    /// Of an addition whose largest element has this size.
    pub(super) fn of_elements(largest: f64) -> Self {
        UpdateBound {
            keep: 1.0,
            most: 1.0,
            products: largest,
            scale: 0.0,
            through: 0.0,
        }
    }

    /// Of factors that are `keep` and at most so much more or less.
    pub(super) fn of_factors(keep: f64, more_or_less: f64) -> Self {
        UpdateBound {
            // What may become nothing cannot be undone.
            keep: (keep.abs() - more_or_less).max(0.0),
            most: keep.abs() + more_or_less,
            products: 0.0,
            scale: 0.0,
            through: 0.0,
        }
    }

    /// The same update with its projection `W x` known.
    pub(super) fn with<T: Scalar>(self, projected: &[T]) -> Self {
        UpdateBound {
            products: self.products + self.scale * max_abs(projected).to_f64(),
            scale: 0.0,
            ..self
        }
    }

    /// Bound of the weights after the update, if it is one of those before.
    pub(super) fn after(self, weights: f64) -> f64 {
        // W x is no larger than the weights times the sum of x.
        let projection = self.scale * self.through;
        self.products + (self.most + projection) * weights
    }
}

/// In lanes, which the compiler takes several at a time.
fn sum_abs<T: Scalar>(x: &[T]) -> f64 {
    let mut lanes = [0.0; 8];
    for block in x.chunks(lanes.len()) {
        for (lane, x) in lanes.iter_mut().zip(block) {
            *lane += x.to_f64().abs();
        }
    }
    lanes.iter().sum()
}
