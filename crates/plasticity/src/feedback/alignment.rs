//! Alignment regularisers: what feedback weights descend that come to resemble the forward weights.

use metaplast_tensor::{Scalar, Tensor};

/// A function of one layer's forward weights W, feedback weights B and inputs x, which feedback weights
/// descend so that they align with the forward weights, with the letters and factors of the released
/// program (Kunin et al., *Two routes to scalable credit assignment without weight symmetry*, ICML
/// 2020).
///
/// W and B are of shape `[n_l, n_(l−1)]`, x is a batch `[batch, n_(l−1)]` of what the layer sees,
/// activity or noise, and E the mean over it.
///
/// ```
/// use metaplast_plasticity::AlignmentRegulariser;
/// use metaplast_tensor::tensor;
///
/// let (w, b, x) = (tensor![[2.0]], tensor![[1.0]], tensor![[1.0], [-1.0]]);
/// let mirror = AlignmentRegulariser::WeightMirror { alpha: 0.5, beta: 1.0 };
/// assert_eq!(mirror.value(&w, &b, &x), 0.5); // α (B² + W²) − β B x·W x
/// assert_eq!(mirror.gradient_by_feedback(&w, &b, &x), tensor![[-1.0]]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum AlignmentRegulariser {
    /// `−α E[Bx·Wx] + β E‖BᵀWx‖² + γ (‖B‖² + ‖W‖²)`; the pathway is
    /// [`InformationAlignment`](crate::InformationAlignment).
    Information {
        /// α of Hebb's term.
        alpha: f64,
        /// β of what comes back.
        beta: f64,
        /// γ of the decay.
        gamma: f64,
    },
    /// `α (‖B‖² + ‖W‖²) − β E[Bx·Wx]`; see [`Feedback::weight_mirror`](crate::Feedback::weight_mirror).
    WeightMirror {
        /// α of the decay.
        alpha: f64,
        /// β of Hebb's term.
        beta: f64,
    },
    /// `α (‖B‖² + ‖W‖²) − β ⟨B, W⟩`
    Symmetric {
        /// α of the decay.
        alpha: f64,
        /// β of what draws B and W together.
        beta: f64,
    },
    /// `α E[‖Bx‖² + ‖Wx‖²] − β E[Bx·Wx]`
    Activation {
        /// α of the size of answers.
        alpha: f64,
        /// β of Hebb's term.
        beta: f64,
    },
    /// `α (‖B‖² + ‖W‖²)`: the decay of [Kolen–Pollack](crate::Feedback::kolen_pollack) learning.
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
        let answers = x.matmul(&w.transpose());
        let mimicked = x.matmul(&b.transpose());
        let hebb = inner(&mimicked, &answers) / n;
        let size = square(b) + square(w);
        let of = T::from_f64;
        match *self {
            Information { alpha, beta, gamma } => {
                let returned = square(&answers.matmul(b)) / n;
                of(beta) * returned + of(gamma) * size - of(alpha) * hebb
            }
            WeightMirror { alpha, beta } => of(alpha) * size - of(beta) * hebb,
            Symmetric { alpha, beta } => of(alpha) * size - of(beta) * inner(b, w),
            Activation { alpha, beta } => {
                let size = (square(&mimicked) + square(&answers)) / n;
                of(alpha) * size - of(beta) * hebb
            }
            Decay { alpha } => of(alpha) * size,
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
        match *self {
            Information { alpha, beta, gamma } => {
                let answers = x.matmul(&w.transpose());
                let along = mean_of_products(&answers, &answers.matmul(b));
                let hebb = mean_of_products(&answers, x);
                sum(&[(-alpha, &hebb), (2.0 * beta, &along), (2.0 * gamma, b)])
            }
            _ => self.gradient_by_one(b, w, x),
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
        match *self {
            Information { alpha, beta, gamma } => {
                let returned = x.matmul(&w.transpose()).matmul(b);
                let along = mean_of_products(&returned.matmul(&b.transpose()), x);
                let hebb = mean_of_products(&x.matmul(&b.transpose()), x);
                sum(&[(-alpha, &hebb), (2.0 * beta, &along), (2.0 * gamma, w)])
            }
            _ => self.gradient_by_one(w, b, x),
        }
    }

    /// The gradient by one of W and B of a regulariser in which they stand alike.
    fn gradient_by_one<T: Scalar>(
        &self,
        one: &Tensor<T>,
        other: &Tensor<T>,
        x: &Tensor<T>,
    ) -> Tensor<T> {
        let answers = |m: &Tensor<T>| mean_of_products(&x.matmul(&m.transpose()), x);
        match *self {
            WeightMirror { alpha, beta } => sum(&[(2.0 * alpha, one), (-beta, &answers(other))]),
            Symmetric { alpha, beta } => sum(&[(2.0 * alpha, one), (-beta, other)]),
            Activation { alpha, beta } => {
                sum(&[(2.0 * alpha, &answers(one)), (-beta, &answers(other))])
            }
            Decay { alpha } => sum(&[(2.0 * alpha, one)]),
            Information { .. } => unreachable!("W and B stand in it differently"),
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

/// `‖A‖²`
fn square<T: Scalar>(a: &Tensor<T>) -> T {
    inner(a, a)
}

/// `E[a xᵀ]` over rows.
fn mean_of_products<T: Scalar>(a: &Tensor<T>, x: &Tensor<T>) -> Tensor<T> {
    let n = T::from_f64(x.dims()[0] as f64);
    a.transpose().matmul(x).map(|sum| sum / n)
}

fn sum<T: Scalar>(parts: &[(f64, &Tensor<T>)]) -> Tensor<T> {
    let mut sum = Tensor::zeros(parts[0].1.shape().clone());
    for &(scale, part) in parts {
        let scale = T::from_f64(scale);
        sum = sum.zip_map(part, |sum, x| sum + scale * x);
    }
    sum
}
