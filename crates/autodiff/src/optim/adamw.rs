//! Adam with weight decay that its division does not touch.

use metaplast_tensor::Scalar;

use super::{Adam, Optimizer, Schedule, assert_not_negative};

/// AdamW: `θ ← θ − η (m̂ / (√v̂ + ε) + λ θ)`, with the means of [`Adam`].
///
/// Loshchilov & Hutter, *Decoupled weight decay regularization*, ICLR 2019. As in common use, λ is
/// multiplied by the whole rate η; their algorithm 2 multiplies it by the schedule's factor alone,
/// so that their λ is our λ times the initial rate. λ = 0.01 unless set.
///
/// ```
/// use metaplast_autodiff::optim::{AdamW, Optimizer};
/// use metaplast_tensor::tensor;
///
/// let mut theta = [tensor![2.0]];
/// AdamW::new(0.5).decay(0.1).step(&mut theta, &[tensor![0.0]]);
/// assert_eq!(theta[0], tensor![1.9]);
/// ```
#[derive(Clone, Debug)]
pub struct AdamW<T> {
    adam: Adam<T>,
    decay: f64,
}

impl<T: Scalar> AdamW<T> {
    /// With λ = 0.01 and the constants of [`Adam::new`].
    ///
    /// ```
    /// use metaplast_autodiff::optim::{AdamW, Optimizer};
    /// assert_eq!(AdamW::<f64>::new(1e-3).rate(), 1e-3);
    /// ```
    #[must_use]
    pub fn new(rate: impl Into<Schedule>) -> Self {
        Self {
            adam: Adam::new(rate),
            decay: 0.01,
        }
    }

    /// Weight decay λ.
    ///
    /// ```
    /// use metaplast_autodiff::optim::AdamW;
    /// let strong = AdamW::<f64>::new(1e-3).decay(0.1);
    /// ```
    ///
    /// # Panics
    ///
    /// When it is negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn decay(mut self, decay: f64) -> Self {
        assert_not_negative("decay", decay);
        self.decay = decay;
        self
    }

    /// β₁ and β₂, as in [`Adam::betas`].
    ///
    /// ```
    /// use metaplast_autodiff::optim::AdamW;
    /// let nervous = AdamW::<f64>::new(1e-3).betas(0.9, 0.95);
    /// ```
    ///
    /// # Panics
    ///
    /// When one of them is negative, 1 or more, or a step has been taken.
    #[must_use]
    #[track_caller]
    pub fn betas(mut self, beta1: f64, beta2: f64) -> Self {
        self.adam = self.adam.betas(beta1, beta2);
        self
    }

    /// ε, as in [`Adam::epsilon`].
    ///
    /// ```
    /// use metaplast_autodiff::optim::AdamW;
    /// let cautious = AdamW::<f64>::new(1e-3).epsilon(1e-4);
    /// ```
    ///
    /// # Panics
    ///
    /// When it is negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.adam = self.adam.epsilon(epsilon);
        self
    }
}

impl<T: Scalar> Optimizer<T> for AdamW<T> {
    fn rate(&self) -> f64 {
        self.adam.rate()
    }

    fn update(&mut self, i: usize, parameter: &mut [T], gradient: &[T]) {
        // Adam's own step does not look at θ, so the order is free.
        let pull = T::from_f64(self.rate() * self.decay);
        for x in parameter.iter_mut() {
            *x -= pull * *x;
        }
        self.adam.update(i, parameter, gradient);
    }

    fn advance(&mut self) {
        self.adam.advance();
    }
}
