//! Adam (Kingma & Ba 2015).

use metaplast_autodiff::optim;
use metaplast_autodiff::optim::Optimizer;

use super::meta_optimizer::MetaOptimizer;
use super::state::{OptimizerState, UnfitOptimizer};

/// [Adam](optim::Adam) with β₁ = 0.9, β₂ = 0.999 and ε = 10⁻⁸ unless set; after a divergence its
/// direction is forgotten, so that the same step is not taken again.
#[derive(Clone, Debug)]
pub struct Adam {
    rate: f64,
    betas: (f64, f64),
    epsilon: f64,
    inner: optim::Adam<f64>,
}

impl Adam {
    /// With this step size.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn new(rate: f64) -> Self {
        Self::with(rate, (0.9, 0.999), 1e-8)
    }

    /// With these decays β₁ and β₂ of the moments.
    ///
    /// # Panics
    /// When one of them is negative, or 1 or more, or a step has been taken.
    #[must_use]
    #[track_caller]
    pub fn with_betas(self, beta1: f64, beta2: f64) -> Self {
        Adam {
            betas: (beta1, beta2),
            inner: self.inner.betas(beta1, beta2),
            ..self
        }
    }

    #[track_caller]
    fn with(rate: f64, (beta1, beta2): (f64, f64), epsilon: f64) -> Self {
        Adam {
            rate,
            betas: (beta1, beta2),
            epsilon,
            inner: optim::Adam::new(rate).betas(beta1, beta2).epsilon(epsilon),
        }
    }

    /// Sets the first moment to zero.
    pub(super) fn forget_direction(&mut self) {
        self.inner.forget_direction();
    }
}

impl MetaOptimizer for Adam {
    fn step(&mut self, theta: &mut [f64], _: f64, gradient: &[f64]) -> Vec<f64> {
        self.inner.update(0, theta, gradient);
        let mut rates = vec![0.0; theta.len()];
        self.inner.rates(0, &mut rates);
        self.inner.advance();
        rates
    }

    fn stepped_back(&mut self, _: &mut [f64]) {
        self.forget_direction();
    }

    fn save(&self) -> OptimizerState {
        let (first, second) = self.inner.moments(0).unwrap_or_default();
        OptimizerState::new()
            .with("rate", self.rate)
            .with("first_decay", self.betas.0)
            .with("second_decay", self.betas.1)
            .with("epsilon", self.epsilon)
            .with("first", first.to_vec())
            .with("second", second.to_vec())
            .with("steps", self.inner.steps())
    }

    fn restore(
        &mut self,
        state: &OptimizerState,
        coefficients: usize,
    ) -> Result<(), UnfitOptimizer> {
        let sound = |name: &str, fits: &dyn Fn(f64) -> bool| {
            let number = state.number(name)?;
            fits(number)
                .then_some(number)
                .ok_or_else(|| UnfitOptimizer(name.to_owned()))
        };
        let decay = |x: f64| (0.0..1.0).contains(&x);
        let size = |x: f64| x >= 0.0 && x.is_finite();
        let betas = (
            sound("first_decay", &decay)?,
            sound("second_decay", &decay)?,
        );
        let mut adam = Adam::with(sound("rate", &size)?, betas, sound("epsilon", &size)?);
        let steps = state.count("steps")?;
        // Before the first step there are none.
        let first = state.some_numbers("first", |n| n == coefficients || n == 0)?;
        let second = state.numbers("second", first.len())?;
        let moments = (!first.is_empty()).then_some((first, second));
        adam.inner = adam.inner.resume(steps, moments);
        *self = adam;
        Ok(())
    }
}
