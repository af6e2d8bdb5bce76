//! Layer sizes and activation.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

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

impl Output {
    /// Every kind, in the order shown to users.
    pub const ALL: [Output; 3] = [Output::Softmax, Output::Softplus, Output::Linear];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Output::Softmax => "softmax",
            Output::Softplus => "softplus",
            Output::Linear => "linear",
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that stands for no [`Output`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown output `{0}`; choose softmax, softplus or linear")]
pub struct UnknownOutput(pub String);

impl FromStr for Output {
    type Err = UnknownOutput;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let mut kinds = Output::ALL.into_iter();
        let kind = kinds.find(|kind| kind.name() == name);
        kind.ok_or_else(|| UnknownOutput(name.to_owned()))
    }
}

/// Why an architecture cannot be.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ArchitectureError {
    /// No weights at all.
    #[error("a network needs at least two layer sizes (inputs and outputs), got {0}")]
    TooFewLayers(usize),
    /// A layer without units.
    #[error("layer {0} has no units; give every layer at least one")]
    EmptyLayer(usize),
    /// A sharpness that makes no softplus.
    #[error("softplus needs a positive, finite β, got {0}")]
    Beta(f64),
    /// A scale of initial weights that leaves none.
    #[error("the scale of the initial weights must be positive and finite, got {0}")]
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
    pub fn with_output(self, output: Output) -> Self {
        Architecture { output, ..self }
    }

    /// What the last layer's units do.
    pub fn output(&self) -> Output {
        self.output
    }

    /// By what the initial forward weights are multiplied; 1 unless chosen otherwise.
    pub fn init_scale(&self) -> f64 {
        self.init_scale
    }

    /// `n_0..n_L`.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// Number of inputs, `n_0`.
    pub fn inputs(&self) -> usize {
        self.sizes[0]
    }

    /// Number of outputs, `n_L`.
    pub fn outputs(&self) -> usize {
        self.sizes[self.layers()]
    }

    /// Number of weight matrices, L.
    pub fn layers(&self) -> usize {
        self.sizes.len() - 1
    }

    /// β of the softplus units.
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// Number of weights in all layers.
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
