//! Symmetric tensors of the plane.

use metaplast_tensor::Scalar;
use metaplast_tensor::special::atan2;

/// A symmetric tensor of the plane, `[[xx, xy], [xy, yy]]`.
///
/// ```
/// use metaplast_search::permeability::PermeabilityTensor;
///
/// let k = PermeabilityTensor { xx: 2.0, xy: 1.0, yy: 2.0 };
/// assert_eq!(k.principal().0, [3.0, 1.0]);
/// assert!((k.principal().1 - 45f64.to_radians()).abs() < 1e-15);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PermeabilityTensor {
    /// Along the first axis.
    pub xx: f64,
    /// Between the axes.
    pub xy: f64,
    /// Along the second axis.
    pub yy: f64,
}

impl PermeabilityTensor {
    /// The same in all directions.
    #[must_use]
    pub fn isotropic(k: f64) -> Self {
        PermeabilityTensor {
            xx: k,
            xy: 0.0,
            yy: k,
        }
    }

    /// From the principal values, and the angle of the first one's direction to the first axis.
    #[must_use]
    pub fn from_principal([first, second]: [f64; 2], angle: f64) -> Self {
        let (s, c) = (Scalar::sin(angle), Scalar::cos(angle));
        PermeabilityTensor {
            xx: first * c * c + second * s * s,
            xy: (first - second) * s * c,
            yy: first * s * s + second * c * c,
        }
    }

    /// The principal values, the greater first, and the angle of its direction to the first axis, within ±90°.
    #[must_use]
    pub fn principal(&self) -> ([f64; 2], f64) {
        let (middle, half) = ((self.xx + self.yy) / 2.0, (self.xx - self.yy) / 2.0);
        let radius = (half * half + self.xy * self.xy).sqrt();
        let angle = atan2(self.xy, half) / 2.0;
        ([middle + radius, middle - radius], angle)
    }

    /// `xx yy − xy²`; positive, like `xx`, exactly if the tensor is positive definite.
    #[must_use]
    pub fn determinant(&self) -> f64 {
        self.xx * self.yy - self.xy * self.xy
    }

    /// Whether it is positive definite.
    #[must_use]
    pub fn is_positive_definite(&self) -> bool {
        self.xx > 0.0 && self.determinant() > 0.0
    }

    /// The tensor times a vector.
    #[must_use]
    pub fn times(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [self.xx * x + self.xy * y, self.xy * x + self.yy * y]
    }

    /// `|K − K₀|/|K₀|`, Frobenius norms.
    #[must_use]
    pub fn relative_error(&self, truth: &PermeabilityTensor) -> f64 {
        let norm = |xx: f64, xy: f64, yy: f64| (xx * xx + 2.0 * xy * xy + yy * yy).sqrt();
        norm(self.xx - truth.xx, self.xy - truth.xy, self.yy - truth.yy)
            / norm(truth.xx, truth.xy, truth.yy)
    }

    /// `[ln L₁₁, ln L₂₂, L₂₁/L₁₁]` of the Cholesky factor L, `L Lᵀ = K`.
    ///
    /// # Panics
    /// When it is not positive definite.
    #[must_use]
    #[track_caller]
    pub fn factor(&self) -> [f64; 3] {
        assert!(
            self.is_positive_definite(),
            "permeability tensor: {self:?} is not positive definite"
        );
        let second = self.determinant() / self.xx;
        [
            Scalar::ln(self.xx) / 2.0,
            Scalar::ln(second) / 2.0,
            self.xy / self.xx,
        ]
    }

    /// The inverse of [`factor`](Self::factor): positive definite, whatever the three numbers.
    #[must_use]
    pub fn from_factor([first, second, slope]: [f64; 3]) -> Self {
        let xx = Scalar::exp(2.0 * first);
        PermeabilityTensor {
            xx,
            xy: slope * xx,
            yy: slope * slope * xx + Scalar::exp(2.0 * second),
        }
    }
}
