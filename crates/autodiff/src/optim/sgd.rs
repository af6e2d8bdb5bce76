//! SGD: gradient descent, plain and with momentum.

use metaplast_tensor::Scalar;

use super::constant::{Constant, Rate};
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
    rate: Rate<T>,
    momentum: Constant<T>,
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
            rate: Rate::Scheduled(rate.into()),
            momentum: Constant::Plain(0.0),
            nesterov: false,
            steps: 0,
            velocity: Slots::default(),
        }
    }

    /// Plain gradient descent at a rate that carries derivatives: a whole optimisation is
    /// differentiated by it. It is the rate of every step; [`set_rate`](Self::set_rate) gives those
    /// that follow another one.
    ///
    /// ```
    /// use metaplast_autodiff::Dual;
    /// use metaplast_autodiff::optim::{Optimizer, Sgd};
    /// use metaplast_tensor::Tensor;
    ///
    /// let mut theta = [Tensor::scalar(Dual::constant(1.0))];
    /// let gradient = [Tensor::scalar(Dual::constant(4.0))];
    /// Sgd::with_rate(Dual::new(0.5, [1.0])).step(&mut theta, &gradient);
    /// assert_eq!(theta[0].item(), Dual::new(-1.0, [-4.0]));
    /// ```
    #[must_use]
    pub fn with_rate(rate: T) -> Self {
        let mut sgd = Self::new(0.0);
        sgd.set_rate(rate);
        sgd
    }

    /// Makes this the rate of the steps that follow, whatever it was before.
    pub fn set_rate(&mut self, rate: T) {
        self.rate = Rate::Differentiable(rate);
    }

    /// [`momentum`](Self::momentum) that carries derivatives.
    ///
    /// # Panics
    ///
    /// As [`momentum`](Self::momentum).
    #[must_use]
    #[track_caller]
    pub fn with_momentum(self, mu: T) -> Self {
        let mut sgd = self.momentum(mu.to_f64());
        sgd.momentum = Constant::Differentiable(mu);
        sgd
    }

    /// [Nesterov's](Self::nesterov) momentum that carries derivatives.
    ///
    /// # Panics
    ///
    /// As [`nesterov`](Self::nesterov).
    #[must_use]
    #[track_caller]
    pub fn with_nesterov(self, mu: T) -> Self {
        let mut sgd = self.nesterov(mu.to_f64());
        sgd.momentum = Constant::Differentiable(mu);
        sgd
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
        (self.momentum, self.nesterov) = (Constant::Plain(mu), false);
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
        (self.momentum, self.nesterov) = (Constant::Plain(mu), true);
        self
    }
}

impl<T: Scalar> Optimizer<T> for Sgd<T> {
    fn rate(&self) -> f64 {
        self.rate.at(self.steps).to_f64()
    }

    fn update(&mut self, i: usize, parameter: &mut [T], gradient: &[T]) {
        let rate = self.rate.at(self.steps).value();
        if self.momentum.is_zero() {
            for (x, &g) in parameter.iter_mut().zip(gradient) {
                *x -= rate * g;
            }
            return;
        }
        let momentum = self.momentum.value();
        let velocity = self.velocity.of(i, parameter.len());
        for ((x, &g), v) in parameter.iter_mut().zip(gradient).zip(velocity) {
            *v = momentum * *v + g;
            *x -= rate * if self.nesterov { g + momentum * *v } else { *v };
        }
    }

    fn rates(&self, _: usize, rates: &mut [T]) {
        // Momentum takes each gradient 1 + μ + μ² + … times.
        rates.fill(match (self.rate.at(self.steps), self.momentum) {
            (Constant::Plain(rate), Constant::Plain(mu)) => T::from_f64(rate / (1.0 - mu)),
            (rate, mu) => rate.value() / mu.complement(),
        });
    }

    fn advance(&mut self) {
        self.steps += 1;
    }
}
