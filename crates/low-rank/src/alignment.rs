//! How far forward and backward weights are aligned.

use metaplast_tensor::Tensor;

use crate::factorisation::Factorisation;
use crate::linear_algebra::product_tn;
use crate::problem::FactorisationProblem;

/// A norm below which a signal is rounding, and its direction means nothing.
const LEAST_NORM: f64 = 1e-8;

/// What can be seen of a [`Factorisation`] at one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FactorisationRecord {
    /// Steps made so far.
    pub step: u64,
    /// The squared error.
    pub error: f64,
    /// `⟨B, Z⟩/(‖B‖‖Z‖)`; none where one of the two is 0.
    pub weight_cosine: Option<f64>,
    /// `tr(Bᵀ Z)`
    pub weight_product: f64,
    /// The cosine between the teaching signals `Bᵀ E`, which feedback alignment follows, and `Zᵀ E`, the
    /// gradient's; none where one of them is shorter than 10⁻⁸, which is rounding.
    pub signal_cosine: Option<f64>,
}

impl FactorisationRecord {
    /// Of a factorisation as it stands.
    #[must_use]
    pub fn of<P: FactorisationProblem>(run: &Factorisation<'_, P>) -> Self {
        let (b, z) = (run.backward(), &run.factors().readout);
        let feedback = product_tn(b, run.residual());
        let gradient = product_tn(z, run.residual());
        FactorisationRecord {
            step: run.steps(),
            error: run.error(),
            weight_cosine: cosine(b, z, 0.0),
            weight_product: b.dot(z),
            signal_cosine: cosine(&feedback, &gradient, LEAST_NORM),
        }
    }

    /// The angle between the two teaching signals in degrees.
    #[must_use]
    pub fn signal_angle(&self) -> Option<f64> {
        let cosine = self.signal_cosine?;
        Some(cosine.clamp(-1.0, 1.0).acos().to_degrees())
    }
}

/// The cosine between two matrices; none where one is at most as long as `least`.
fn cosine(a: &Tensor<f64>, b: &Tensor<f64>, least: f64) -> Option<f64> {
    let (long, wide) = (a.norm(), b.norm());
    (long > least && wide > least).then(|| a.dot(b) / (long * wide))
}
