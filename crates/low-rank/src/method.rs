//! Methods: how the factors change in one step.

use std::fmt;

use metaplast_tensor::Tensor;

use crate::factors::Factors;
use crate::linear_algebra::{SingularValues, product_nt, product_tn};
use crate::problem::FactorisationProblem;

/// How the factors change in one step, with `E = Y − Z W` from before it unless said otherwise, the step
/// size η, and the backward matrix B, `[n, r]`.
///
/// The last six are candidates for *FA\**, the variant that Garg & Vempala prove to converge through
/// alignment. Its formula is not in their abstract, which is all that we could read, so none of them is
/// called theirs.
///
/// ```
/// use metaplast_low_rank::FactorisationMethod;
///
/// assert_eq!(FactorisationMethod::default(), FactorisationMethod::LeastSquares);
/// let ridge = FactorisationMethod::Ridge { lambda: 0.1 };
/// assert_eq!(ridge.to_string(), "ridge, λ = 0.1");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum FactorisationMethod {
    /// Gradient descent: `Z += η E Wᵀ`, `W += η Zᵀ E`, both from the old values.
    GradientDescent,
    /// Feedback alignment: `Z += η E Wᵀ`, `W += η Bᵀ E`, both from the old values.
    FeedbackAlignment,
    /// `W += η Bᵀ E`, then `Z = Y W⁺`; Z is fitted to W from the start.
    #[default]
    LeastSquares,
    /// As often as said `Z += η E Wᵀ` with E of its own time, then `W += η Bᵀ E`.
    FastReadout {
        /// Steps of Z for each step of W.
        steps: usize,
    },
    /// `W += η Bᵀ E`, then `Z += η E Wᵀ` with the new W and its E.
    Sequential,
    /// [`LeastSquares`](Self::LeastSquares), with W replaced by the nearest matrix with orthonormal rows
    /// (its polar factor) before Z is fitted, and at the start.
    Orthonormal,
    /// [`LeastSquares`](Self::LeastSquares) with `Z = Y Wᵀ (W Wᵀ + λ I)⁻¹`.
    Ridge {
        /// λ
        lambda: f64,
    },
    /// Feedback alignment with `Z` and `W` multiplied by `1 − η λ` first.
    WeightDecay {
        /// λ
        lambda: f64,
    },
}

impl FactorisationMethod {
    /// All of them, with the parameters of the published golden numbers.
    pub const ALL: [FactorisationMethod; 8] = [
        FactorisationMethod::GradientDescent,
        FactorisationMethod::FeedbackAlignment,
        FactorisationMethod::LeastSquares,
        FactorisationMethod::FastReadout { steps: 5 },
        FactorisationMethod::Sequential,
        FactorisationMethod::Orthonormal,
        FactorisationMethod::Ridge { lambda: 0.1 },
        FactorisationMethod::WeightDecay { lambda: 0.01 },
    ];

    /// The decay λ of weights, of which each step takes the part η λ; 0 unless the method is
    /// [`WeightDecay`](Self::WeightDecay).
    #[must_use]
    pub fn decay(self) -> f64 {
        match self {
            FactorisationMethod::WeightDecay { lambda } => lambda,
            _ => 0.0,
        }
    }

    /// What the method makes of the factors before the first step.
    #[must_use]
    pub fn prepare(self, problem: &impl FactorisationProblem, factors: Factors) -> Factors {
        match self {
            FactorisationMethod::LeastSquares => fitted(problem, factors.representation, 0.0),
            FactorisationMethod::Ridge { lambda } => {
                fitted(problem, factors.representation, lambda)
            }
            FactorisationMethod::Orthonormal => {
                fitted(problem, orthonormal(&factors.representation), 0.0)
            }
            _ => factors,
        }
    }

    /// The factors after one step of size η; `residual` is the problem's for `factors`.
    ///
    /// # Panics
    /// When shapes do not fit.
    #[must_use]
    #[track_caller]
    pub fn step(
        self,
        problem: &impl FactorisationProblem,
        factors: &Factors,
        residual: &Tensor<f64>,
        backward: &Tensor<f64>,
        eta: f64,
    ) -> Factors {
        let Factors {
            readout: z,
            representation: w,
        } = factors;
        // Z + η E Wᵀ, and W + η (its teaching signal).
        let read = |z: &Tensor<f64>, e: &Tensor<f64>, w: &Tensor<f64>| z + product_nt(e, w) * eta;
        let learned = |through: &Tensor<f64>, e| w + product_tn(through, e) * eta;
        match self {
            FactorisationMethod::GradientDescent => {
                Factors::new(read(z, residual, w), learned(z, residual))
            }
            FactorisationMethod::FeedbackAlignment => {
                Factors::new(read(z, residual, w), learned(backward, residual))
            }
            FactorisationMethod::WeightDecay { lambda } => {
                let kept = 1.0 - eta * lambda;
                Factors::new(
                    z * kept + product_nt(residual, w) * eta,
                    w * kept + product_tn(backward, residual) * eta,
                )
            }
            FactorisationMethod::Sequential => {
                let between = Factors::new(z.clone(), learned(backward, residual));
                let residual = problem.residual(&between);
                let z = read(z, &residual, &between.representation);
                Factors::new(z, between.representation)
            }
            FactorisationMethod::FastReadout { steps } => {
                let mut between = factors.clone();
                let mut residual = residual.clone();
                for _ in 0..steps {
                    between.readout = read(&between.readout, &residual, w);
                    residual = problem.residual(&between);
                }
                Factors::new(between.readout, learned(backward, &residual))
            }
            FactorisationMethod::LeastSquares => fitted(problem, learned(backward, residual), 0.0),
            FactorisationMethod::Ridge { lambda } => {
                fitted(problem, learned(backward, residual), lambda)
            }
            FactorisationMethod::Orthonormal => {
                fitted(problem, orthonormal(&learned(backward, residual)), 0.0)
            }
        }
    }
}

/// A representation with its best readout.
fn fitted(
    problem: &impl FactorisationProblem,
    representation: Tensor<f64>,
    lambda: f64,
) -> Factors {
    let readout = problem.best_readout(&representation, lambda);
    Factors::new(readout, representation)
}

fn orthonormal(w: &Tensor<f64>) -> Tensor<f64> {
    SingularValues::of(w).polar_factor()
}

impl fmt::Display for FactorisationMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FactorisationMethod::GradientDescent => f.pad("gradient descent"),
            FactorisationMethod::FeedbackAlignment => f.pad("feedback alignment"),
            FactorisationMethod::LeastSquares => f.pad("least squares"),
            FactorisationMethod::FastReadout { steps } => write!(f, "fast readout, {steps} steps"),
            FactorisationMethod::Sequential => f.pad("sequential"),
            FactorisationMethod::Orthonormal => f.pad("orthonormal"),
            FactorisationMethod::Ridge { lambda } => write!(f, "ridge, λ = {lambda}"),
            FactorisationMethod::WeightDecay { lambda } => write!(f, "weight decay, λ = {lambda}"),
        }
    }
}
