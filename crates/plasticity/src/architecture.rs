//! Architectures: layer sizes and activation.

use thiserror::Error;

use crate::digits::exact;
use crate::names::names;

/// Sharpness β of the softplus used throughout the paper.
pub const BETA: f64 = 10.0;

/// Sizes `n_0..n_L` of a fully connected network, the sharpness β of its softplus units, the scale
/// of its initial weights, and what its outputs do.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    sizes: Vec<usize>,
    beta: f64,
    init_scale: f64,
    output: Output,
}

/// How the last layer's activity comes from its pre-activation.
///
/// `y_L − t`, with a target t, is the gradient by `z_L` of each kind's matching loss: of the
/// cross-entropy for softmax, of half the squared distance for linear outputs, and of
/// `Σ ∫ σ(z) − t dz` for softplus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// `y_L = softmax(z_L)`, as in the paper.
    #[default]
    Softmax,
    /// `y_L = softplus(z_L)`, as in the hidden layers.
    Softplus,
    /// `y_L = z_L`
    Linear,
}

names!(Output, "output", Softmax: "softmax", Softplus: "softplus", Linear: "linear");

/// Errors in building an architecture.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum ArchitectureError {
    /// No weights at all.
    #[error("a network needs at least two layer sizes (inputs and outputs), got {0}")]
    TooFewLayers(usize),
    /// A layer without units.
    #[error("layer {0} has no units; give every layer at least one")]
    EmptyLayer(usize),
    /// A sharpness that makes no softplus.
    #[error("softplus needs a positive, finite β, got {}", exact(*.0))]
    Beta(f64),
    /// A scale of initial weights that leaves none.
    #[error("the scale of the initial weights must be positive and finite, got {}", exact(*.0))]
    InitScale(f64),
}

impl Architecture {
    /// A network with these sizes, inputs first, and β = 10.
    ///
    /// # Errors
    /// When there are fewer than two sizes or one of them is zero.
    pub fn new(sizes: Vec<usize>) -> Result<Self, ArchitectureError> {
        if sizes.len() < 2 {
            return Err(ArchitectureError::TooFewLayers(sizes.len()));
        }
        if let Some(layer) = sizes.iter().position(|&n| n == 0) {
            return Err(ArchitectureError::EmptyLayer(layer));
        }
        Ok(Architecture {
            sizes,
            beta: BETA,
            init_scale: 1.0,
            output: Output::Softmax,
        })
    }

    /// The deep network of the paper: 784-170-130-100-70-47.
    #[must_use]
    pub fn paper() -> Self {
        Architecture {
            sizes: vec![784, 170, 130, 100, 70, 47],
            beta: BETA,
            init_scale: 1.0,
            output: Output::Softmax,
        }
    }

    /// The same sizes with another sharpness.
    ///
    /// # Errors
    /// When `beta` is not positive and finite.
    pub fn with_beta(self, beta: f64) -> Result<Self, ArchitectureError> {
        if beta > 0.0 && beta.is_finite() {
            Ok(Architecture { beta, ..self })
        } else {
            Err(ArchitectureError::Beta(beta))
        }
    }

    /// The same network, whose initial forward weights are to be multiplied by `scale`.
    ///
    /// # Errors
    /// When `scale` is not positive and finite.
    pub fn with_init_scale(self, scale: f64) -> Result<Self, ArchitectureError> {
        if scale > 0.0 && scale.is_finite() {
            Ok(Architecture {
                init_scale: scale,
                ..self
            })
        } else {
            Err(ArchitectureError::InitScale(scale))
        }
    }

    /// The same network with another kind of outputs.
    #[must_use]
    pub fn with_output(self, output: Output) -> Self {
        Architecture { output, ..self }
    }

    /// What the last layer's units do.
    #[must_use]
    pub fn output(&self) -> Output {
        self.output
    }

    /// By what the initial forward weights are multiplied; 1 unless chosen otherwise.
    #[must_use]
    pub fn init_scale(&self) -> f64 {
        self.init_scale
    }

    /// `n_0..n_L`.
    #[must_use]
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// Number of inputs, `n_0`.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.sizes[0]
    }

    /// Number of outputs, `n_L`.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.sizes[self.layers()]
    }

    /// Number of weight matrices, L.
    #[must_use]
    pub fn layers(&self) -> usize {
        self.sizes.len() - 1
    }

    /// β of the softplus units.
    #[must_use]
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// The shape `[n_l, n_(l−1)]` of each layer's weights, first layer first.
    #[must_use]
    pub fn shapes(&self) -> Vec<[usize; 2]> {
        let pairs = self.sizes.windows(2);
        pairs.map(|pair| [pair[1], pair[0]]).collect()
    }

    /// Number of weights in all layers.
    #[must_use]
    pub fn weights(&self) -> usize {
        self.sizes.windows(2).map(|pair| pair[0] * pair[1]).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paper_network_has_its_weights() {
        assert_eq!(Architecture::paper().weights(), 178_670);
    }

    #[test]
    fn impossible_ones_are_refused() {
        assert_eq!(
            Architecture::new(vec![3]),
            Err(ArchitectureError::TooFewLayers(1))
        );
        assert_eq!(
            Architecture::new(vec![3, 0, 2]),
            Err(ArchitectureError::EmptyLayer(1))
        );
        assert!(Architecture::paper().with_beta(f64::NAN).is_err());
        assert!(Architecture::paper().with_init_scale(0.0).is_err());
        assert_eq!(Architecture::paper().init_scale(), 1.0);
        assert!("sigmoid".parse::<Output>().is_err());
        for kind in Output::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
    }
}
