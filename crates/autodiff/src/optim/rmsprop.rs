//! RMSprop: steps divided by the running size of the gradient.

use metaplast_tensor::Scalar;

use super::constant::{Constant, Rate};
use super::slots::Slots;
use super::{Optimizer, Schedule, assert_decay, assert_not_negative, root};

/// RMSprop: `v ← ρ v + (1 − ρ) g²`, `θ ← θ − η g / (√v + ε)`.
///
/// Tieleman & Hinton, lecture 6.5 of *Neural networks for machine learning*, 2012; ε stands
/// outside of the root. The mean square starts at zero, so the first step has length
/// `η / √(1 − ρ)`, whatever the gradient. ρ = 0.9 and ε = 10⁻⁸ unless set.
///
/// ```
/// use metaplast_autodiff::optim::{Optimizer, RmsProp};
/// use metaplast_tensor::tensor;
///
/// let mut theta = [tensor![1.0, 1.0]];
/// let mut rmsprop = RmsProp::new(0.1).rho(0.75).epsilon(0.0);
/// rmsprop.step(&mut theta, &[tensor![4.0, -0.5]]);
/// assert_eq!(theta[0], tensor![0.8, 1.2]);
/// ```
#[derive(Clone, Debug)]
pub struct RmsProp<T> {
    rate: Rate<T>,
    rho: Constant<T>,
    epsilon: Constant<T>,
    steps: u64,
    square: Slots<T>,
}

impl<T: Scalar> RmsProp<T> {
    /// With ρ = 0.9 and ε = 10⁻⁸.
    ///
    /// ```
    /// use metaplast_autodiff::optim::{Optimizer, RmsProp};
    /// use metaplast_tensor::tensor;
    /// let mut theta = [tensor![0.0]];
    /// RmsProp::new(0.1).step(&mut theta, &[tensor![7.0]]);
    /// assert!((theta[0].item() + 0.1 / 0.1f64.sqrt()).abs() < 1e-8);
    /// ```
    #[must_use]
    pub fn new(rate: impl Into<Schedule>) -> Self {
        Self {
            rate: Rate::Scheduled(rate.into()),
            rho: Constant::Plain(0.9),
            epsilon: Constant::Plain(1e-8),
            steps: 0,
            square: Slots::default(),
        }
    }

    /// With ρ = 0.9 and ε = 10⁻⁸, and a rate that carries derivatives: a whole optimisation is
    /// differentiated by it. It is the rate of every step; [`set_rate`](Self::set_rate) gives those
    /// that follow another one.
    ///
    /// ```
    /// use metaplast_autodiff::Dual;
    /// use metaplast_autodiff::optim::{Optimizer, RmsProp};
    /// use metaplast_tensor::Tensor;
    ///
    /// let mut theta = [Tensor::scalar(Dual::constant(1.0))];
    /// let gradient = [Tensor::scalar(Dual::constant(4.0))];
    /// let mut rmsprop = RmsProp::with_rate(Dual::new(0.25, [1.0])).rho(0.75).epsilon(0.0);
    /// rmsprop.step(&mut theta, &gradient);
    /// assert_eq!(theta[0].item(), Dual::new(0.5, [-2.0]));
    /// ```
    #[must_use]
    pub fn with_rate(rate: T) -> Self {
        let mut rmsprop = Self::new(0.0);
        rmsprop.set_rate(rate);
        rmsprop
    }

    /// Makes this the rate of the steps that follow, whatever it was before.
    pub fn set_rate(&mut self, rate: T) {
        self.rate = Rate::Differentiable(rate);
    }

    /// A [`rho`](Self::rho) that carries derivatives.
    ///
    /// # Panics
    ///
    /// As [`rho`](Self::rho).
    #[must_use]
    #[track_caller]
    pub fn with_rho(self, rho: T) -> Self {
        let mut rmsprop = self.rho(rho.to_f64());
        rmsprop.rho = Constant::Differentiable(rho);
        rmsprop
    }

    /// An [`epsilon`](Self::epsilon) that carries derivatives.
    ///
    /// # Panics
    ///
    /// As [`epsilon`](Self::epsilon).
    #[must_use]
    #[track_caller]
    pub fn with_epsilon(self, epsilon: T) -> Self {
        let mut rmsprop = self.epsilon(epsilon.to_f64());
        rmsprop.epsilon = Constant::Differentiable(epsilon);
        rmsprop
    }

    /// How much of the mean square is kept from step to step.
    ///
    /// ```
    /// use metaplast_autodiff::optim::RmsProp;
    /// let slower = RmsProp::<f64>::new(0.01).rho(0.99);
    /// ```
    ///
    /// # Panics
    ///
    /// When `rho` is negative, 1 or more.
    #[must_use]
    #[track_caller]
    pub fn rho(mut self, rho: f64) -> Self {
        assert_decay("rho", rho);
        self.rho = Constant::Plain(rho);
        self
    }

    /// What is added to the root; elements whose gradient is far below it hardly move.
    ///
    /// ```
    /// use metaplast_autodiff::optim::RmsProp;
    /// let cautious = RmsProp::<f64>::new(0.01).epsilon(1e-3);
    /// ```
    ///
    /// # Panics
    ///
    /// When `epsilon` is negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        assert_not_negative("epsilon", epsilon);
        self.epsilon = Constant::Plain(epsilon);
        self
    }
}

impl<T: Scalar> Optimizer<T> for RmsProp<T> {
    fn rate(&self) -> f64 {
        self.rate.at(self.steps).to_f64()
    }

    fn update(&mut self, i: usize, parameter: &mut [T], gradient: &[T]) {
        let [rate, epsilon] = [self.rate.at(self.steps), self.epsilon].map(Constant::value);
        let (keep, take) = (self.rho.value(), self.rho.complement());
        let square = self.square.of(i, parameter.len());
        for ((x, &g), v) in parameter.iter_mut().zip(gradient).zip(square) {
            *v = keep * *v + take * g * g;
            let size = root(*v) + epsilon;
            // 0 / 0 when ε is 0 and no gradient has come yet.
            if size.to_f64() != 0.0 {
                *x -= rate * g / size;
            }
        }
    }

    fn rates(&self, i: usize, rates: &mut [T]) {
        let [rate, epsilon] = [self.rate.at(self.steps), self.epsilon].map(Constant::value);
        rates.fill(T::ZERO);
        for (element, &v) in rates.iter_mut().zip(self.square.get(i).unwrap_or_default()) {
            let size = root(v) + epsilon;
            if size.to_f64() != 0.0 {
                *element = rate / size;
            }
        }
    }

    fn advance(&mut self) {
        self.steps += 1;
    }
}
