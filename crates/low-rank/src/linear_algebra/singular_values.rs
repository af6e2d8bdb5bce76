//! The singular value decomposition by one-sided Jacobi rotations (Hestenes, *Inversion of matrices by
//! biorthogonalization and related results*, 1958), which finds small singular values to high relative
//! accuracy.

use metaplast_numbers::sorting::sort_by;
use metaplast_tensor::Tensor;
use metaplast_tensor::kernels::dot;

/// Sweeps over all pairs of rows after which rounding alone is left; about eight are needed.
const MOST_SWEEPS: usize = 60;

/// The singular value decomposition of a matrix of shape `[p, q]`, `A = Σ_k σ_k u_k v_kᵀ` with k below
/// min(p, q).
///
/// ```
/// use metaplast_low_rank::linear_algebra::SingularValues;
/// use metaplast_tensor::tensor;
///
/// let of = SingularValues::of(&tensor![[3.0, 0.0], [0.0, -4.0], [0.0, 0.0]]);
/// assert_eq!(of.values(), [4.0, 3.0]);
/// assert_eq!(of.rank(), 2);
/// let inverse = of.regularised_inverse(0.0);
/// assert_eq!(inverse, tensor![[1.0 / 3.0, 0.0, 0.0], [0.0, -0.25, 0.0]]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SingularValues {
    /// Descending.
    values: Vec<f64>,
    /// `u_k` as rows, `[min(p, q), p]`.
    left: Tensor<f64>,
    /// `v_k` as rows, `[min(p, q), q]`.
    right: Tensor<f64>,
}

impl SingularValues {
    /// Of a matrix.
    ///
    /// # Panics
    /// When it is not of rank 2.
    #[must_use]
    #[track_caller]
    pub fn of(matrix: &Tensor<f64>) -> Self {
        let &[p, q] = matrix.dims() else {
            panic!(
                "singular values: shape {} is not that of a matrix",
                matrix.shape()
            );
        };
        if p <= q {
            Self::of_wide(matrix.clone())
        } else {
            let turned = Self::of_wide(matrix.transpose());
            SingularValues {
                values: turned.values,
                left: turned.right,
                right: turned.left,
            }
        }
    }

    /// Rotates pairs of rows until all are orthogonal: `J A = G`, so that `A = Jᵀ G`.
    fn of_wide(mut rows: Tensor<f64>) -> Self {
        let [p, q] = [rows.dims()[0], rows.dims()[1]];
        let mut rotations = Tensor::<f64>::eye(p);
        for _ in 0..MOST_SWEEPS {
            let mut rotated = false;
            for i in 0..p {
                for j in i + 1..p {
                    let (a, b) = (rows.row(i), rows.row(j));
                    let (aa, bb, ab) = (dot(a, a), dot(b, b), dot(a, b));
                    if ab == 0.0 || ab.abs() <= f64::EPSILON * (aa * bb).sqrt() || !ab.is_finite() {
                        continue;
                    }
                    rotated = true;
                    let zeta = (bb - aa) / (2.0 * ab);
                    let tangent = zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
                    let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
                    let sine = cosine * tangent;
                    rotate(rows.data_mut(), q, (i, j), (cosine, sine));
                    rotate(rotations.data_mut(), p, (i, j), (cosine, sine));
                }
            }
            if !rotated {
                break;
            }
        }
        let norms: Vec<f64> = rows.rows().map(|row| dot(row, row).sqrt()).collect();
        let mut order: Vec<usize> = (0..p).collect();
        sort_by(&mut order, |&i, &j| norms[j].total_cmp(&norms[i]));
        let mut right = rows.index_select(0, &order);
        let values: Vec<f64> = order.iter().map(|&k| norms[k]).collect();
        for (k, &value) in values.iter().enumerate() {
            if value > 0.0 {
                right.row_mut(k).iter_mut().for_each(|x| *x /= value);
            }
        }
        SingularValues {
            values,
            left: rotations.index_select(0, &order),
            right,
        }
    }

    /// The singular values, descending.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// How many singular values are above rounding: above `max(p, q) ε σ_1`.
    #[must_use]
    pub fn rank(&self) -> usize {
        let longest = self.left.dims()[1].max(self.right.dims()[1]) as f64;
        let largest = self.values.first().copied().unwrap_or(0.0);
        let least = longest * f64::EPSILON * largest;
        self.values
            .iter()
            .take_while(|&&value| value > least)
            .count()
    }

    /// The right singular vectors of the first `count` singular values as rows, `[count, q]`.
    ///
    /// # Panics
    /// When there are not as many.
    #[must_use]
    #[track_caller]
    pub fn right_vectors(&self, count: usize) -> Tensor<f64> {
        self.right.narrow(0, 0..count)
    }

    /// `Aᵀ (A Aᵀ + λ I)⁻¹`, shape `[q, p]`; of λ = 0 the Moore–Penrose inverse `A⁺`, in which singular
    /// values at the level of rounding count as zero.
    ///
    /// # Panics
    /// When λ is negative.
    #[must_use]
    #[track_caller]
    pub fn regularised_inverse(&self, lambda: f64) -> Tensor<f64> {
        assert!(
            lambda >= 0.0,
            "regularised inverse: λ = {lambda} is negative"
        );
        self.transposed_with(|value| value / (value * value + lambda))
    }

    /// `U Vᵀ` over the singular values above rounding, shape `[p, q]`: the matrix with orthonormal rows,
    /// or columns, that is nearest to `A` (its polar factor).
    #[must_use]
    pub fn polar_factor(&self) -> Tensor<f64> {
        self.transposed_with(|_| 1.0).transpose()
    }

    /// `Σ_k f(σ_k) v_k u_kᵀ` over the singular values above rounding.
    fn transposed_with(&self, f: impl Fn(f64) -> f64) -> Tensor<f64> {
        let rank = self.rank();
        let mut scaled = self.right.narrow(0, 0..rank);
        for (k, &value) in self.values[..rank].iter().enumerate() {
            let factor = f(value);
            scaled.row_mut(k).iter_mut().for_each(|x| *x *= factor);
        }
        super::product_tn(&scaled, &self.left.narrow(0, 0..rank))
    }
}

/// Rows i and j of a matrix with `width` columns: `(c a − s b, s a + c b)`.
fn rotate(data: &mut [f64], width: usize, (i, j): (usize, usize), (cosine, sine): (f64, f64)) {
    let (above, below) = data.split_at_mut(j * width);
    let a = above[i * width..][..width].iter_mut();
    for (a, b) in a.zip(&mut below[..width]) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
}
