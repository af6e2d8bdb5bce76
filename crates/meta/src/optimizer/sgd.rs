//! Gradient descent.

use metaplast_autodiff::optim;
use metaplast_autodiff::optim::Optimizer;

use super::meta_optimizer::MetaOptimizer;
use super::state::{OptimizerState, UnfitOptimizer};

/// Plain [gradient descent](optim::Sgd), `θ ← θ − rate · g`.
#[derive(Clone, Debug)]
pub struct Sgd {
    rate: f64,
    inner: optim::Sgd<f64>,
}

impl Sgd {
    /// With this step size.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn new(rate: f64) -> Self {
        Sgd {
            rate,
            inner: optim::Sgd::new(rate),
        }
    }
}

impl MetaOptimizer for Sgd {
    fn step(&mut self, theta: &mut [f64], _: f64, gradient: &[f64]) -> Vec<f64> {
        self.inner.update(0, theta, gradient);
        self.inner.advance();
        vec![self.rate; theta.len()]
    }

    fn save(&self) -> OptimizerState {
        OptimizerState::new().with("rate", self.rate)
    }

    fn restore(&mut self, state: &OptimizerState, _: usize) -> Result<(), UnfitOptimizer> {
        let rate = state.number("rate")?;
        if !(rate >= 0.0 && rate.is_finite()) {
            return Err(UnfitOptimizer("rate".to_owned()));
        }
        *self = Sgd::new(rate);
        Ok(())
    }
}
