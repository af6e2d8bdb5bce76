//! SGD: gradient descent, plain and with momentum.

use metaplast_tensor::Scalar;

use super::slots::Slots;
use super::{Optimizer, Schedule, assert_decay};

/// Gradient descent: `θ ← θ − η g`, with momentum if asked for.
///
/// - With [`momentum`](Self::momentum) μ: `v ← μ v + g`, `θ ← θ − η v`. Polyak, *Some methods of
///   speeding up the convergence of iteration methods*, 1964.
/// - With [`nesterov`](Self::nesterov) μ: `v ← μ v + g`, `θ ← θ − η (g + μ v)`. Nesterov 1983, in
///   the form that takes the gradient at the parameters themselves: section 3.5 of Bengio,
///   Boulanger-Lewandowski & Pascanu, *Advances in optimizing recurrent networks*, ICASSP 2013.
///
/// The velocity starts at zero and holds no rate, so a change of rate acts at once. Under a
/// constant gradient steps grow to `η / (1 − μ)` times the gradient.
///
/// ```
/// use metaplast_autodiff::optim::{Optimizer, Sgd};
/// use metaplast_tensor::tensor;
///
/// let mut theta = [tensor![1.0]];
/// let mut sgd = Sgd::new(0.125).momentum(0.5);
/// sgd.step(&mut theta, &[tensor![2.0]]);
/// assert_eq!(theta[0], tensor![0.75]); // v = 2
/// sgd.step(&mut theta, &[tensor![2.0]]);
/// assert_eq!(theta[0], tensor![0.375]); // v = 3
/// ```
#[derive(Clone, Debug)]
pub struct Sgd<T> {
    rate: Schedule,
    momentum: f64,
    nesterov: bool,
    steps: u64,
    velocity: Slots<T>,
}

impl<T: Scalar> Sgd<T> {
    /// Plain gradient descent.
    ///
    /// ```
    /// use metaplast_autodiff::optim::{Optimizer, Sgd};
    /// use metaplast_tensor::tensor;
    /// let mut theta = [tensor![1.0, 2.0]];
    /// Sgd::new(0.5).step(&mut theta, &[tensor![2.0, -2.0]]);
    /// assert_eq!(theta[0], tensor![0.0, 3.0]);
    /// ```
    #[must_use]
    pub fn new(rate: impl Into<Schedule>) -> Self {
        Self {
            rate: rate.into(),
            momentum: 0.0,
            nesterov: false,
            steps: 0,
            velocity: Slots::default(),
        }
    }

    /// The same with a velocity, of which a share `mu` is kept from step to step.
    ///
    /// ```
    /// use metaplast_autodiff::optim::{Optimizer, Sgd};
    /// use metaplast_tensor::tensor;
    /// let mut theta = [tensor![0.0]];
    /// let mut sgd = Sgd::new(1.0).momentum(0.5);
    /// sgd.step(&mut theta, &[tensor![1.0]]);
    /// sgd.step(&mut theta, &[tensor![0.0]]);
    /// assert_eq!(theta[0], tensor![-1.5]); // it rolls on
    /// ```
    ///
    /// # Panics
    ///
    /// When `mu` is negative, 1 or more.
    #[must_use]
    #[track_caller]
    pub fn momentum(mut self, mu: f64) -> Self {
        assert_decay("momentum", mu);
        (self.momentum, self.nesterov) = (mu, false);
        self
    }

    /// The same with a velocity that looks a step ahead.
    ///
    /// ```
    /// use metaplast_autodiff::optim::{Optimizer, Sgd};
    /// use metaplast_tensor::tensor;
    /// let mut theta = [tensor![0.0]];
    /// Sgd::new(1.0).nesterov(0.5).step(&mut theta, &[tensor![1.0]]);
    /// assert_eq!(theta[0], tensor![-1.5]);
    /// ```
    ///
    /// # Panics
    ///
    /// When `mu` is negative, 1 or more.
    #[must_use]
    #[track_caller]
    pub fn nesterov(mut self, mu: f64) -> Self {
        assert_decay("momentum", mu);
        (self.momentum, self.nesterov) = (mu, true);
        self
    }
}

impl<T: Scalar> Optimizer<T> for Sgd<T> {
    fn rate(&self) -> f64 {
        self.rate.rate(self.steps)
    }

    fn update(&mut self, i: usize, parameter: &mut [T], gradient: &[T]) {
        let rate = T::from_f64(self.rate());
        if self.momentum == 0.0 {
            for (x, &g) in parameter.iter_mut().zip(gradient) {
                *x -= rate * g;
            }
            return;
        }
        let momentum = T::from_f64(self.momentum);
        let velocity = self.velocity.of(i, parameter.len());
        for ((x, &g), v) in parameter.iter_mut().zip(gradient).zip(velocity) {
            *v = momentum * *v + g;
            *x -= rate * if self.nesterov { g + momentum * *v } else { *v };
        }
    }

    fn rates(&self, _: usize, rates: &mut [T]) {
        // Momentum takes each gradient 1 + μ + μ² + … times.
        rates.fill(T::from_f64(self.rate() / (1.0 - self.momentum)));
    }

    fn advance(&mut self) {
        self.steps += 1;
    }
}
