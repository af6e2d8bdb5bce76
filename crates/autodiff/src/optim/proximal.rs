//! The proximal step of an L1 penalty: soft thresholding, which reaches exact zeros.

use metaplast_tensor::Scalar;

use super::{Optimizer, assert_not_negative};

/// Moves each number towards zero by `threshold`, and to exactly zero those that are nearer:
/// `x ↦ sign(x) max(|x| − threshold, 0)`, the minimiser `z` of `½ (z − x)² + threshold |z|`.
///
/// Donoho & Johnstone, *Ideal spatial adaptation by wavelet shrinkage*, Biometrika 1994. NaN stays.
///
/// ```
/// use metaplast_autodiff::optim::soft_threshold;
///
/// let mut x = [2.0, 0.25, -0.25, -1.5];
/// soft_threshold(&mut x, 0.5);
/// assert_eq!(x, [1.5, 0.0, 0.0, -1.0]);
/// ```
///
/// # Panics
///
/// When the threshold is negative or not finite.
#[track_caller]
pub fn soft_threshold<T: Scalar>(parameter: &mut [T], threshold: f64) {
    assert_not_negative("threshold", threshold);
    let by = T::from_f64(threshold);
    for x in parameter {
        *x = if *x > by {
            *x - by
        } else if *x < -by {
            *x + by
        } else if x.to_f64().is_nan() {
            *x
        } else {
            T::ZERO
        };
    }
}

/// An optimiser followed by the proximal step of the penalty `λ Σ|θ|`: after each step every element
/// is moved towards zero by its effective rate times λ ([`soft_threshold`]). Unlike a penalty added
/// to the loss it reaches exact zeros, and an element stays zero until its gradient exceeds λ.
///
/// Around plain [`Sgd`](super::Sgd) this is proximal gradient descent (ISTA), which minimises loss
/// plus penalty: Daubechies, Defrise & De Mol, CPAM 2004; Beck & Teboulle, *A fast iterative
/// shrinkage-thresholding algorithm*, SIAM J. Imaging Sciences 2009, equation 1.4. Optimisers that
/// rescale the gradient have [rates](Optimizer::rates) of their own for each element; this is the
/// proximal operator in their diagonal metric, and what stays in place is the same minimum (Duchi,
/// Hazan & Singer, *Adaptive subgradient methods*, JMLR 2011, section 5.1). The penalty does not enter
/// what the optimiser remembers of gradients.
///
/// ```
/// use metaplast_autodiff::optim::{Optimizer, Proximal, Sgd};
/// use metaplast_tensor::tensor;
///
/// // ½ (x − target)² + |x| has its minimum at the soft threshold of the target.
/// let target = tensor![3.0, 0.5, -2.0];
/// let mut x = [tensor![1.0, 1.0, 1.0]];
/// let mut ista = Proximal::new(Sgd::new(0.5), 1.0);
/// for _ in 0..100 {
///     let gradient = &x[0] - &target;
///     ista.step(&mut x, &[gradient]);
/// }
/// assert_eq!(x[0], tensor![2.0, 0.0, -1.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Proximal<O> {
    inner: O,
    strength: f64,
}

impl<O> Proximal<O> {
    /// An optimiser and the strength λ of the penalty.
    ///
    /// ```
    /// use metaplast_autodiff::optim::{Adam, Proximal};
    /// let sparse = Proximal::new(Adam::<f32>::new(1e-3), 1e-4);
    /// ```
    ///
    /// # Panics
    ///
    /// When the strength is negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn new(inner: O, strength: f64) -> Self {
        assert_not_negative("strength", strength);
        Self { inner, strength }
    }
}

impl<T: Scalar, O: Optimizer<T>> Optimizer<T> for Proximal<O> {
    fn rate(&self) -> f64 {
        self.inner.rate()
    }

    fn update(&mut self, i: usize, parameter: &mut [T], gradient: &[T]) {
        self.inner.update(i, parameter, gradient);
        let mut rates = vec![T::ZERO; parameter.len()];
        self.inner.rates(i, &mut rates);
        for (x, rate) in parameter.chunks_mut(1).zip(rates) {
            // An element whose gradients are too small for a number is moved to zero, and a NaN stays.
            soft_threshold(x, (rate.to_f64() * self.strength).min(f64::MAX));
        }
    }

    fn rates(&self, i: usize, rates: &mut [T]) {
        self.inner.rates(i, rates);
    }

    fn advance(&mut self) {
        self.inner.advance();
    }
}
