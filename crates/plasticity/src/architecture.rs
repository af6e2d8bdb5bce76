//! Architectures: layer sizes and activation.

use std::fmt;
use std::sync::Arc;

use metaplast_autodiff::Var;
use metaplast_tensor::Scalar;
use thiserror::Error;

use crate::activation::Activation;
use crate::connection::Connection;
use crate::digits::exact;
use crate::layers::{LayerDescription, LayersError};
use crate::names::names;

/// Sharpness β of the softplus used throughout the paper.
pub const BETA: f64 = 10.0;

/// Sizes `n_0..n_L` of a network and how its layers are connected, the activation of its hidden units, the
/// scale of its initial weights, and what its outputs do.
///
/// ```
/// use metaplast_plasticity::Architecture;
///
/// let small = Architecture::parse("28x28x1 conv5x8 pool2 dense100 47")?;
/// assert_eq!(small.sizes(), [784, 24 * 24 * 8, 100, 47]);
/// assert_eq!(small.image(), Some([28, 28, 1]));
/// // A kernel of 5 × 5, and what 8 channels of 12 × 12 give to 100 units.
/// assert_eq!(small.shapes(), [[8, 25], [100, 1152], [47, 100]]);
/// assert_eq!(small.description(), "28x28x1 conv5x8 pool2 100 47");
/// assert_eq!(Architecture::parse("784,170,47")?, Architecture::new(vec![784, 170, 47])?);
/// let error = Architecture::parse("28x28x1 conv5x8 pool7 47").unwrap_err().to_string();
/// assert!(error.starts_with("word 3, `pool7`: the image below it is 24x24"));
/// # Ok::<(), metaplast_plasticity::ArchitectureError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Architecture {
    sizes: Vec<usize>,
    /// Of a network that has more to it than sizes.
    layers: Option<Arc<LayerDescription>>,
    activation: Activation,
    beta: f64,
    init_scale: f64,
    output: Output,
    /// Of recurrent units.
    leak: f64,
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
    /// A description of layers with a wrong word.
    #[error(transparent)]
    Layers(#[from] LayersError),
    /// A sharpness that makes no softplus.
    #[error("softplus needs a positive, finite β, got {}", exact(*.0))]
    Beta(f64),
    /// A scale of initial weights that leaves none.
    #[error("the scale of the initial weights must be positive and finite, got {}", exact(*.0))]
    InitScale(f64),
    /// A leak that is none.
    #[error("the leak must be above 0 and at most 1, got {}", exact(*.0))]
    Leak(f64),
    /// A leak of units that keep nothing.
    #[error(
        "only recurrent units leak; leave the leak out, or write layers like \"28 recurrent64 47\""
    )]
    NoLeak,
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
            layers: None,
            activation: Activation::Softplus,
            beta: BETA,
            init_scale: 1.0,
            output: Output::Softmax,
            leak: 1.0,
        })
    }

    /// The network that a text describes, layer after layer, and β = 10: `784,170,47`, or with an image, kernels
    /// and pooling `28x28x1 conv5x8 pool2 dense100 47`.
    ///
    /// Words stand in a row, with spaces or commas between them. The first is the number of inputs, or an
    /// image of height × width × channels. `conv5x8` is 8 channels of a kernel of 5 × 5 at every place where
    /// it fits as a whole, `conv5x8+2` on an image with a border of zeros, 2 wide on every side, `conv5x8/2` and
    /// `conv5x8+2/2` at every second place along both axes; `pool2` the mean over windows of
    /// 2 × 2, which the next layer sees in the image's place, `maxpool2` the maximum; `dense100` or `100` are units with weights from
    /// everything below; `skip2` behind a hidden layer adds the activity of the layer two below, of the same size.
    ///
    /// `28 recurrent64 47` is a [recurrent network](crate::recurrent) of 28 inputs, 64 units that see their own
    /// past, and 47 outputs: it has three matrices, W_in, W_rec and W_out, and sees an example as a sequence of
    /// 28 elements a step.
    ///
    /// # Errors
    /// With the word that is none or does not fit, or when there are no weights.
    pub fn parse(text: &str) -> Result<Self, ArchitectureError> {
        let layers = LayerDescription::parse(text)?;
        let architecture = Architecture::new(layers.sizes.clone())?;
        let plain = layers.is_fully_connected() && !layers.has_skips();
        Ok(Architecture {
            layers: (!plain).then(|| Arc::new(layers)),
            ..architecture
        })
    }

    /// The deep network of the paper: 784-170-130-100-70-47.
    #[must_use]
    pub fn paper() -> Self {
        Architecture {
            sizes: vec![784, 170, 130, 100, 70, 47],
            layers: None,
            activation: Activation::Softplus,
            beta: BETA,
            init_scale: 1.0,
            output: Output::Softmax,
            leak: 1.0,
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

    /// The same recurrent network whose units keep `1 − leak` of their activity from step to step.
    ///
    /// # Errors
    /// When the leak is not in (0, 1], or the network is not recurrent and the leak not 1.
    pub fn with_leak(self, leak: f64) -> Result<Self, ArchitectureError> {
        match leak > 0.0 && leak <= 1.0 {
            true if leak < 1.0 && !self.is_recurrent() => Err(ArchitectureError::NoLeak),
            true => Ok(Architecture { leak, ..self }),
            false => Err(ArchitectureError::Leak(leak)),
        }
    }

    /// The same network with another kind of outputs.
    #[must_use]
    pub fn with_output(self, output: Output) -> Self {
        Architecture { output, ..self }
    }

    /// The same network with another activation of its hidden units.
    #[must_use]
    pub fn with_activation(self, activation: Activation) -> Self {
        Architecture { activation, ..self }
    }

    /// The activation of hidden units.
    #[must_use]
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// The layers as [`parse`](Self::parse) reads them, in one way to write them: sizes with commas between
    /// them where all layers are fully connected, else words with spaces.
    #[must_use]
    pub fn description(&self) -> String {
        match &self.layers {
            Some(layers) => layers.to_string(),
            None => {
                let sizes: Vec<String> = self.sizes.iter().map(usize::to_string).collect();
                sizes.join(",")
            }
        }
    }

    /// Whether hidden units see their own past.
    #[must_use]
    pub fn is_recurrent(&self) -> bool {
        self.layers
            .as_ref()
            .is_some_and(|layers| layers.is_recurrent())
    }

    /// The leak of recurrent units, see [`with_leak`](Self::with_leak); 1 unless chosen otherwise.
    #[must_use]
    pub fn leak(&self) -> f64 {
        self.leak
    }

    /// Whether every unit has weights of its own from all of the layer below, and from nothing else.
    #[must_use]
    pub fn is_fully_connected(&self) -> bool {
        let layers = self.layers.as_ref();
        layers.is_none_or(|layers| layers.is_fully_connected())
    }

    /// Whether there are layers to whose activity that of one further below is added.
    #[must_use]
    pub fn has_skips(&self) -> bool {
        self.layers
            .as_ref()
            .is_some_and(|layers| layers.has_skips())
    }

    /// The l of the activity `y_l` that is added to that of a layer, counted from 0.
    pub(crate) fn skip(&self, layer: usize) -> Option<usize> {
        self.layers.as_ref()?.skips[layer]
    }

    /// The activity of hidden units for what goes into them.
    pub(crate) fn activate<'t, T: Scalar>(&self, drive: Var<'t, T>) -> Var<'t, T> {
        self.activation.apply(drive, self.beta)
    }

    /// `x ⊙ φ'`, with the slope of hidden units expressed by their activity `y`.
    #[track_caller]
    pub(crate) fn times_slope<'t, T: Scalar>(&self, x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T> {
        self.activation.times_slope(x, y, self.beta)
    }

    /// Height, width and channels of the images that come in, where the description says them.
    #[must_use]
    pub fn image(&self) -> Option<[usize; 3]> {
        self.layers.as_ref()?.image()
    }

    /// How a layer, counted from 0, is connected, where it is not fully.
    pub(crate) fn connection(&self, layer: usize) -> Option<&Connection> {
        self.layers.as_ref()?.connections[layer].as_ref()
    }

    /// At how many places the weights of a layer, counted from 0, are used, where it has a kernel.
    pub(crate) fn places(&self, layer: usize) -> Option<usize> {
        self.connection(layer)?.places()
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

    /// `n_0..n_L`: inputs, and units of each layer with weights; of a convolution those of all places. A recurrent
    /// network has inputs, its hidden units twice, since two matrices lead to them, and outputs.
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

    /// The shape `[n_l, n_(l−1)]` of each layer's weights, first layer first; of a convolution with a kernel of
    /// K × K `[channels, K·K·channels below]`, and behind pooling with the pooled units for `n_(l−1)`.
    #[must_use]
    pub fn shapes(&self) -> Vec<[usize; 2]> {
        let pairs = self.sizes.windows(2).enumerate();
        let shape = |(layer, pair): (usize, &[usize])| match self.connection(layer) {
            Some(connection) => [connection.channels, connection.fan_in],
            None => [pair[1], pair[0]],
        };
        pairs.map(shape).collect()
    }

    /// Number of weights in all layers.
    #[must_use]
    pub fn weights(&self) -> usize {
        self.shapes()
            .iter()
            .map(|[rows, columns]| rows * columns)
            .sum()
    }
}

impl fmt::Debug for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Architecture")
            .field("layers", &self.description())
            .field("activation", &self.activation)
            .field("beta", &self.beta)
            .field("init_scale", &self.init_scale)
            .field("output", &self.output)
            .finish()
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
