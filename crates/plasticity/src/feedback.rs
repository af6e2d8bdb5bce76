//! How errors travel back.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The feedback pathway `B_l` in `e_(l−1) = (B_lᵀ e_l) ⊙ σ'`.
///
/// Symmetric feedback has two derivatives. *Detached* takes `B = W` as a constant in each step:
/// the meta-gradient flows through the errors and activations and not through the transport.
/// *Attached* is the true total derivative. The implementation released with the paper returns
/// neither: it swaps the storage under tensors that its autograd had saved, so that every step's
/// error propagation is differentiated with the weights of the last step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feedback {
    /// Fixed random matrices: feedback alignment (Lillicrap et al. 2016).
    Fixed,
    /// `B = W`, as a constant in derivatives.
    Symmetric,
    /// `B = W`, differentiated: backpropagation.
    Attached,
}

impl Feedback {
    /// Every kind, in the order shown to users.
    pub const ALL: [Feedback; 3] = [Feedback::Fixed, Feedback::Symmetric, Feedback::Attached];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Feedback::Fixed => "fixed",
            Feedback::Symmetric => "symmetric",
            Feedback::Attached => "attached",
        }
    }
}

impl fmt::Display for Feedback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A feedback name that stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown feedback `{0}`; choose fixed, symmetric or attached")]
pub struct UnknownFeedback(pub String);

impl FromStr for Feedback {
    type Err = UnknownFeedback;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Feedback::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| UnknownFeedback(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for kind in Feedback::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert!("random".parse::<Feedback>().is_err());
    }
}
