//! How large what an update adds can be, by its vectors alone.

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::max_abs;

use super::form::Form;
use super::terms::Terms;
use crate::ops::Inputs;
use crate::support::Supports;

/// How large the terms of an update are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(super) keep: f64,
    /// Bound of the elements of `Σ_k u_k v_kᵀ`, and of a known projection.
    products: f64,
    /// Largest element of `s w` of a projection that is not known,
    scale: f64,
    /// and the sum of the sizes of `x`.
    through: f64,
}

impl Sizes {
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
        Sizes {
            keep: terms.keep.to_f64(),
            products: products.sum(),
            scale,
            through,
        }
    }

    /// Of a recorded update.
    pub(crate) fn recorded<T: Scalar>(
        form: Form,
        inputs: &Inputs<'_, T>,
        projected: &[T],
        supports: &Supports,
    ) -> Self {
        let mut sums = Vec::new();
        Self::of(&Terms::new(form, inputs, supports, &mut sums)).with(projected)
    }

    /// The same update with its projection `W x` known.
    pub(super) fn with<T: Scalar>(self, projected: &[T]) -> Self {
        Sizes {
            products: self.products + self.scale * max_abs(projected).to_f64(),
            scale: 0.0,
            ..self
        }
    }

    /// Bound of the weights after the update, if it is one of those before.
    pub(super) fn after(self, weights: f64) -> f64 {
        // W x is no larger than the weights times the sum of x.
        let projection = self.scale * self.through;
        self.products + (self.keep.abs() + projection) * weights
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
