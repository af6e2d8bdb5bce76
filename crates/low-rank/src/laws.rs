//! Laws that hold at every step, exactly.
//!
//! Both sides of each are kept apart, so that they can be drawn on each other.

use metaplast_tensor::Tensor;

use crate::factorisation::Factorisation;
use crate::linear_algebra::{RowSpace, gram, product_nt, product_tn};
use crate::problem::{FactorisationProblem, TargetMatrix};

/// The law of feedback alignment with a fixed B (F1), an identity of `[r, r]` matrices:
///
/// ```text
/// W Wᵀ − Bᵀ Z − Zᵀ B = its start + η² Σ_s Bᵀ E_s E_sᵀ B
/// ```
///
/// Its trace says that alignment is forced: `2 tr(Bᵀ Z) = ‖W‖² + const − η² Σ ‖Bᵀ E_s‖²`.
///
/// ```
/// # use metaplast_low_rank::{Factorisation, FactorisationMethod, Factors, TargetMatrix, random_backward};
/// use metaplast_low_rank::AlignmentLaw;
/// # let mut random = metaplast_tensor::Random::new(1);
/// # let target = TargetMatrix::diagonal(&[1.0, 0.5, 0.2]);
/// # let b = random_backward(3, 2, &mut random);
/// # let start = Factors::random([3, 3], 2, 0.5, &mut random);
///
/// let method = FactorisationMethod::FeedbackAlignment;
/// let mut run = Factorisation::new(&target, method, 0.1, start, b);
/// let mut law = AlignmentLaw::of(&run);
/// for _ in 0..100 {
///     law.before_step(&run);
///     run.step();
/// }
/// assert!((law.weights(&run) - law.history()).norm() < 1e-13);
/// ```
#[derive(Clone, Debug)]
pub struct AlignmentLaw {
    history: Tensor<f64>,
}

impl AlignmentLaw {
    /// Of a run of feedback alignment, from the present step on.
    #[must_use]
    pub fn of<P: FactorisationProblem>(run: &Factorisation<'_, P>) -> Self {
        AlignmentLaw {
            history: alignment(run),
        }
    }

    /// Takes the coming step's part of the right side.
    pub fn before_step<P: FactorisationProblem>(&mut self, run: &Factorisation<'_, P>) {
        let signal = product_tn(run.backward(), run.residual());
        self.history += &(gram(&signal) * (run.eta() * run.eta()));
    }

    /// The left side, from the present weights.
    #[must_use]
    pub fn weights<P: FactorisationProblem>(&self, run: &Factorisation<'_, P>) -> Tensor<f64> {
        alignment(run)
    }

    /// The right side, from the start and the errors of all steps.
    #[must_use]
    pub fn history(&self) -> &Tensor<f64> {
        &self.history
    }
}

/// `W Wᵀ − Bᵀ Z − Zᵀ B`
fn alignment<P: FactorisationProblem>(run: &Factorisation<'_, P>) -> Tensor<f64> {
    let aligned = product_tn(run.backward(), &run.factors().readout);
    gram(&run.factors().representation) - &aligned - aligned.transpose()
}

/// The law of gradient descent (F1), an identity of `[r, r]` matrices:
///
/// ```text
/// W Wᵀ − Zᵀ Z = its start + η² Σ_s (Z_sᵀ E_s E_sᵀ Z_s − W_s E_sᵀ E_s W_sᵀ)
/// ```
///
/// In the limit of small steps the left side is constant: the layers stay balanced.
#[derive(Clone, Debug)]
pub struct BalanceLaw {
    history: Tensor<f64>,
}

impl BalanceLaw {
    /// Of a run of gradient descent, from the present step on.
    #[must_use]
    pub fn of<P: FactorisationProblem>(run: &Factorisation<'_, P>) -> Self {
        BalanceLaw {
            history: balance(run),
        }
    }

    /// Takes the coming step's part of the right side.
    pub fn before_step<P: FactorisationProblem>(&mut self, run: &Factorisation<'_, P>) {
        let factors = run.factors();
        let representation = product_tn(&factors.readout, run.residual());
        let readout = product_nt(&factors.representation, run.residual());
        let difference = gram(&representation) - gram(&readout);
        self.history += &(difference * (run.eta() * run.eta()));
    }

