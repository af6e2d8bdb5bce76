//! Factors by which fixed-prediction inference differs from backpropagation.

/// `c_k(t) = P(Binomial(t, η) ≥ k)`, for η > 1 the same polynomial.
///
/// With the predictions fixed, inference of n iterations at rate η gives, for every net and loss,
///
/// ```text
/// ε_l = c_(L−l)(n − 1) δ_l      dθ_l likewise      v_l = v̂_l − c_(L−l)(n) δ_l for l < L
/// ```
///
/// where δ is backpropagation's error: the direction is exact, and each layer has one factor, which
/// depends on nothing else. `1 − c` is the relative error.
///
/// Time O(k·t); for η ≤ 1 nothing is subtracted, so all digits are right.
///
/// ```
/// use metaplast_predictive::fixed_prediction_factor;
///
/// // The relative errors of 20 iterations at 0.1, from the last layer down.
/// let errors: Vec<_> = (0..6).map(|k| 1.0 - fixed_prediction_factor(k, 19, 0.1)).collect();
/// let expected = [0.0, 0.1351, 0.4203, 0.7054, 0.8850, 0.9648];
/// assert!(errors.iter().zip(expected).all(|(a, b)| (a - b).abs() < 5e-5));
/// ```
#[must_use]
pub fn fixed_prediction_factor(k: usize, t: usize, eta: f64) -> f64 {
    factors(k, t, eta)[k]
}

/// c_0(t) to c_most(t), by `c_k(t + 1) = (1 − η) c_k(t) + η c_(k−1)(t)`.
pub(crate) fn factors(most: usize, t: usize, eta: f64) -> Vec<f64> {
    let mut c = vec![0.0; most + 1];
    c[0] = 1.0;
    for _ in 0..t {
        for k in (1..=most).rev() {
            c[k] += eta * (c[k - 1] - c[k]);
        }
    }
    c
}
