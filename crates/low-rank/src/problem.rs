//! What is to be learned: a matrix, or a linear function on a full batch of inputs.

use metaplast_tensor::{Random, Tensor};

use crate::factors::Factors;
use crate::linear_algebra::{SingularValues, product_nt};

/// A least-squares problem in the product of two [factors](Factors).
///
/// It asks for `E`, minus the gradient of half the error with respect to the product `Z W`; all
/// [methods](crate::FactorisationMethod) are made of that.
pub trait FactorisationProblem {
    /// n and m: Z has n rows, W has m columns.
    fn extents(&self) -> [usize; 2];

    /// E, `[n, m]`: that minus the gradients are `E Wᵀ` for Z and `Zᵀ E` for W.
    fn residual(&self, factors: &Factors) -> Tensor<f64>;

    /// The squared error of these factors, whose [`residual`](Self::residual) is given.
    fn error(&self, factors: &Factors, residual: &Tensor<f64>) -> f64;

    /// The readout with the least `error + λ‖Z‖²` for a representation W, `[n, r]`; for λ = 0 the one of
    /// least norm among the best.
    fn best_readout(&self, representation: &Tensor<f64>, lambda: f64) -> Tensor<f64>;
}

/// A matrix Y, `[n, m]`, that is to be factorised: loss `½‖Y − Z W‖²`, error `‖Y − Z W‖²`.
///
/// ```
/// use metaplast_low_rank::TargetMatrix;
///
/// let target = TargetMatrix::diagonal(&[3.0, 2.0, 1.0]);
/// assert_eq!(target.rank(), 3);
/// assert_eq!(target.least_error(1), 5.0); // 2² + 1²
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TargetMatrix {
    matrix: Tensor<f64>,
    decomposed: SingularValues,
}

impl TargetMatrix {
    /// This one.
    ///
    /// # Panics
    /// When it is not of rank 2.
    #[must_use]
    #[track_caller]
    pub fn new(matrix: Tensor<f64>) -> Self {
        let decomposed = SingularValues::of(&matrix);
        TargetMatrix { matrix, decomposed }
    }

    /// The square matrix with these numbers on its diagonal.
    #[must_use]
    pub fn diagonal(values: &[f64]) -> Self {
        let n = values.len();
        Self::new(Tensor::from_fn([n, n], |at| {
            if at[0] == at[1] { values[at[0]] } else { 0.0 }
        }))
    }

    /// `U diag(σ) Vᵀ` with these singular values, and with U, `[n, k]`, and V, `[m, k]`, uniform among the
    /// matrices with orthonormal columns (the polar factors of normal matrices).
    ///
    /// # Panics
    /// When there are more singular values than min(n, m).
    #[must_use]
    #[track_caller]
    pub fn random([n, m]: [usize; 2], singular_values: &[f64], random: &mut Random) -> Self {
        let k = singular_values.len();
        assert!(
            k <= n.min(m),
            "target matrix: {k} singular values of [{n}, {m}]"
        );
        let mut orthonormal =
            |rows| SingularValues::of(&Tensor::normal([rows, k], 0.0, 1.0, random)).polar_factor();
        let (mut left, right) = (orthonormal(n), orthonormal(m));
        for row in left.data_mut().chunks_mut(k) {
            row.iter_mut()
                .zip(singular_values)
                .for_each(|(x, s)| *x *= s);
        }
        Self::new(product_nt(&left, &right))
    }

    /// Y.
    #[must_use]
    pub fn matrix(&self) -> &Tensor<f64> {
        &self.matrix
    }

    /// Its singular values, descending.
    #[must_use]
    pub fn singular_values(&self) -> &[f64] {
        self.decomposed.values()
    }

    /// Its rank, up to rounding.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.decomposed.rank()
    }

    /// The least error of any factors with this inner dimension r, `Σ_(k>r) σ_k²` (Eckart & Young 1936).
    #[must_use]
    pub fn least_error(&self, inner: usize) -> f64 {
        let rest = self.singular_values().iter().skip(inner);
        rest.map(|value| value * value).sum()
    }

    /// The first `count` right singular vectors as rows, `[count, m]`: the rows of the best
    /// representation span the same space.
    ///
    /// # Panics
    /// When there are not as many.
    #[must_use]
    #[track_caller]
    pub fn right_vectors(&self, count: usize) -> Tensor<f64> {
        self.decomposed.right_vectors(count)
    }
}

impl FactorisationProblem for TargetMatrix {
    fn extents(&self) -> [usize; 2] {
        [self.matrix.dims()[0], self.matrix.dims()[1]]
    }

    /// `Y − Z W`
    fn residual(&self, factors: &Factors) -> Tensor<f64> {
        &self.matrix - factors.product()
    }

