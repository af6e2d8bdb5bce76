//! How θ moves along its meta-gradient.

mod adam;
pub mod ratchet;
mod sgd;
pub mod steady;

use std::fmt;
use std::str::FromStr;

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
    pub fn build(self, rate: f64, term_sizes: impl FnOnce() -> Vec<f64>) -> Box<dyn MetaOptimizer> {
        match self {
            OptimizerKind::Steady => Box::new(Steady::new(rate, &term_sizes())),
            OptimizerKind::Adam => Box::new(Adam::new(rate)),
            OptimizerKind::Sgd => Box::new(Sgd { rate }),
        }
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
