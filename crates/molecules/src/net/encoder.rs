//! The encoder: a dense layer on what is known of a graph, and two more to mean and variance.

use metaplast_autodiff::Var;
use metaplast_tensor::{Random, Scalar, Tensor};

use super::layers::{affine, glorot};

/// What is added to a variance before its root, as in PyTorch's batch normalisation.
const EPSILON: f64 = 1e-5;

/// The sizes of an encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncoderShape {
    /// Numbers that come in.
    pub inputs: usize,
    /// Units of the hidden layer.
    pub hidden: usize,
    /// Numbers of the latent vector.
    pub latent: usize,
    /// Whether inputs and hidden units are normalised over the batch, as in the release.
    pub batch_norm: bool,
}

impl EncoderShape {
    /// Random parameters: weights and biases of the hidden layer, of the mean's and of the logarithmic
    /// variance's; then, with batch normalisation, scales and shifts of inputs and of hidden units.
    #[must_use]
    pub fn draw<T: Scalar>(&self, random: &mut Random) -> Vec<Tensor<T>> {
        let layers = [
            (self.inputs, self.hidden),
            (self.hidden, self.latent),
            (self.hidden, self.latent),
        ];
        let mut parameters: Vec<_> = layers
            .into_iter()
            .flat_map(|(inputs, outputs)| glorot(inputs, outputs, random))
            .collect();
        if self.batch_norm {
            for width in [self.inputs, self.hidden] {
                parameters.extend([Tensor::ones([1, width]), Tensor::zeros([1, width])]);
            }
        }
        parameters
    }
}

/// Mean and variance of inputs and of hidden units, each `[1, width]`.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchStatistics<T: Scalar> {
    /// Mean and variance of the inputs.
    pub inputs: [Tensor<T>; 2],
    /// Mean and variance of the hidden units before rectification.
    pub hidden: [Tensor<T>; 2],
}

/// Whose mean and variance normalise.
#[derive(Clone, Copy)]
enum Normalisation<'a, T: Scalar> {
    /// The batch's own.
    Batch,
    /// Given ones, when the net no longer learns.
    Running(&'a BatchStatistics<T>),
}

/// Mean and logarithmic variance of the latent vectors of rows `[batch, inputs]`, each
/// `[batch, latent]`.
///
/// ```text
/// h = relu(dense(x)),  μ = dense(h),  ln σ² = dense(h)
/// ```
///
/// with batch normalisation of x and of dense(x) where the shape asks for it; then the statistics are
/// those of the batch, or `running` ones if there are any. They come third.
///
/// # Panics
/// When the number of parameters or a shape does not fit.
#[must_use]
#[track_caller]
pub fn encode<'t, T: Scalar>(
    shape: &EncoderShape,
    parameters: &[Var<'t, T>],
    x: Var<'t, T>,
    running: Option<&BatchStatistics<T>>,
) -> (Var<'t, T>, Var<'t, T>, Option<BatchStatistics<T>>) {
    let expected = if shape.batch_norm { 10 } else { 6 };
    assert!(
        parameters.len() == expected,
        "encode: {} parameters for {expected}",
        parameters.len()
    );
    let how = running.map_or(Normalisation::Batch, Normalisation::Running);
    let p = parameters;
    let (h, statistics) = if shape.batch_norm {
        let (x, inputs) = normalised(x, how, |s| &s.inputs, p[6], p[7]);
        let (h, hidden) = normalised(affine(x, p[0], p[1]), how, |s| &s.hidden, p[8], p[9]);
        (h.relu(), Some(BatchStatistics { inputs, hidden }))
    } else {
        (affine(x, p[0], p[1]).relu(), None)
    };
    (affine(h, p[2], p[3]), affine(h, p[4], p[5]), statistics)
}

fn normalised<'t, T: Scalar>(
    x: Var<'t, T>,
    how: Normalisation<'_, T>,
    of: impl Fn(&BatchStatistics<T>) -> &[Tensor<T>; 2],
    scale: Var<'t, T>,
    shift: Var<'t, T>,
) -> (Var<'t, T>, [Tensor<T>; 2]) {
    let (y, statistics) = match how {
        Normalisation::Batch => {
            let (y, mean, variance) = x.batch_norm(EPSILON);
            (y, [mean.value(), variance.value()])
        }
        Normalisation::Running(running) => {
            let [mean, variance] = of(running).clone();
            let deviation = variance.map(|v| (v + T::from_f64(EPSILON)).sqrt());
            let tape = x.tape();
            let y = (x - tape.constant(&mean)) / tape.constant(&deviation);
            (y, [mean, variance])
        }
    };
    (y * scale + shift, statistics)
}