    /// `‖Y − Z W‖²`
    fn error(&self, _: &Factors, residual: &Tensor<f64>) -> f64 {
        residual.dot(residual)
    }

    /// `Y Wᵀ (W Wᵀ + λ I)⁻¹`
    fn best_readout(&self, representation: &Tensor<f64>, lambda: f64) -> Tensor<f64> {
        let inverse = SingularValues::of(representation).regularised_inverse(lambda);
        self.matrix.matmul(&inverse)
    }
}

/// A full batch of N samples for the two-layer linear network `x ↦ Z W x`: inputs X, `[m, N]`, and
/// targets T, `[n, N]`, one sample a column. Error: `‖T − Z W X‖²/N`.
///
/// With [isotropic](Self::isotropic) inputs, `X Xᵀ/N = I`, and targets `Y X`, E is that of the matrix Y: the
/// two problems have the same iterates.
///
/// ```
/// use metaplast_low_rank::{FactorisationProblem, Factors, InputBatch, TargetMatrix};
/// use metaplast_tensor::Random;
///
/// let mut random = Random::new(1);
/// let target = TargetMatrix::diagonal(&[2.0, 1.0]);
/// let batch = InputBatch::isotropic(&target, 12, &mut random);
/// let factors = Factors::random([2, 2], 1, 1.0, &mut random);
/// let difference = batch.residual(&factors) - target.residual(&factors);
/// assert!(difference.norm() < 1e-14);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct InputBatch {
    inputs: Tensor<f64>,
    targets: Tensor<f64>,
}

impl InputBatch {
    /// These inputs X, `[m, N]`, and targets T, `[n, N]`.
    ///
    /// # Panics
    /// When they are not matrices of one number of samples.
    #[must_use]
    #[track_caller]
    pub fn new(inputs: Tensor<f64>, targets: Tensor<f64>) -> Self {
        let fit = match (inputs.dims(), targets.dims()) {
            (&[_, samples], &[_, others]) => samples == others,
            _ => false,
        };
        assert!(
            fit,
            "input batch: inputs of shape {}, targets of shape {}",
            inputs.shape(),
            targets.shape()
        );
        InputBatch { inputs, targets }
    }

    /// Random inputs with `X Xᵀ/N = I`, √N times the polar factor of a normal matrix, and targets `Y X`.
    ///
    /// # Panics
    /// When there are fewer samples than columns of Y.
    #[must_use]
    #[track_caller]
    pub fn isotropic(target: &TargetMatrix, samples: usize, random: &mut Random) -> Self {
        let [_, m] = target.extents();
        assert!(
            samples >= m,
            "isotropic inputs: {samples} samples of {m} numbers"
        );
        let normal = Tensor::normal([m, samples], 0.0, 1.0, random);
        let inputs = SingularValues::of(&normal).polar_factor() * (samples as f64).sqrt();
        let targets = target.matrix().matmul(&inputs);
        Self::new(inputs, targets)
    }

    /// X, `[m, N]`.
    #[must_use]
    pub fn inputs(&self) -> &Tensor<f64> {
        &self.inputs
    }

    /// T, `[n, N]`.
    #[must_use]
    pub fn targets(&self) -> &Tensor<f64> {
        &self.targets
    }

    /// N.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.inputs.dims()[1]
    }

    /// `T − Z W X`, `[n, N]`.
    fn differences(&self, factors: &Factors) -> Tensor<f64> {
        let hidden = factors.representation.matmul(&self.inputs);
        &self.targets - factors.readout.matmul(&hidden)
    }
}

impl FactorisationProblem for InputBatch {
    fn extents(&self) -> [usize; 2] {
        [self.targets.dims()[0], self.inputs.dims()[0]]
    }

    /// `(T − Z W X) Xᵀ/N`
    fn residual(&self, factors: &Factors) -> Tensor<f64> {
        product_nt(&self.differences(factors), &self.inputs) / self.samples() as f64
    }

    /// `‖T − Z W X‖²/N`
    fn error(&self, factors: &Factors, _: &Tensor<f64>) -> f64 {
        let differences = self.differences(factors);
        differences.dot(&differences) / self.samples() as f64
    }

    /// `T Hᵀ (H Hᵀ + N λ I)⁻¹` with `H = W X`
    fn best_readout(&self, representation: &Tensor<f64>, lambda: f64) -> Tensor<f64> {
        let hidden = representation.matmul(&self.inputs);
        let lambda = lambda * self.samples() as f64;
        let inverse = SingularValues::of(&hidden).regularised_inverse(lambda);
        self.targets.matmul(&inverse)
    }
}
