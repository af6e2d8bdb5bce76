//! Comparison of a gradient with another, mostly backpropagation's.

use metaplast_tensor::{Scalar, Tensor};

use crate::inference::Inference;

/// How a gradient stands to a reference.
///
/// ```
/// use metaplast_predictive::Agreement;
/// use metaplast_tensor::tensor;
///
/// let agreement = Agreement::of(&tensor![0.0, 2.0], &tensor![1.0, 0.0]);
/// assert_eq!(agreement.relative_error, 5.0_f64.sqrt());
/// assert_eq!((agreement.cosine, agreement.angle), (0.0, 90.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Agreement {
    /// `‖g − r‖/‖r‖`; NaN where the reference is zero.
    pub relative_error: f64,
    /// The cosine of the angle between them; NaN where one of them is zero.
    pub cosine: f64,
    /// The angle between them in degrees, exact also where it is small; NaN where one of them is zero.
    pub angle: f64,
}

impl Agreement {
    /// Of a gradient with a reference of the same shape, in double precision.
    ///
    /// # Panics
    /// When the shapes differ.
    #[must_use]
    #[track_caller]
    pub fn of<T: Scalar>(gradient: &Tensor<T>, reference: &Tensor<T>) -> Self {
        Self::over([(gradient, reference)])
    }

    /// Of several tensors, taken as one long vector each.
    ///
    /// # Panics
    /// When the shapes of a pair differ.
    #[must_use]
    #[track_caller]
    pub fn over<'a, T: Scalar>(
        pairs: impl IntoIterator<Item = (&'a Tensor<T>, &'a Tensor<T>), IntoIter: Clone>,
    ) -> Self {
        let pairs = pairs.into_iter();
        for (g, r) in pairs.clone() {
            assert!(
                g.shape() == r.shape(),
                "agreement: gradient of shape {}, reference of shape {}",
                g.shape(),
                r.shape()
            );
        }
        let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
            let elements = pairs
                .clone()
                .flat_map(|(g, r)| g.data().iter().zip(r.data()));
            elements.map(|(&g, &r)| f(g.to_f64(), r.to_f64())).sum()
        };
        let own = sum(&|g, _| g * g).sqrt();
        let size = sum(&|_, r| r * r).sqrt();
        let apart = sum(&|g, r| (g - r) * (g - r)).sqrt();
        let cosine = sum(&|g, r| (g / own) * (r / size));
        // The arc cosine would lose half the digits of a small angle.
        let apart_unit = sum(&|g, r| (g / own - r / size).powi(2)).sqrt();
        let together_unit = sum(&|g, r| (g / own + r / size).powi(2)).sqrt();
        Agreement {
            relative_error: apart / size,
            cosine,
            angle: 2.0 * apart_unit.atan2(together_unit).to_degrees(),
        }
    }
}

/// For each layer, how its weights' gradient (that of its first parameter) stands to backpropagation's;
/// `None` for layers without parameters.
///
/// # Panics
/// When the gradients are not of the same chain.
#[must_use]
#[track_caller]
pub fn compare<T: Scalar>(
    inference: &Inference<T>,
    exact: &Inference<T>,
) -> Vec<Option<Agreement>> {
    assert!(
        inference.gradients.len() == exact.gradients.len(),
        "compare: {} layers, {} layers",
        inference.gradients.len(),
        exact.gradients.len()
    );
    let layers = inference.gradients.iter().zip(&exact.gradients);
    layers
        .map(|(g, r)| Some(Agreement::of(g.first()?, r.first()?)))
        .collect()
}
