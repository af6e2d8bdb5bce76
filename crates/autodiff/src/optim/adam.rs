//! Adam: steps along the running mean of the gradient, divided by its running size; with weight
//! decay, AdamW.

use metaplast_tensor::Scalar;

use super::constant::{Constant, Rate};
use super::slots::Slots;
use super::{Optimizer, Schedule, assert_decay, assert_not_negative, root};

/// Adam. At step t, counted from 1:
///
/// ```text
/// m ← β₁ m + (1 − β₁) g        m̂ = m / (1 − β₁ᵗ)
/// v ← β₂ v + (1 − β₂) g²       v̂ = v / (1 − β₂ᵗ)
/// θ ← θ − η m̂ / (√v̂ + ε) − η λ θ
/// ```
///
/// Algorithm 1 of Kingma & Ba, *Adam: a method for stochastic optimization*, ICLR 2015. β₁ = 0.9,
/// β₂ = 0.999 and ε = 10⁻⁸ unless set. The first step has length η, whatever the gradient. The weight
/// decay λ is 0 unless [set](Self::decay); with it this is AdamW.
///
/// Each constant can be a number that carries derivatives, set by the methods that begin with
/// `with`: see [`with_rate`](Self::with_rate).
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
    rate: Rate<T>,
    beta1: Constant<T>,
    beta2: Constant<T>,
    epsilon: Constant<T>,
    decay: Constant<T>,
    steps: u64,
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
            rate: Rate::Scheduled(rate.into()),
            beta1: Constant::Plain(0.9),
            beta2: Constant::Plain(0.999),
            epsilon: Constant::Plain(1e-8),
            decay: Constant::Plain(0.0),
            steps: 0,
            mean: Slots::default(),
            square: Slots::default(),
        }
    }

    /// With the constants of the paper, and a rate that carries derivatives: a whole optimisation is
    /// differentiated by it. It is the rate of every step; [`set_rate`](Self::set_rate) gives those
    /// that follow another one.
    ///
    /// ```
    /// use metaplast_autodiff::Dual;
    /// use metaplast_autodiff::optim::{Adam, Optimizer};
    /// use metaplast_tensor::{Scalar, Tensor};
    ///
    /// // Where 20 steps towards the least value of x² end, and how that depends on the rate.
    /// let end = |rate| {
    ///     let mut x = [Tensor::scalar(Dual::constant(1.0))];
    ///     let mut adam = Adam::with_rate(rate);
    ///     for _ in 0..20 {
    ///         let gradient = &x[0] * Dual::constant(2.0);
    ///         adam.step(&mut x, &[gradient]);
    ///     }
    ///     x[0].item()
    /// };
    /// let slope = end(Dual::<f64, 1>::seeded(0.01, 0)).tangent()[0];
    /// let at = |rate| end(Dual::constant(rate)).value();
    /// let difference = (at(0.01 + 1e-6) - at(0.01 - 1e-6)) / 2e-6;
    /// assert!((slope - difference).abs() < 1e-6 * slope.abs());
    /// ```
    #[must_use]
    pub fn with_rate(rate: T) -> Self {
        let mut adam = Self::new(0.0);
        adam.set_rate(rate);
        adam
    }

    /// Makes this the rate of the steps that follow, whatever it was before.
    pub fn set_rate(&mut self, rate: T) {
        self.rate = Rate::Differentiable(rate);
    }

    /// [`betas`](Self::betas) that carry derivatives.
    ///
    /// # Panics
    ///
    /// As [`betas`](Self::betas).
    #[must_use]
    #[track_caller]
    pub fn with_betas(self, beta1: T, beta2: T) -> Self {
        let betas = [beta1, beta2].map(Constant::Differentiable);
        self.betas(beta1.to_f64(), beta2.to_f64()).keeping(betas)
    }

    fn keeping(mut self, [beta1, beta2]: [Constant<T>; 2]) -> Self {
        (self.beta1, self.beta2) = (beta1, beta2);
        self
    }

    /// An [`epsilon`](Self::epsilon) that carries derivatives.
    ///
    /// # Panics
    ///
    /// As [`epsilon`](Self::epsilon).
    #[must_use]
    #[track_caller]
    pub fn with_epsilon(self, epsilon: T) -> Self {
        let mut adam = self.epsilon(epsilon.to_f64());
        adam.epsilon = Constant::Differentiable(epsilon);
        adam
    }

    /// A weight [`decay`](Self::decay) that carries derivatives.
    ///
    /// # Panics
    ///
    /// As [`decay`](Self::decay).
    #[must_use]
    #[track_caller]
    pub fn with_decay(self, decay: T) -> Self {
        let mut adam = self.decay(decay.to_f64());
        adam.decay = Constant::Differentiable(decay);
        adam
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
    pub fn betas(self, beta1: f64, beta2: f64) -> Self {
        assert_decay("beta1", beta1);
        assert_decay("beta2", beta2);
        assert!(self.steps == 0, "betas: a step has been taken already");
        self.keeping([beta1, beta2].map(Constant::Plain))
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
        self.epsilon = Constant::Plain(epsilon);
        self
    }

    /// Weight decay λ that the division by the gradient's size does not touch: AdamW, Loshchilov &
    /// Hutter, *Decoupled weight decay regularization*, ICLR 2019. As in common use, λ is multiplied
    /// by the whole rate η; their algorithm 2 multiplies it by the schedule's factor alone, so that
    /// their λ is our λ times the initial rate.
    ///
    /// ```
    /// use metaplast_autodiff::optim::{Adam, Optimizer};
    /// use metaplast_tensor::tensor;
    ///
    /// let mut theta = [tensor![2.0]];
    /// Adam::new(0.5).decay(0.1).step(&mut theta, &[tensor![0.0]]);
    /// assert_eq!(theta[0], tensor![1.9]);
    /// ```
    ///
    /// # Panics
    ///
    /// When it is negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn decay(mut self, decay: f64) -> Self {
        assert_not_negative("decay", decay);
        self.decay = Constant::Plain(decay);
        self
    }

    /// Steps taken so far.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The means `m` and `v` of parameter `i`; `None` before its first step.
    ///
    /// With [`steps`](Self::steps) they are all that an optimiser remembers; [`resume`](Self::resume)
    /// takes them back.
    ///
    /// ```
    /// use metaplast_autodiff::optim::{Adam, Optimizer};
    /// use metaplast_tensor::tensor;
    ///
    /// let (mut theta, gradient) = ([tensor![1.0, 2.0]], [tensor![0.5, -3.0]]);
    /// let mut adam = Adam::new(0.1);
    /// adam.step(&mut theta, &gradient);
    ///
    /// let (m, v) = adam.moments(0).unwrap();
    /// let mut resumed = Adam::new(0.1).resume(adam.steps(), [(m.to_vec(), v.to_vec())]);
    /// let mut again = theta.clone();
    /// adam.step(&mut theta, &gradient);
    /// resumed.step(&mut again, &gradient);
    /// assert_eq!(again, theta);
    /// ```
    #[must_use]
    pub fn moments(&self, i: usize) -> Option<(&[T], &[T])> {
        Some((self.mean.get(i)?, self.square.get(i)?))
    }

    /// As it was after `steps` steps that left these means `m` and `v` of each parameter.
    ///
    /// # Panics
    ///
    /// When the means of a parameter differ in length.
    #[must_use]
    #[track_caller]
    pub fn resume(
        mut self,
        steps: u64,
        moments: impl IntoIterator<Item = (Vec<T>, Vec<T>)>,
    ) -> Self {
        let (mean, square): (Vec<_>, Vec<_>) = moments.into_iter().unzip();
        for (m, v) in mean.iter().zip(&square) {
            assert!(
                m.len() == v.len(),
                "resume: {} means, {} mean squares",
                m.len(),
                v.len()
            );
        }
        self.steps = steps;
        self.mean = Slots::from(mean);
        self.square = Slots::from(square);
        self
    }

    /// Sets every `m` to zero, so that the direction of earlier steps is not followed any further;
    /// `v` stays.
    pub fn forget_direction(&mut self) {
        self.mean.clear();
    }

    /// `1 − β₁ᵗ` and `1 − β₂ᵗ` of the step that comes next.
    fn corrections(&self) -> [T; 2] {
        let t = i32::try_from(self.steps + 1).unwrap_or(i32::MAX);
        [self.beta1, self.beta2].map(|beta| beta.complement_of_power(t))
    }
}

