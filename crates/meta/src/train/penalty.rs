//! Penalty: how `λ ‖θ‖₁` moves θ.

use std::fmt;
use std::str::FromStr;

use metaplast_autodiff::optim::soft_threshold;
use thiserror::Error;

/// How the penalty `λ ‖θ‖₁` of the meta-loss moves θ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Penalty {
    /// By a proximal step after that of the meta-optimiser, which sees the gradient of the data
    /// alone: each coefficient is moved towards zero by λ times its
    /// [effective rate](crate::optimizer::MetaOptimizer::step), and becomes exactly zero where it is
    /// nearer. It stays zero until its gradient exceeds λ, and θ comes to rest where the penalised
    /// loss has its minimum: the proximal operator in the diagonal metric of the optimiser (Duchi,
    /// Hazan & Singer, *Adaptive subgradient methods*, JMLR 2011, section 5.1).
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

    /// Moves θ after a step of the meta-optimiser with these effective rates.
    pub(super) fn shrink(self, lambda: f64, theta: &mut [f64], rates: &[f64]) {
        if self == Penalty::Subgradient || lambda == 0.0 {
            return;
        }
        for (theta, rate) in theta.chunks_mut(1).zip(rates) {
            // A coefficient that no gradient has reached yet has a rate without bounds.
            soft_threshold(theta, (lambda * rate).min(f64::MAX));
        }
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
