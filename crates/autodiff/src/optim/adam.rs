//! Steps along the running mean of the gradient, divided by its running size.

use metaplast_tensor::Scalar;

use super::slots::Slots;
use super::{Optimizer, Schedule, assert_decay, assert_not_negative, root};

/// Adam. At step t, counted from 1:
///
/// ```text
/// m ← β₁ m + (1 − β₁) g        m̂ = m / (1 − β₁ᵗ)
/// v ← β₂ v + (1 − β₂) g²       v̂ = v / (1 − β₂ᵗ)
/// θ ← θ − η m̂ / (√v̂ + ε)
/// ```
///
/// Algorithm 1 of Kingma & Ba, *Adam: a method for stochastic optimization*, ICLR 2015. β₁ = 0.9,
/// β₂ = 0.999 and ε = 10⁻⁸ unless set. The first step has length η, whatever the gradient.
///
/// ```
/// use metaplast_autodiff::optim::{Adam, Optimizer};
/// use metaplast_tensor::tensor;
///
/// let mut theta = [tensor![1.0, 1.0]];
/// Adam::new(0.25).step(&mut theta, &[tensor![400.0, -0.01]]);
/// assert!((theta[0].data()[0] - 0.75f64).abs() < 1e-6);
/// assert!((theta[0].data()[1] - 1.25f64).abs() < 1e-6);
/// ```
#[derive(Clone, Debug)]
pub struct Adam<T> {
    rate: Schedule,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    steps: u64,
    /// β₁ᵗ⁺¹ and β₂ᵗ⁺¹ of the step that comes next.
    powers: [f64; 2],
    mean: Slots<T>,
    square: Slots<T>,
}

impl<T: Scalar> Adam<T> {
    /// With the constants of the paper.
    ///
    /// ```
    /// use metaplast_autodiff::optim::{Adam, Optimizer, Schedule};
    /// let adam = Adam::<f32>::new(Schedule::step(1e-3, 0.1, 1000));
    /// assert_eq!(adam.rate(), 1e-3);
    /// ```
    #[must_use]
    pub fn new(rate: impl Into<Schedule>) -> Self {
        Self {
            rate: rate.into(),
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            steps: 0,
            powers: [0.9, 0.999],
            mean: Slots::default(),
            square: Slots::default(),
        }
    }

    /// How much of the means of gradient and squared gradient is kept from step to step. To be set
    /// before the first step.
    ///
    /// ```
    /// use metaplast_autodiff::optim::Adam;
    /// let nervous = Adam::<f64>::new(1e-3).betas(0.5, 0.99);
    /// ```
    ///
    /// # Panics
    ///
    /// When one of them is negative, 1 or more, or a step has been taken.
    #[must_use]
    #[track_caller]
    pub fn betas(mut self, beta1: f64, beta2: f64) -> Self {
        assert_decay("beta1", beta1);
        assert_decay("beta2", beta2);
        assert!(self.steps == 0, "betas: a step has been taken already");
        (self.beta1, self.beta2) = (beta1, beta2);
        self.powers = [beta1, beta2];
        self
    }

    /// What is added to the root; elements whose gradient is far below it hardly move.
    ///
    /// ```
    /// use metaplast_autodiff::optim::Adam;
    /// let cautious = Adam::<f64>::new(1e-3).epsilon(1e-4);
    /// ```
    ///
    /// # Panics
    ///
    /// When `epsilon` is negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        assert_not_negative("epsilon", epsilon);
        self.epsilon = epsilon;
        self
    }
}

impl<T: Scalar> Optimizer<T> for Adam<T> {
    fn rate(&self) -> f64 {
        self.rate.rate(self.steps)
    }

    fn update(&mut self, i: usize, parameter: &mut [T], gradient: &[T]) {
        let [rate, epsilon] = [self.rate(), self.epsilon].map(T::from_f64);
        let [keep1, take1] = [self.beta1, 1.0 - self.beta1].map(T::from_f64);
        let [keep2, take2] = [self.beta2, 1.0 - self.beta2].map(T::from_f64);
        let [unbias1, unbias2] = self.powers.map(|power| T::from_f64(1.0 / (1.0 - power)));
        let mean = self.mean.of(i, parameter.len());
        let square = self.square.of(i, parameter.len());
        let moments = mean.iter_mut().zip(square);
        for ((x, &g), (m, v)) in parameter.iter_mut().zip(gradient).zip(moments) {
            *m = keep1 * *m + take1 * g;
            *v = keep2 * *v + take2 * g * g;
            let size = root(*v * unbias2) + epsilon;
            // 0 / 0 when ε is 0 and no gradient has come yet.
            if size.to_f64() != 0.0 {
                *x -= rate * (*m * unbias1) / size;
            }
        }
    }

    fn advance(&mut self) {
        self.steps += 1;
        self.powers[0] *= self.beta1;
        self.powers[1] *= self.beta2;
    }
}
