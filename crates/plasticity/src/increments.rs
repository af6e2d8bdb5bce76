//! What becomes of a rule's increments before they reach the weights: momentum, Adam, and noise that is
//! no learning.

use std::fmt;

use metaplast_autodiff::optim::{Adam, Optimizer, Sgd};
use metaplast_numbers::streams;
use metaplast_tensor::{Random, Scalar};
use thiserror::Error;

/// How a network's weights follow the increments ΔW of its rule; ΔW takes the place of a negative
/// gradient, whatever rule it comes from.
///
/// [`NetworkLearner`](crate::NetworkLearner) learns with it.
///
/// ```
/// use metaplast_plasticity::IncrementOptimizer;
///
/// let momentum = IncrementOptimizer::Momentum { momentum: 0.9 };
/// assert_eq!(momentum.to_string(), "momentum(mu=0.9)");
/// assert_eq!(
///     IncrementOptimizer::adam(1e-3).to_string(),
///     "adam(eta=0.001,beta1=0.9,beta2=0.999,epsilon=0.00000001)"
/// );
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum IncrementOptimizer {
    /// `W ← W + ΔW`
    #[default]
    Plain,
    /// `m ← μ m + ΔW`, `W ← W + m` (Polyak 1964): increments that stay the same add up to
    /// `ΔW / (1 − μ)`.
    Momentum {
        /// μ, 0 up to but not including 1.
        momentum: f64,
    },
    /// Adam (Kingma & Ba 2015) with −ΔW as the gradient, at step t from 1:
    ///
    /// ```text
    /// m ← β₁ m + (1 − β₁) ΔW       v ← β₂ v + (1 − β₂) ΔW²
    /// W ← W + η (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
    /// ```
    ///
    /// A weight moves by about η a step, whatever the rule's coefficients. Decay is a part of ΔW as
    /// everything is that the rule adds.
    Adam {
        /// The rate η, above 0.
        rate: f64,
        /// β₁, 0 up to but not including 1.
        beta1: f64,
        /// β₂, 0 up to but not including 1.
        beta2: f64,
        /// ε, 0 or more.
        epsilon: f64,
    },
}

/// Why a network cannot learn as it was asked to.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IncrementError {
    /// A constant that cannot be.
    #[error("{optimizer}: {constant} must be {wanted}")]
    #[non_exhaustive]
    Constant {
        /// What it is a constant of.
        optimizer: String,
        /// Its name.
        constant: &'static str,
        /// What could have been given.
        wanted: &'static str,
    },
    /// A recorded step with an optimiser or drift, whose changes of the weights have no low rank.
    #[error(
        "{0} cannot be recorded for a reverse sweep; learn within `Tape::without_gradients`, in dual numbers where derivatives are wanted"
    )]
    Recorded(String),
    /// A batch without examples.
    #[error("a batch of no examples; give at least one")]
    EmptyBatch,
    /// An example that does not fit the network.
    #[error("example {example} has {got} {what}, the network {needed}")]
    #[non_exhaustive]
    Size {
        /// Its place in the batch, from 0.
        example: usize,
        /// Inputs or targets.
        what: &'static str,
        /// How many it has.
        got: usize,
        /// How many it should have.
        needed: usize,
    },
}

impl IncrementOptimizer {
    /// Adam with the constants of its paper, β₁ 0.9, β₂ 0.999, ε 10⁻⁸.
    #[must_use]
    pub fn adam(rate: f64) -> Self {
        IncrementOptimizer::Adam {
            rate,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
        }
    }

    /// Whether the constants can be.
    ///
    /// # Errors
    /// With the first that cannot.
    pub fn check(&self) -> Result<(), IncrementError> {
        let check = |fits: bool, constant, wanted| match fits {
            true => Ok(()),
            false => Err(IncrementError::Constant {
                optimizer: self.to_string(),
                constant,
                wanted,
            }),
        };
        const SHARE: &str = "0 or more and less than 1";
        match *self {
            IncrementOptimizer::Plain => Ok(()),
            IncrementOptimizer::Momentum { momentum } => {
                check((0.0..1.0).contains(&momentum), "mu", SHARE)
            }
            IncrementOptimizer::Adam {
                rate,
                beta1,
                beta2,
                epsilon,
            } => {
                check(rate > 0.0 && rate.is_finite(), "eta", "above 0")?;
                check((0.0..1.0).contains(&beta1), "beta1", SHARE)?;
                check((0.0..1.0).contains(&beta2), "beta2", SHARE)?;
                check(
                    epsilon >= 0.0 && epsilon.is_finite(),
                    "epsilon",
                    "0 or more",
                )
            }
        }
    }

    /// An optimiser of gradients −ΔW, at its first step; the constants have been checked.
    pub(crate) fn start<T: Scalar + 'static>(&self) -> Box<dyn Optimizer<T>> {
        match *self {
            IncrementOptimizer::Plain => Box::new(Sgd::new(1.0)),
            IncrementOptimizer::Momentum { momentum } => Box::new(Sgd::new(1.0).momentum(momentum)),
            IncrementOptimizer::Adam {
                rate,
                beta1,
                beta2,
                epsilon,
            } => Box::new(Adam::new(rate).betas(beta1, beta2).epsilon(epsilon)),
        }
    }
}

/// With all constants.
impl fmt::Display for IncrementOptimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IncrementOptimizer::Plain => f.pad("plain"),
            IncrementOptimizer::Momentum { momentum } => write!(f, "momentum(mu={momentum})"),
            IncrementOptimizer::Adam {
                rate,
                beta1,
                beta2,
                epsilon,
            } => write!(
                f,
                "adam(eta={rate},beta1={beta1},beta2={beta2},epsilon={epsilon})"
            ),
        }
    }
}

/// Weights that change without learning: in each step, each weight by an independent Gaussian number of
/// mean 0.
///
/// ```
/// use metaplast_plasticity::RandomDrift;
///
/// let drift = RandomDrift { sd: 1e-3, seed: 7 };
/// // In distribution, a hundred steps in one.
/// assert_eq!(drift.over(100).sd, 1e-2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RandomDrift {
    /// The standard deviation of a step's change, 0 or more.
    pub sd: f64,
    /// From which the changes follow, with the step and the layer.
    pub seed: u64,
}

impl RandomDrift {
    /// The drift whose one step has the distribution of so many steps of this: sd √steps.
    #[must_use]
    pub fn over(self, steps: u64) -> Self {
        RandomDrift {
            sd: self.sd * (steps as f64).sqrt(),
            ..self
        }
    }

    /// Whether the standard deviation can be.
    ///
    /// # Errors
    /// When it is negative or not finite.
    pub fn check(&self) -> Result<(), IncrementError> {
        match self.sd >= 0.0 && self.sd.is_finite() {
            true => Ok(()),
            false => Err(IncrementError::Constant {
                optimizer: self.to_string(),
                constant: "sd",
                wanted: "0 or more",
            }),
        }
    }

    /// Adds the changes of a step and a layer, both counted from 0, to weights in the order of the
    /// elements of `W_lᵀ`, `[n_(l−1), n_l]`, row by row.
    pub fn apply<T: Scalar>(&self, step: u64, layer: usize, weights: &mut [T]) {
        let seed = streams::seed(&[self.seed, step, layer as u64]);
        let mut random = Random::new(seed);
        for w in weights {
            *w += T::from_f64(self.sd * random.normal());
        }
    }
}

impl fmt::Display for RandomDrift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "drift(sd={})", self.sd)
    }
}
