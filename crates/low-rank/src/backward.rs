//! The backward matrix B: how it is made, and how it may learn.

use std::fmt;

use metaplast_tensor::{Random, Tensor};

use crate::factors::Factors;
use crate::linear_algebra::{product_nt, product_tn};
use crate::problem::TargetMatrix;

/// A random backward matrix `[n, r]` of independent normal entries with variance 1/n.
#[must_use]
pub fn random_backward(n: usize, inner: usize, random: &mut Random) -> Tensor<f64> {
    Tensor::normal([n, inner], 0.0, 1.0 / (n as f64).sqrt(), random)
}

/// `(Y Yᵀ)^q B`, scaled to the norm of B: q steps of the power method, which turn B towards the leading
/// left singular vectors of Y (Halko, Martinsson & Tropp, *Finding structure with randomness*, 2011,
/// §4.5).
///
/// ```
/// use metaplast_low_rank::{TargetMatrix, power_sketch};
/// use metaplast_tensor::tensor;
///
/// let target = TargetMatrix::diagonal(&[1.0, 0.1]);
/// let b = power_sketch(&target, &tensor![[1.0], [1.0]], 1);
/// assert!((b[[1, 0]] / b[[0, 0]] - 0.01).abs() < 1e-15);
/// ```
///
/// # Panics
/// When B does not have as many rows as Y.
#[must_use]
#[track_caller]
pub fn power_sketch(target: &TargetMatrix, backward: &Tensor<f64>, q: usize) -> Tensor<f64> {
    let norm = backward.norm();
    let mut sketch = backward.clone();
    for _ in 0..q {
        sketch = through_covariance(target, &sketch);
        let scale = norm / sketch.norm();
        sketch *= scale;
    }
    sketch
}

/// `Y Yᵀ B`
fn through_covariance(target: &TargetMatrix, backward: &Tensor<f64>) -> Tensor<f64> {
    let y = target.matrix();
    y.matmul(&product_tn(y, backward))
}

/// How the backward matrix changes between two steps of the factors.
///
/// The laws F1 and F2 are of a fixed B.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum BackwardLearning {
    /// Not at all: feedback alignment (Lillicrap et al. 2016).
    #[default]
    Fixed,
    /// `B ← (1 − ρ) B + ρ (Z ξ) ξᵀ` with fresh signs `ξ_k = ±1` in each step: a running mean of Z, seen
    /// through noise (weight mirror, Akrout et al. 2019).
    WeightMirror {
        /// ρ
        rate: f64,
    },
    /// `B ← (1 − η λ) B + η E Wᵀ`: what the method does to Z in the same step, with the method's
    /// [decay](crate::FactorisationMethod::decay) λ, under which `Z − B` shrinks by `1 − η λ` a step
    /// (Kolen & Pollack 1994; Akrout et al. 2019). Without decay the difference stays.
    KolenPollack,
    /// `B ← B + ρ (C B − B Bᵀ C B)` with the targets' covariance `C = Y Yᵀ`: Oja's subspace rule, under
    /// which B comes to span the leading left singular vectors of Y (Oja 1989). It sees neither factor.
    Oja {
        /// ρ; stable while `ρ σ₁²` is well below 1.
        rate: f64,
        /// Y.
        target: Box<TargetMatrix>,
    },
}

/// What a step of the factors leaves for the backward matrix to learn from.
pub(crate) struct BackwardStep<'a> {
    pub(crate) before: &'a Factors,
    pub(crate) residual: &'a Tensor<f64>,
    pub(crate) after: &'a Factors,
    pub(crate) eta: f64,
    pub(crate) decay: f64,
}

impl BackwardLearning {
    /// B after a step of the factors.
    pub(crate) fn apply(
        &self,
        backward: &mut Tensor<f64>,
        step: &BackwardStep<'_>,
        noise: &mut Random,
    ) {
        match self {
            BackwardLearning::Fixed => {}
            BackwardLearning::WeightMirror { rate } => {
                let inner = step.after.inner();
                let sign = |_: &[usize]| if noise.below(2) == 0 { 1.0 } else { -1.0 };
                let xi = Tensor::from_fn([inner], sign);
                let answers = step.after.readout.matvec(&xi);
                *backward *= 1.0 - rate;
                *backward += &(answers.outer(&xi) * *rate);
            }
            BackwardLearning::KolenPollack => {
                let change = product_nt(step.residual, &step.before.representation) * step.eta;
                *backward *= 1.0 - step.eta * step.decay;
                *backward += &change;
            }
            BackwardLearning::Oja { rate, target } => {
                let seen = through_covariance(target, backward);
                let kept = backward.matmul(&product_tn(backward, &seen));
                *backward += &((seen - kept) * *rate);
            }
        }
    }
}

impl fmt::Display for BackwardLearning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            BackwardLearning::Fixed => "fixed",
            BackwardLearning::WeightMirror { .. } => "weight mirror",
            BackwardLearning::KolenPollack => "Kolen–Pollack",
            BackwardLearning::Oja { .. } => "Oja",
        })
    }
}
