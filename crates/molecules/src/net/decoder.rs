//! The decoder: all bonds at once, then the atoms given the bonds.

use metaplast_autodiff::{Var, concat};
use metaplast_tensor::{Random, Scalar, Tensor};

use super::layers::{LEAK, affine, affine_with_feedback, glorot};
use crate::placed::{KINDS, ORDERS};

/// The sizes of a decoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecoderShape {
    /// Numbers that come in: the latent vector and what it is conditioned on.
    pub inputs: usize,
    /// Widths of the dense layers before the one that makes H.
    pub hidden: Vec<usize>,
    /// Places of a graph, n.
    pub places: usize,
    /// Numbers for each place and order in H, over which two places' vectors are multiplied.
    pub inner: usize,
}

impl DecoderShape {
    /// That of the release: dense layers of 2, 4 and 8 times the latent size, 8 inner numbers.
    #[must_use]
    pub fn as_released(places: usize, latent: usize, conditions: usize) -> Self {
        DecoderShape {
            inputs: latent + conditions,
            hidden: vec![2 * latent, 4 * latent, 8 * latent],
            places,
            inner: 8,
        }
    }

    /// Inputs and outputs of each dense layer: the hidden ones, that of H, that of the atoms.
    fn layers(&self) -> Vec<(usize, usize)> {
        let n = self.places;
        let mut widths = vec![self.inputs];
        widths.extend(&self.hidden);
        widths.push(n * ORDERS * self.inner);
        let mut layers: Vec<_> = widths.windows(2).map(|w| (w[0], w[1])).collect();
        layers.push((self.inputs + n * n * ORDERS, n * KINDS));
        layers
    }

    /// Shapes of the parameters: weights `[out, in]` and biases `[out]` of each layer in turn.
    #[must_use]
    pub fn parameter_shapes(&self) -> Vec<Vec<usize>> {
        let shapes = |(inputs, outputs)| [vec![outputs, inputs], vec![outputs]];
        self.layers().into_iter().flat_map(shapes).collect()
    }

    /// Random parameters, uniform by Glorot & Bengio 2010.
    #[must_use]
    pub fn draw<T: Scalar>(&self, random: &mut Random) -> Vec<Tensor<T>> {
        let layers = self.layers().into_iter();
        layers
            .flat_map(|(inputs, outputs)| glorot(inputs, outputs, random))
            .collect()
    }
}

/// What a decoder gives: logits.
#[derive(Clone, Copy, Debug)]
pub struct Decoded<'t, T: Scalar> {
    /// Of kinds, `[batch, n, KINDS]`.
    pub atoms: Var<'t, T>,
    /// Of bond orders, `[batch, n, n, ORDERS]`, symmetric in the places.
    pub bonds: Var<'t, T>,
}

/// Decodes rows `[batch, inputs]` with parameters in the order of
/// [`DecoderShape::parameter_shapes`].
///
/// ```text
/// H = leaky dense layers of z, (n, ORDERS, inner)
/// W_ijk = leaky(Σ_c H_ikc H_jkc),  f = leaky(dense(z, softmax_k W))
/// ```
///
/// # Panics
/// When the number of parameters or a shape does not fit.
#[must_use]
#[track_caller]
pub fn decode<'t, T: Scalar>(
    shape: &DecoderShape,
    parameters: &[Var<'t, T>],
    z: Var<'t, T>,
) -> Decoded<'t, T> {
    decode_with_feedback(shape, parameters, &[], z)
}

/// [`decode`], in which errors travel back through the matrices `feedback` instead of the weights: one
/// for each dense layer, of the shape of its weights `[out, in]`, or none at all for the gradient. The
/// product of H with itself has no weights, and keeps its own derivative.
///
/// # Panics
/// As [`decode`].
#[must_use]
#[track_caller]
pub fn decode_with_feedback<'t, T: Scalar>(
    shape: &DecoderShape,
    parameters: &[Var<'t, T>],
    feedback: &[Var<'t, T>],
    z: Var<'t, T>,
) -> Decoded<'t, T> {
    decode_observed(shape, parameters, feedback, z).0
}

/// What a dense layer of the decoder does: its input, what comes of it before rectification, and its
/// output, each `[batch, …]`.
#[derive(Clone, Copy)]
pub(crate) struct DenseActivity<'t, T: Scalar> {
    pub(crate) input: Var<'t, T>,
    pub(crate) affine: Var<'t, T>,
    pub(crate) output: Var<'t, T>,
}

/// [`decode_with_feedback`] with each dense layer's activity.
pub(crate) fn decode_observed<'t, T: Scalar>(
    shape: &DecoderShape,
    parameters: &[Var<'t, T>],
    feedback: &[Var<'t, T>],
    z: Var<'t, T>,
) -> (Decoded<'t, T>, Vec<DenseActivity<'t, T>>) {
    let layers = shape.hidden.len() + 2;
    assert!(
        parameters.len() == 2 * layers && (feedback.is_empty() || feedback.len() == layers),
        "decode: {} parameters and {} feedback matrices for {layers} layers",
        parameters.len(),
        feedback.len()
    );
    let mut activities = Vec::with_capacity(layers);
    let mut dense = |layer: usize, x: Var<'t, T>| {
        let (w, b) = (parameters[2 * layer], parameters[2 * layer + 1]);
        let y = match feedback.get(layer) {
            Some(&back) => affine_with_feedback(x, w, b, back),
            None => affine(x, w, b),
        };
        let output = y.leaky_relu(LEAK);
        activities.push(DenseActivity {
            input: x,
            affine: y,
            output,
        });
        output
    };
    let n = shape.places;
    let batch = z.shape().dims()[0];
    let h = (0..layers - 1).fold(z, |h, layer| dense(layer, h));
    let h = h
        .reshape([batch, n, ORDERS, shape.inner])
        .permute(&[0, 2, 1, 3]);
    let bonds = h
        .matmul_transposed(h)
        .leaky_relu(LEAK)
        .permute(&[0, 2, 3, 1]);
    let known = concat(&[z, bonds.softmax().reshape([batch, n * n * ORDERS])], 1);
    let atoms = dense(layers - 1, known).reshape([batch, n, KINDS]);
    (Decoded { atoms, bonds }, activities)
}
