//! One matrix per layer.

use metaplast_tensor::{Scalar, Tensor};
use rand::{Rng, RngExt};

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

impl<T: Scalar> Pathway<T> {
    /// Fresh random weights, uniform in ±√(6/(n_(l−1) + n_l)) (Glorot & Bengio 2010).
    ///
    /// The numbers are rounded to `f32` whatever `T` is, so that runs in both precisions start alike.
    pub fn uniform<R: Rng>(architecture: &Architecture, rng: &mut R) -> Self {
        let pairs = architecture.sizes().windows(2);
        Self::draw(pairs.map(|pair| (pair[0], pair[1])), rng)
    }

    /// Fresh random matrices from the outputs to every layer below, for
    /// [direct feedback](crate::Feedback::Direct), uniform in ±√(6/(n_(l−1) + n_L)).
    pub fn uniform_direct<R: Rng>(architecture: &Architecture, rng: &mut R) -> Self {
        let layers = architecture.sizes()[..architecture.layers()].iter();
        Self::draw(layers.map(|&n| (n, architecture.outputs())), rng)
    }

    fn draw<R: Rng>(sizes: impl Iterator<Item = (usize, usize)>, rng: &mut R) -> Self {
        let by_input = sizes
            .map(|(inputs, outputs)| {
                let limit = (6.0 / (inputs + outputs) as f64).sqrt() as f32;
                let draws = (0..inputs * outputs).map(|_| {
                    let unit: f32 = rng.random();
                    T::from_f64(f64::from(limit * (2.0 * unit - 1.0)))
                });
                Tensor::new([inputs, outputs], draws.collect())
            })
            .collect();
        Pathway { by_input }
    }

    /// Every weight times `scale`.
    pub fn scaled(mut self, scale: T) -> Self {
        for w in &mut self.by_input {
            w.data_mut().iter_mut().for_each(|w| *w *= scale);
        }
        self
    }

    /// From matrices of shape `[n_l, n_(l−1)]`, first layer first.
    ///
    /// # Panics
    /// When a matrix is not of rank 2, or one layer's outputs are not the next one's inputs.
    #[track_caller]
    pub fn from_matrices(matrices: &[Tensor<T>]) -> Self {
        for pair in matrices.windows(2) {
            assert!(
                pair[0].dims()[0] == pair[1].dims()[1],
                "pathway: matrix of shape {} followed by one of shape {}",
                pair[0].shape(),
                pair[1].shape()
            );
        }
        Pathway {
            by_input: matrices.iter().map(Tensor::transpose).collect(),
        }
    }

    /// Matrices from the outputs to every layer below, `[n_L, n_(l−1)]` for l = 1..L, for
    /// [direct feedback](crate::Feedback::Direct).
    ///
    /// # Panics
    /// When a matrix is not of rank 2, or they do not have the same number of rows.
    #[track_caller]
    pub fn from_direct_matrices(matrices: &[Tensor<T>]) -> Self {
        for pair in matrices.windows(2) {
            assert!(
                pair[0].dims()[0] == pair[1].dims()[0],
                "pathway: direct matrix of shape {} followed by one of shape {}",
                pair[0].shape(),
                pair[1].shape()
            );
        }
        Pathway {
            by_input: matrices.iter().map(Tensor::transpose).collect(),
        }
    }

    pub(crate) fn from_transposed(by_input: Vec<Tensor<T>>) -> Self {
        Pathway { by_input }
    }

    /// The matrices in the paper's shape `[n_l, n_(l−1)]`, first layer first.
    pub fn matrices(&self) -> Vec<Tensor<T>> {
        self.by_input.iter().map(Tensor::transpose).collect()
    }

    /// The matrices as kept, `[n_(l−1), n_l]`, first layer first.
    pub fn transposed(&self) -> &[Tensor<T>] {
        &self.by_input
    }

    /// The matrices as they are kept, without a copy; see [`transposed`](Self::transposed).
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
    pub fn norms(&self) -> Vec<f64> {
        let norm = |w: &Tensor<T>| -> f64 {
            let squares = w.data().iter().map(|w| w.to_f64() * w.to_f64());
            squares.sum::<f64>().sqrt()
        };
        self.by_input.iter().map(norm).collect()
    }

    /// Panics, naming the layer and both shapes, unless the matrices fit the architecture.
    #[track_caller]
    pub(crate) fn check(&self, architecture: &Architecture) {
        self.check_rows(architecture, |l| architecture.sizes()[l + 1]);
    }

    /// The same for matrices from the outputs to every layer below.
    #[track_caller]
    pub(crate) fn check_direct(&self, architecture: &Architecture) {
        self.check_rows(architecture, |_| architecture.outputs());
    }

    #[track_caller]
    fn check_rows(&self, architecture: &Architecture, rows: impl Fn(usize) -> usize) {
        let sizes = architecture.sizes();
        assert_eq!(
            self.by_input.len(),
            architecture.layers(),
            "pathway: {} matrices for sizes {sizes:?}",
            self.by_input.len()
        );
        for (l, w) in self.by_input.iter().enumerate() {
            assert!(
                w.dims() == [sizes[l], rows(l)],
                "pathway: layer {} needs shape [{}, {}], got [{}, {}]",
                l + 1,
                rows(l),
                sizes[l],
                w.dims()[1],
                w.dims()[0]
            );
        }
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