impl<T: Scalar> Optimizer<T> for Adam<T> {
    fn rate(&self) -> f64 {
        self.rate.at(self.steps).to_f64()
    }

    fn update(&mut self, i: usize, parameter: &mut [T], gradient: &[T]) {
        let rate = self.rate.at(self.steps);
        let (rate, pull) = (rate.value(), rate.times(self.decay));
        let epsilon = self.epsilon.value();
        let [keep1, take1] = [self.beta1.value(), self.beta1.complement()];
        let [keep2, take2] = [self.beta2.value(), self.beta2.complement()];
        let [correction1, correction2] = self.corrections();
        let decays = !self.decay.is_zero();
        let mean = self.mean.of(i, parameter.len());
        let square = self.square.of(i, parameter.len());
        let moments = mean.iter_mut().zip(square);
        for ((x, &g), (m, v)) in parameter.iter_mut().zip(gradient).zip(moments) {
            if decays {
                *x -= pull * *x;
            }
            *m = keep1 * *m + take1 * g;
            *v = keep2 * *v + take2 * g * g;
            let size = root(*v / correction2) + epsilon;
            // 0 / 0 when ε is 0 and no gradient has come yet.
            if size.to_f64() != 0.0 {
                *x -= rate * (*m / correction1) / size;
            }
        }
    }

    fn rates(&self, i: usize, rates: &mut [T]) {
        let rate = self.rate.at(self.steps).value();
        let epsilon = self.epsilon.value();
        let [_, correction] = self.corrections();
        let square = self.square.get(i).unwrap_or_default();
        rates.fill(T::ZERO);
        for (element, &v) in rates.iter_mut().zip(square) {
            let size = root(v / correction) + epsilon;
            if size.to_f64() != 0.0 {
                *element = rate / size;
            }
        }
    }

    fn advance(&mut self) {
        self.steps += 1;
    }
}
