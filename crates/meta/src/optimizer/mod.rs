//! How θ moves along its meta-gradient.

mod adam;
pub mod ratchet;
mod sgd;
pub mod steady;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use adam::Adam;
pub use sgd::Sgd;
pub use steady::Steady;

/// Moves the meta-parameters θ, in f64, whatever the network computes in.
pub trait MetaOptimizer: Send {
    /// Moves `theta` down its `gradient`, which is finite, after an episode (or meta-batch) with
    /// meta-loss `loss`.
    fn step(&mut self, theta: &mut [f64], loss: f64, gradient: &[f64]);

    /// Told that an episode diverged, after the trainer moved `theta` back to where episodes went
    /// well; may move it further.
    fn stepped_back(&mut self, _theta: &mut [f64]) {}
}

/// Which meta-optimiser, as a setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OptimizerKind {
    /// [`Steady`]: Adam that knows the terms' sizes and steps back from explosions with care.
    #[default]
    Steady,
    /// [`Adam`], as published.
    Adam,
    /// [`Sgd`]
    Sgd,
}

impl OptimizerKind {
    /// Every kind, in the order shown to users.
    pub const ALL: [OptimizerKind; 3] = [
        OptimizerKind::Steady,
        OptimizerKind::Adam,
        OptimizerKind::Sgd,
    ];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            OptimizerKind::Steady => "steady",
            OptimizerKind::Adam => "adam",
            OptimizerKind::Sgd => "sgd",
        }
    }

    /// A new optimiser of this kind; `term_sizes` is asked for where it is needed.
    pub fn build(self, rate: f64, term_sizes: impl FnOnce() -> Vec<f64>) -> Optimizer {
        match self {
            OptimizerKind::Steady => Optimizer::Steady(Steady::new(rate, &term_sizes())),
            OptimizerKind::Adam => Optimizer::Adam(Adam::new(rate)),
            OptimizerKind::Sgd => Optimizer::Sgd(Sgd { rate }),
        }
    }
}

/// A meta-optimiser of one of the kinds, with all that it remembers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Optimizer {
    /// See [`Steady`].
    Steady(Steady),
    /// See [`Adam`].
    Adam(Adam),
    /// See [`Sgd`].
    Sgd(Sgd),
}

impl Optimizer {
    /// Which kind it is.
    pub fn kind(&self) -> OptimizerKind {
        match self {
            Optimizer::Steady(_) => OptimizerKind::Steady,
            Optimizer::Adam(_) => OptimizerKind::Adam,
            Optimizer::Sgd(_) => OptimizerKind::Sgd,
        }
    }

    /// Whether it could have become like this with this many coefficients.
    pub(crate) fn fits(&self, coefficients: usize) -> bool {
        match self {
            Optimizer::Steady(steady) => steady.fits(coefficients),
            Optimizer::Adam(adam) => adam.fits(coefficients),
            Optimizer::Sgd(_) => true,
        }
    }

    fn inner(&mut self) -> &mut dyn MetaOptimizer {
        match self {
            Optimizer::Steady(steady) => steady,
            Optimizer::Adam(adam) => adam,
            Optimizer::Sgd(sgd) => sgd,
        }
    }
}

impl MetaOptimizer for Optimizer {
    fn step(&mut self, theta: &mut [f64], loss: f64, gradient: &[f64]) {
        self.inner().step(theta, loss, gradient);
    }

    fn stepped_back(&mut self, theta: &mut [f64]) {
        self.inner().stepped_back(theta);
    }
}

impl fmt::Display for OptimizerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// An optimiser name that stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown optimizer `{0}`; choose steady, adam or sgd")]
pub struct UnknownOptimizer(pub String);

impl FromStr for OptimizerKind {
    type Err = UnknownOptimizer;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        OptimizerKind::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| UnknownOptimizer(name.to_owned()))
    }
}