    /// The left side, from the present weights.
    #[must_use]
    pub fn weights<P: FactorisationProblem>(&self, run: &Factorisation<'_, P>) -> Tensor<f64> {
        balance(run)
    }

    /// The right side, from the start and the errors of all steps.
    #[must_use]
    pub fn history(&self) -> &Tensor<f64> {
        &self.history
    }
}

/// `W Wᵀ − Zᵀ Z`
fn balance<P: FactorisationProblem>(run: &Factorisation<'_, P>) -> Tensor<f64> {
    let z = &run.factors().readout;
    gram(&run.factors().representation) - product_tn(z, z)
}

/// The two laws of [`LeastSquares`](crate::FactorisationMethod::LeastSquares) with a fixed B (F7), which
/// are why it converges. With `C = Bᵀ Y` and P the projector on W's rows,
///
/// ```text
/// W Wᵀ = its start + η² Σ_s Bᵀ E_s E_sᵀ B
/// C Wᵀ = its start + η Σ_s C (I − P_s) Cᵀ
/// ```
///
/// and `C Wᵀ = (Bᵀ Z)(W Wᵀ)` at every step. The second grows by positive semidefinite matrices until
/// W's rows hold those of C.
#[derive(Clone, Debug)]
pub struct LeastSquaresLaws {
    compressed: Tensor<f64>,
    norms: Tensor<f64>,
    overlaps: Tensor<f64>,
}

impl LeastSquaresLaws {
    /// Of a run by least squares on this target, from the present step on.
    #[must_use]
    pub fn of(target: &TargetMatrix, run: &Factorisation<'_, TargetMatrix>) -> Self {
        let compressed = product_tn(run.backward(), target.matrix());
        let w = &run.factors().representation;
        LeastSquaresLaws {
            norms: gram(w),
            overlaps: product_nt(&compressed, w),
            compressed,
        }
    }

    /// Takes the coming step's part of the right sides.
    pub fn before_step(&mut self, run: &Factorisation<'_, TargetMatrix>) {
        let eta = run.eta();
        let signal = product_tn(run.backward(), run.residual());
        self.norms += &(gram(&signal) * (eta * eta));
        self.overlaps += &(self.missing(run) * eta);
    }

    /// `C (I − P) Cᵀ`, what W's rows do not hold of those of C.
    #[must_use]
    pub fn missing(&self, run: &Factorisation<'_, TargetMatrix>) -> Tensor<f64> {
        let held = RowSpace::of(&run.factors().representation).project(&self.compressed);
        gram(&(&self.compressed - held))
    }

    /// The right sides: of `W Wᵀ` and of `C Wᵀ`.
    #[must_use]
    pub fn history(&self) -> [&Tensor<f64>; 2] {
        [&self.norms, &self.overlaps]
    }

    /// The left sides, `W Wᵀ` and `C Wᵀ`.
    #[must_use]
    pub fn weights(&self, run: &Factorisation<'_, TargetMatrix>) -> [Tensor<f64>; 2] {
        let w = &run.factors().representation;
        [gram(w), product_nt(&self.compressed, w)]
    }

    /// `(Bᵀ Z)(W Wᵀ)`, which is `C Wᵀ`.
    #[must_use]
    pub fn aligned(&self, run: &Factorisation<'_, TargetMatrix>) -> Tensor<f64> {
        let factors = run.factors();
        product_tn(run.backward(), &factors.readout).matmul(&gram(&factors.representation))
    }
}

/// The angle ϑ between W and C after a time t = η·steps of least squares with r = 1 and `‖W‖ = 1`, in the
/// limit of small steps: `tan(ϑ/2) = tan(ϑ₀/2) e^(−‖C‖ t)`, in radians.
///
/// ```
/// use metaplast_low_rank::angle_after;
///
/// assert!((angle_after(1.0, 2.0, 0.0) - 1.0).abs() < 1e-15);
/// assert!(angle_after(3.0, 2.0, 10.0) < 1e-6);
/// ```
#[must_use]
pub fn angle_after(start: f64, norm: f64, time: f64) -> f64 {
    2.0 * ((start / 2.0).tan() * (-norm * time).exp()).atan()
}
