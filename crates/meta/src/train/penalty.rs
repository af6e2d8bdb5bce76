//! Penalty: how `λ ‖θ‖₁` moves θ.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// How the penalty `λ ‖θ‖₁` of the meta-loss moves θ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Penalty {
    /// By a [proximal step](super::ProximalStep) after that of the meta-optimiser, which sees the
    /// gradient of the data alone: coefficients become exactly zero, and stay zero until their mean
    /// gradient exceeds λ by more than its sampling error.
    #[default]
    Proximal,
    /// By `λ sign θ`, added to the gradient, as the program released with the paper does; θ circles
    /// around zeros and never reaches them.
    Subgradient,
}

impl Penalty {
    /// Both, in the order shown to users.
    pub const ALL: [Penalty; 2] = [Penalty::Proximal, Penalty::Subgradient];

    /// The name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Penalty::Proximal => "proximal",
            Penalty::Subgradient => "subgradient",
        }
    }

    /// Adds what the meta-optimiser sees of the penalty to the gradient at θ.
    pub(super) fn add_slope(self, lambda: f64, theta: &[f64], gradient: &mut [f64]) {
        for (gradient, &theta) in gradient.iter_mut().zip(theta) {
            *gradient += match self {
                Penalty::Subgradient if theta > 0.0 => lambda,
                Penalty::Subgradient if theta < 0.0 => -lambda,
                _ => 0.0,
            };
        }
    }

    /// Whether steps of the meta-optimiser end with a proximal step.
    pub(super) fn is_proximal(self, lambda: f64) -> bool {
        self == Penalty::Proximal && lambda != 0.0
    }
}

impl fmt::Display for Penalty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that names no [`Penalty`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown penalty `{0}`; choose proximal or subgradient")]
pub struct UnknownPenalty(pub String);

impl FromStr for Penalty {
    type Err = UnknownPenalty;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Penalty::ALL
            .into_iter()
            .find(|penalty| penalty.name() == name)
            .ok_or_else(|| UnknownPenalty(name.to_owned()))
    }
}
