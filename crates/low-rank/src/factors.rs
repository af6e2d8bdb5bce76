//! The two factors that are learned.

use metaplast_tensor::{Random, Tensor};

/// The readout Z, `[n, r]`, and the representation W, `[r, m]`: the product `Z W` is to become Y.
///
/// As a two-layer linear network, W is the first layer of weights and Z the second.
#[derive(Clone, Debug, PartialEq)]
pub struct Factors {
    /// Z, `[n, r]`.
    pub readout: Tensor<f64>,
    /// W, `[r, m]`.
    pub representation: Tensor<f64>,
}

impl Factors {
    /// These.
    ///
    /// # Panics
    /// When they are not two matrices with a product.
    #[must_use]
    #[track_caller]
    pub fn new(readout: Tensor<f64>, representation: Tensor<f64>) -> Self {
        let fit = match (readout.dims(), representation.dims()) {
            (&[_, r], &[inner, _]) => r == inner,
            _ => false,
        };
        assert!(
            fit,
            "factors: readout of shape {}, representation of shape {}",
            readout.shape(),
            representation.shape()
        );
        Factors {
            readout,
            representation,
        }
    }

    /// Independent normal entries of standard deviation `init/√n`: Z `[n, rank]`, W `[rank, m]`.
    #[must_use]
    pub fn random([n, m]: [usize; 2], rank: usize, init: f64, random: &mut Random) -> Self {
        let spread = init / (n as f64).sqrt();
        let readout = Tensor::normal([n, rank], 0.0, spread, random);
        Factors::new(readout, Tensor::normal([rank, m], 0.0, spread, random))
    }

    /// Zeros: Z `[n, rank]`, W `[rank, m]`.
    #[must_use]
    pub fn zeros([n, m]: [usize; 2], rank: usize) -> Self {
        Factors::new(Tensor::zeros([n, rank]), Tensor::zeros([rank, m]))
    }

    /// r, the number of columns of Z and of rows of W.
    #[must_use]
    pub fn inner(&self) -> usize {
        self.readout.dims()[1]
    }

    /// `Z W`, `[n, m]`.
    #[must_use]
    pub fn product(&self) -> Tensor<f64> {
        self.readout.matmul(&self.representation)
    }
}
