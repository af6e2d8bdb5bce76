//! Alignment regularisers: what feedback weights descend that come to resemble the forward weights.

use metaplast_tensor::{Scalar, Tensor};

/// A function of one layer's forward weights W, feedback weights B and inputs x, which feedback weights
/// descend so that they align with the forward weights (Kunin et al., *Two routes to scalable credit
/// assignment without weight symmetry*, ICML 2020), as released.
///
/// W and B are of shape `[n_l, n_(l−1)]`, x is a batch `[batch, n_(l−1)]` of what the layer sees,
/// activity or noise, and E the mean over it.
///
/// ```
/// use metaplast_plasticity::AlignmentRegulariser;
/// use metaplast_tensor::tensor;
///
/// let (w, b, x) = (tensor![[2.0]], tensor![[1.0]], tensor![[1.0], [-1.0]]);
/// let mirror = AlignmentRegulariser::WeightMirror { alpha: 1.0, beta: 0.5 };
/// assert_eq!(mirror.value(&w, &b, &x), -1.75); // −α B x·W x + β/2 B²
/// assert_eq!(mirror.gradient_by_feedback(&w, &b, &x), tensor![[-1.5]]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum AlignmentRegulariser {
    /// `−α E[Bx·Wx] + β E‖BᵀWx‖² + γ ‖B‖²`; the pathway is
    /// [`InformationAlignment`](crate::InformationAlignment).
    Information {
        /// α
        alpha: f64,
        /// β
        beta: f64,
        /// γ
        gamma: f64,
    },
    /// `−α E[Bx·Wx] + β/2 ‖B‖²`; see [`Feedback::weight_mirror`](crate::Feedback::weight_mirror).
    WeightMirror {
        /// α
        alpha: f64,
        /// β
        beta: f64,
    },
    /// `−α ⟨B, W⟩ + β/2 ‖B‖²`
    Symmetric {
        /// α
        alpha: f64,
        /// β
        beta: f64,
    },
    /// `−α E[Bx·Wx] + β/2 E‖Bx‖²`
    Activation {
        /// α
        alpha: f64,
        /// β
        beta: f64,
    },
    /// `α/2 (‖B‖² + ‖W‖²)`: the decay of [Kolen–Pollack](crate::Feedback::kolen_pollack) learning.
    Decay {
        /// α
        alpha: f64,
    },
}

use AlignmentRegulariser::{Activation, Decay, Information, Symmetric, WeightMirror};

impl AlignmentRegulariser {
    /// The value.
    ///
    /// # Panics
    /// When shapes do not fit each other, or the batch is empty.
    #[track_caller]
    #[must_use]
    pub fn value<T: Scalar>(&self, w: &Tensor<T>, b: &Tensor<T>, x: &Tensor<T>) -> T {
        check(w, b, x);
        let n = T::from_f64(x.dims()[0] as f64);
        let answers = || x.matmul(&w.transpose());
        let mimicked = || x.matmul(&b.transpose());
        let hebb = || inner(&mimicked(), &answers()) / n;
        let half = T::from_f64(0.5);
        let of = T::from_f64;
        match *self {
            Information { alpha, beta, gamma } => {
                let returned = answers().matmul(b);
                of(beta) * inner(&returned, &returned) / n + of(gamma) * inner(b, b)
                    - of(alpha) * hebb()
            }
            WeightMirror { alpha, beta } => half * of(beta) * inner(b, b) - of(alpha) * hebb(),
            Symmetric { alpha, beta } => half * of(beta) * inner(b, b) - of(alpha) * inner(b, w),
            Activation { alpha, beta } => {
                let mimicked = mimicked();
                half * of(beta) * inner(&mimicked, &mimicked) / n - of(alpha) * hebb()
            }
            Decay { alpha } => half * of(alpha) * (inner(b, b) + inner(w, w)),
        }
    }

    /// The gradient by B, `[n_l, n_(l−1)]`: feedback weights step along its negative.
    ///
    /// # Panics
    /// When shapes do not fit each other, or the batch is empty.
    #[track_caller]
    #[must_use]
    pub fn gradient_by_feedback<T: Scalar>(
        &self,
        w: &Tensor<T>,
        b: &Tensor<T>,
        x: &Tensor<T>,
    ) -> Tensor<T> {
        check(w, b, x);
        let answers = || x.matmul(&w.transpose());
        match *self {
            Information { alpha, beta, gamma } => {
                let z = answers();
                let along = mean_of_products(&z, &z.matmul(b));
                let hebb = mean_of_products(&z, x);
                sum([(-alpha, &hebb), (2.0 * beta, &along), (2.0 * gamma, b)])
            }
            WeightMirror { alpha, beta } => {
                sum([(-alpha, &mean_of_products(&answers(), x)), (beta, b)])
            }
            Symmetric { alpha, beta } => sum([(-alpha, w), (beta, b)]),
            Activation { alpha, beta } => {
                let mimicked = mean_of_products(&x.matmul(&b.transpose()), x);
                sum([
                    (-alpha, &mean_of_products(&answers(), x)),
                    (beta, &mimicked),
                ])
            }
            Decay { alpha } => sum([(alpha, b)]),
        }
    }

    /// The gradient by W, `[n_l, n_(l−1)]`, for forward weights that descend the regulariser as well.
    ///
    /// # Panics
    /// When shapes do not fit each other, or the batch is empty.
    #[track_caller]
    #[must_use]
    pub fn gradient_by_weights<T: Scalar>(
        &self,
        w: &Tensor<T>,
        b: &Tensor<T>,
        x: &Tensor<T>,
    ) -> Tensor<T> {
        check(w, b, x);
        let hebb = || mean_of_products(&x.matmul(&b.transpose()), x);
        match *self {
            Information { alpha, beta, .. } => {
                let returned = x.matmul(&w.transpose()).matmul(b);
                let along = mean_of_products(&returned.matmul(&b.transpose()), x);
                sum([(-alpha, &hebb()), (2.0 * beta, &along)])
            }
            WeightMirror { alpha, .. } | Activation { alpha, .. } => sum([(-alpha, &hebb())]),
            Symmetric { alpha, .. } => sum([(-alpha, b)]),
            Decay { alpha } => sum([(alpha, w)]),
        }
    }
}

#[track_caller]
fn check<T: Scalar>(w: &Tensor<T>, b: &Tensor<T>, x: &Tensor<T>) {
    let fits = match (w.dims(), x.dims()) {
        (&[_, inputs], &[batch, units]) => batch > 0 && units == inputs && w.dims() == b.dims(),
        _ => false,
    };
    assert!(
        fits,
        "alignment: W of shape {}, B of shape {}, x of shape {}; give [n_l, n_(l-1)] twice and [batch, n_(l-1)]",
        w.shape(),
        b.shape(),
        x.shape()
    );
}

/// `⟨A, B⟩`
fn inner<T: Scalar>(a: &Tensor<T>, b: &Tensor<T>) -> T {
    a.zip_map(b, |a, b| a * b).sum()
}

/// `E[a xᵀ]` over rows.
fn mean_of_products<T: Scalar>(a: &Tensor<T>, x: &Tensor<T>) -> Tensor<T> {
    let n = T::from_f64(x.dims()[0] as f64);
    a.transpose().matmul(x).map(|sum| sum / n)
}

fn sum<T: Scalar, const N: usize>(parts: [(f64, &Tensor<T>); N]) -> Tensor<T> {
    let mut sum = Tensor::zeros(parts[0].1.shape().clone());
    for (scale, part) in parts {
        let scale = T::from_f64(scale);
        sum = sum.zip_map(part, |sum, x| sum + scale * x);
    }
    sum
}
