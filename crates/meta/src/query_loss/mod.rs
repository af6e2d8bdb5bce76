//! Query losses: what an episode is scored by, on the query examples and with the weights after its last step.
//!
//! Each is one file that computes it on a tape. A meta-gradient is that of the query loss by θ; accuracy and
//! cross-entropy are told beside it whatever it is.

use std::fmt;
use std::str::FromStr;

use metaplast_autodiff::Var;
use metaplast_plasticity::{Network, Number, RecurrentNetwork};
use thiserror::Error;

mod correlation;
mod cross_entropy;
mod sparseness;
mod weight_norm;

/// What an episode is scored by.
///
/// ```
/// use metaplast_meta::QueryLoss;
///
/// assert_eq!("decorrelation".parse(), Ok(QueryLoss::Decorrelation));
/// assert_eq!(QueryLoss::default().to_string(), "cross-entropy");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryLoss {
    /// The mean cross-entropy of softmax outputs towards the labels, in nats.
    #[default]
    CrossEntropy,
    /// The mean squared correlation of two units of a hidden layer over the query examples, a mean over hidden
    /// layers; from 0, where they are uncorrelated, to 1 (the term off the diagonal of Zbontar et al. 2021, of
    /// one view, in the place of the covariances of Cogswell et al. 2016):
    ///
    /// ```text
    /// r_ij = cov(y_i, y_j) / √((var y_i + ε)(var y_j + ε))      Σ_(i≠j) r_ij² / (n (n − 1))      ε = 10⁻⁶
    /// ```
    Decorrelation,
    /// How dense the activity of a hidden layer is, a mean over query examples and hidden layers: the sparseness
    /// of Rolls & Tovee 1995 (Treves & Rolls 1991), from 1/n, where one unit is active, to 1, where all are
    /// alike; lower is sparser:
    ///
    /// ```text
    /// a = (Σ_i y_i / n)² / (Σ_i y_i² / n + ε)      ε = 10⁻⁶
    /// ```
    Sparseness,
    /// The mean square of the weights, of all layers together.
    WeightNorm,
}

impl QueryLoss {
    /// All of them, in the order shown to users.
    pub const ALL: [QueryLoss; 4] = [
        QueryLoss::CrossEntropy,
        QueryLoss::Decorrelation,
        QueryLoss::Sparseness,
        QueryLoss::WeightNorm,
    ];

    /// The name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            QueryLoss::CrossEntropy => "cross-entropy",
            QueryLoss::Decorrelation => "decorrelation",
            QueryLoss::Sparseness => "sparseness",
            QueryLoss::WeightNorm => "weight-norm",
        }
    }

    /// The loss on the tape, rank 0: of a network, inputs `[n, n_0]`, what they make of the outputs' drive,
    /// `[n, n_L]`, and their labels.
    ///
    /// # Panics
    /// When shapes do not fit, or labels are not outputs.
    #[track_caller]
    pub(crate) fn of<'t, T: Number>(
        self,
        network: &Network<'t, T>,
        x: Var<'t, T>,
        logits: Var<'t, T>,
        labels: &[usize],
    ) -> Var<'t, T> {
        match self {
            QueryLoss::CrossEntropy => cross_entropy::loss(logits, labels),
            QueryLoss::Decorrelation => over_hidden(network, x, correlation::loss),
            QueryLoss::Sparseness => over_hidden(network, x, sparseness::loss),
            QueryLoss::WeightNorm => weight_norm::loss(network.states()),
        }
    }

    /// Whether recurrent networks can be scored by it: not where it is of hidden layers.
    #[must_use]
    pub fn scores_recurrent(self) -> bool {
        matches!(self, QueryLoss::CrossEntropy | QueryLoss::WeightNorm)
    }

    /// The same of a recurrent network.
    ///
    /// # Panics
    /// Where it does not [score recurrent networks](Self::scores_recurrent).
    #[track_caller]
    pub(crate) fn of_recurrent<'t, T: Number>(
        self,
        network: &RecurrentNetwork<'t, T>,
        logits: Var<'t, T>,
        labels: &[usize],
    ) -> Var<'t, T> {
        match self {
            QueryLoss::CrossEntropy => cross_entropy::loss(logits, labels),
            QueryLoss::WeightNorm => weight_norm::loss(network.states()),
            QueryLoss::Decorrelation | QueryLoss::Sparseness => {
                panic!("query loss: {self} of a recurrent network")
            }
        }
    }
}

/// The mean over hidden layers of what the activity `[n, n_l]` of each gives; of a network without any, that of
/// the outputs.
fn over_hidden<'t, T: Number>(
    network: &Network<'t, T>,
    x: Var<'t, T>,
    loss: fn(Var<'t, T>) -> Var<'t, T>,
) -> Var<'t, T> {
    let activations = network.forward(x);
    let last = activations.y.len() - 1;
    let layers = match last {
        1 => 1..2,
        _ => 1..last,
    };
    let count = layers.len() as f64;
    let sum = activations.y[layers].iter().map(|&y| loss(y));
    let sum = sum.reduce(|a, b| a + b).expect("a layer");
    sum * (1.0 / count)
}

impl fmt::Display for QueryLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that names no [`QueryLoss`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown query loss `{0}`; choose cross-entropy, decorrelation, sparseness or weight-norm")]
pub struct UnknownQueryLoss(pub String);

impl FromStr for QueryLoss {
    type Err = UnknownQueryLoss;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let mut all = QueryLoss::ALL.into_iter();
        let known = all.find(|loss| loss.name() == name);
        known.ok_or_else(|| UnknownQueryLoss(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_told_all_others() {
        let error = "x".parse::<QueryLoss>().unwrap_err().to_string();
        for loss in QueryLoss::ALL {
            assert_eq!(loss.to_string().parse(), Ok(loss));
            assert!(error.contains(loss.name()), "{error}");
        }
    }
}
