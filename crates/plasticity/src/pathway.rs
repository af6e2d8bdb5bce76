//! Pathways: one matrix per layer.

use metaplast_tensor::{Scalar, Tensor};
use rand::{Rng, RngExt};
use thiserror::Error;

use crate::architecture::Architecture;

/// The matrices of all layers: forward weights `W_1..W_L` or feedback weights `B_1..B_L`.
///
/// They are kept input-major, as `W_lᵀ` of shape `[n_(l−1), n_l]`: a silent input then leaves out a
/// whole row in the forward product and in the update. [`matrices`](Pathway::matrices) and
/// [`from_matrices`](Pathway::from_matrices) use the paper's shape `[n_l, n_(l−1)]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pathway<T: Scalar> {
    by_input: Vec<Tensor<T>>,
}

/// Matrices that are not those of a pathway.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PathwayError {
    /// More or fewer than are needed.
    #[error("{needed} matrices needed, got {got}")]
    Count {
        /// How many are needed.
        needed: usize,
        /// How many there are.
        got: usize,
    },
    /// One of another shape, `[rows, columns]` as the paper writes it.
    #[error("layer {layer} needs shape {needed:?}, got {got:?}")]
    Shape {
        /// The layer, from 1.
        layer: usize,
        /// The shape that it needs.
        needed: [usize; 2],
        /// Its shape.
        got: Vec<usize>,
    },
}

impl<T: Scalar> Pathway<T> {
    /// Fresh random weights, uniform in ±√(6/(n_(l−1) + n_l)) (Glorot & Bengio 2010).
    ///
    /// The numbers are rounded to `f32` whatever `T` is, so that runs in both precisions start alike.
    #[must_use]
    pub fn uniform(architecture: &Architecture, rng: &mut dyn Rng) -> Self {
        Self::uniform_of(&architecture.shapes(), rng)
    }

    /// Fresh random matrices of these shapes, `[rows, columns]` as the paper writes them, uniform in
    /// ±√(6/(rows + columns)) and rounded as those of [`uniform`](Self::uniform).
    #[must_use]
    pub fn uniform_of(shapes: &[[usize; 2]], rng: &mut dyn Rng) -> Self {
        let draw = |&[outputs, inputs]: &[usize; 2]| {
            let limit = (6.0 / (inputs + outputs) as f64).sqrt() as f32;
            let draws = (0..inputs * outputs).map(|_| {
                let unit: f32 = rng.random();
                T::from_f64(f64::from(limit * (2.0 * unit - 1.0)))
            });
            Tensor::new([inputs, outputs], draws.collect())
        };
        Pathway {
            by_input: shapes.iter().map(draw).collect(),
        }
    }

    /// Zeros in these shapes, `[rows, columns]` as the paper writes them.
    #[must_use]
    pub fn zeros(shapes: &[[usize; 2]]) -> Self {
        let zeros = |&[rows, columns]: &[usize; 2]| Tensor::zeros([columns, rows]);
        Pathway {
            by_input: shapes.iter().map(zeros).collect(),
        }
    }

    /// No matrices at all, for [feedback](crate::Feedback) that needs none of its own.
    #[must_use]
    pub fn none() -> Self {
        Pathway {
            by_input: Vec::new(),
        }
    }

    /// Every weight times `scale`.
    #[must_use]
    pub fn scaled(mut self, scale: T) -> Self {
        for w in &mut self.by_input {
            w.data_mut().iter_mut().for_each(|w| *w *= scale);
        }
        self
    }

    /// From matrices as the paper writes them: of shape `[n_l, n_(l−1)]`, first layer first, or
    /// whatever a feedback pathway has (see [`Feedback::shapes`](crate::Feedback::shapes)). Whether
    /// they fit is asked where they are used.
    ///
    /// # Panics
    /// When a matrix is not of rank 2.
    #[track_caller]
    #[must_use]
    pub fn from_matrices(matrices: &[Tensor<T>]) -> Self {
        Pathway {
            by_input: matrices.iter().map(Tensor::transpose).collect(),
        }
    }

