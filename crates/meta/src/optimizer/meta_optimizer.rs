//! The interface of meta-optimisers.

use super::state::{OptimizerState, UnfitOptimizer};

/// Moves the meta-parameters θ, in f64, whatever the network computes in.
///
/// ```
/// use std::ops::ControlFlow;
///
/// use metaplast_data::{Dataset, Sampling, TaskSampler};
/// use metaplast_meta::Model;
/// use metaplast_meta::optimizer::{
///     MetaOptimizer, OptimizerKind, OptimizerState, UnfitOptimizer,
/// };
/// use metaplast_meta::train::{TrainSettings, Trainer};
/// use metaplast_plasticity::{Architecture, Preset, Rule};
///
/// /// Moves by the sign of the gradient, a little less far each time.
/// struct SignDescent {
///     rate: f64,
///     steps: u64,
/// }
///
/// impl MetaOptimizer for SignDescent {
///     fn step(&mut self, theta: &mut [f64], _loss: f64, gradient: &[f64]) -> Vec<f64> {
///         self.steps += 1;
///         let rate = self.rate / (self.steps as f64).sqrt();
///         for (theta, g) in theta.iter_mut().zip(gradient) {
///             *theta -= rate * g.signum();
///         }
///         gradient.iter().map(|g| rate / g.abs()).collect()
///     }
///     fn save(&self) -> OptimizerState {
///         OptimizerState::new().with("rate", self.rate).with("steps", self.steps)
///     }
///     fn restore(&mut self, state: &OptimizerState, _: usize) -> Result<(), UnfitOptimizer> {
///         self.rate = state.number("rate")?;
///         self.steps = state.count("steps")?;
///         Ok(())
///     }
/// }
///
/// let dataset = Dataset::glyphs(6, 1);
/// let sampler = TaskSampler::new(&dataset, 2, 4, 2, Sampling::Fresh)?;
/// let model = Model {
///     architecture: Architecture::new(vec![784, 8, 47])?,
///     feedback: Preset::Bio.feedback(),
///     rule: Rule::preset(Preset::Bio).with_theta(&[1e-3, 0.0, 0.0]),
/// };
/// let kind = OptimizerKind::own("sign", |beginning| {
///     Box::new(SignDescent { rate: beginning.rate, steps: 0 })
/// });
/// let settings = TrainSettings::new(model).with_episodes(1).with_optimizer(kind);
/// let trainer = Trainer::new(&settings, &dataset, &sampler);
/// let result = trainer.run_trial(0, &mut |_| ControlFlow::Continue(()))?;
/// // Every coefficient moved by the rate, up or down.
/// let moved = (result.theta[0] - 1e-3).abs();
/// assert!((moved - 1e-3).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait MetaOptimizer: Send {
    /// Moves `theta` down its `gradient`, which is finite, after an episode (or meta-batch) with
    /// meta-loss `loss`.
    ///
    /// Returns the effective rate η of each coefficient in this step, by which a penalty shrinks it
    /// ([`Penalty::Proximal`](crate::train::Penalty)): by how much it moves for each unit of a
    /// gradient that stays the same; 0 where no step was taken. For plain gradient descent that is
    /// the rate, for Adam `rate / (√v̂ + ε)`.
    fn step(&mut self, theta: &mut [f64], loss: f64, gradient: &[f64]) -> Vec<f64>;

    /// Told that an episode diverged, after the trainer moved `theta` back to where episodes went
    /// well; may move it further.
    fn stepped_back(&mut self, _theta: &mut [f64]) {}

    /// All that it remembers, for a checkpoint.
    fn save(&self) -> OptimizerState;

    /// Takes back what [`save`](Self::save) gave, into an optimiser as it is before its first step.
    ///
    /// # Errors
    /// When no optimiser for this many coefficients can have saved it.
    fn restore(
        &mut self,
        state: &OptimizerState,
        coefficients: usize,
    ) -> Result<(), UnfitOptimizer>;
}

/// What a meta-optimiser may ask for before its first step.
pub struct Beginning<'a> {
    /// Step size.
    pub rate: f64,
    /// Number of coefficients.
    pub coefficients: usize,
    term_sizes: &'a dyn Fn() -> Vec<f64>,
}

impl<'a> Beginning<'a> {
    /// With the sizes of terms as `term_sizes` measures them.
    #[must_use]
    pub fn new(rate: f64, coefficients: usize, term_sizes: &'a dyn Fn() -> Vec<f64>) -> Self {
        Beginning {
            rate,
            coefficients,
            term_sizes,
        }
    }

    /// The size of each coefficient's term, relative to the pseudo-gradient's; see
    /// [`term_sizes`](crate::train::term_sizes). Measured when it is asked for.
    #[must_use]
    pub fn term_sizes(&self) -> Vec<f64> {
        (self.term_sizes)()
    }
}

impl std::fmt::Debug for Beginning<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Beginning")
            .field("rate", &self.rate)
            .field("coefficients", &self.coefficients)
            .finish_non_exhaustive()
    }
}