    /// From the matrices as they are kept, `[n_(l−1), n_l]`, first layer first, without a copy: the inverse of
    /// [`into_transposed`](Self::into_transposed).
    ///
    /// # Panics
    /// When a matrix is not of rank 2.
    #[track_caller]
    #[must_use]
    pub fn from_transposed(by_input: Vec<Tensor<T>>) -> Self {
        for matrix in &by_input {
            let rank = matrix.dims().len();
            assert!(
                rank == 2,
                "from_transposed: shape {} is not that of a matrix",
                matrix.shape()
            );
        }
        Pathway { by_input }
    }

    /// The matrices in the paper's shape `[n_l, n_(l−1)]`, first layer first.
    pub fn matrices(&self) -> Vec<Tensor<T>> {
        self.by_input.iter().map(Tensor::transpose).collect()
    }

    /// The matrices as kept, `[n_(l−1), n_l]`, first layer first.
    #[must_use]
    pub fn transposed(&self) -> &[Tensor<T>] {
        &self.by_input
    }

    /// The matrices as they are kept, without a copy; see [`transposed`](Self::transposed).
    #[must_use]
    pub fn into_transposed(self) -> Vec<Tensor<T>> {
        self.by_input
    }

    /// The same numbers in another precision.
    pub fn cast<U: Scalar>(&self) -> Pathway<U> {
        Pathway {
            by_input: self.by_input.iter().map(Tensor::cast).collect(),
        }
    }

    /// Frobenius norm of each layer's matrix, in f64.
    #[must_use]
    pub fn norms(&self) -> Vec<f64> {
        let norm = |w: &Tensor<T>| -> f64 {
            let squares = w.data().iter().map(|w| w.to_f64() * w.to_f64());
            squares.sum::<f64>().sqrt()
        };
        self.by_input.iter().map(norm).collect()
    }

    /// Whether the matrices have these shapes, `[rows, columns]` as the paper writes them.
    ///
    /// ```
    /// use metaplast_plasticity::Pathway;
    ///
    /// let zeros = Pathway::<f32>::zeros(&[[5, 4], [3, 5]]);
    /// assert!(zeros.check(&[[5, 4], [3, 5]]).is_ok());
    /// let error = zeros.check(&[[5, 4], [2, 5]]).unwrap_err().to_string();
    /// assert_eq!(error, "layer 2 needs shape [2, 5], got [3, 5]");
    /// ```
    ///
    /// # Errors
    /// With the first that has not.
    pub fn check(&self, shapes: &[[usize; 2]]) -> Result<(), PathwayError> {
        if self.by_input.len() != shapes.len() {
            return Err(PathwayError::Count {
                needed: shapes.len(),
                got: self.by_input.len(),
            });
        }
        for (layer, (w, &needed)) in (1..).zip(self.by_input.iter().zip(shapes)) {
            let [rows, columns] = needed;
            if w.dims() != [columns, rows] {
                let got = w.dims().iter().rev().copied().collect();
                return Err(PathwayError::Shape { layer, needed, got });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::Xoshiro256PlusPlus;

    use super::*;

    #[test]
    fn both_precisions_start_alike_and_within_the_limit() {
        let architecture = Architecture::new(vec![20, 10, 5]).unwrap();
        let wide =
            Pathway::<f64>::uniform(&architecture, &mut Xoshiro256PlusPlus::seed_from_u64(3));
        let narrow =
            Pathway::<f32>::uniform(&architecture, &mut Xoshiro256PlusPlus::seed_from_u64(3));
        assert_eq!(wide, narrow.cast());
        let limit = (6.0f64 / 30.0).sqrt();
        let largest = wide.transposed()[0]
            .data()
            .iter()
            .fold(0.0f64, |m, w| m.max(w.abs()));
        assert!(largest <= limit + 1e-7 && largest > 0.9 * limit);
    }

    #[test]
    fn matrices_have_the_papers_shape() {
        let architecture = Architecture::new(vec![4, 3, 2]).unwrap();
        let w = Pathway::<f64>::uniform(&architecture, &mut Xoshiro256PlusPlus::seed_from_u64(1));
        assert_eq!(w.matrices()[0].dims(), [3, 4]);
        assert_eq!(Pathway::from_matrices(&w.matrices()), w);
        assert_eq!(w.clone().scaled(1.0), w);
        let twice = w.clone().scaled(2.0);
        assert_eq!(
            twice.matrices()[1].data()[0],
            2.0 * w.matrices()[1].data()[0]
        );
    }
}
