//! The decoder: all bonds at once, then the atoms given the bonds.

use metaplast_autodiff::{Var, concat};
use metaplast_tensor::{Random, Scalar, Tensor};

use super::layers::{LEAK, affine, glorot};
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
    let expected = 2 * (shape.hidden.len() + 2);
    assert!(
        parameters.len() == expected,
        "decode: {} parameters for {expected}",
        parameters.len()
    );
    let (to_bonds, to_atoms) = parameters.split_at(expected - 2);
    let n = shape.places;
    let batch = z.shape().dims()[0];
    let h = to_bonds
        .chunks_exact(2)
        .fold(z, |h, layer| affine(h, layer[0], layer[1]).leaky_relu(LEAK));
    let h = h
        .reshape([batch, n, ORDERS, shape.inner])
        .permute(&[0, 2, 1, 3]);
    let bonds = h
        .matmul_transposed(h)
        .leaky_relu(LEAK)
        .permute(&[0, 2, 3, 1]);
    let known = concat(&[z, bonds.softmax().reshape([batch, n * n * ORDERS])], 1);
    let atoms = affine(known, to_atoms[0], to_atoms[1]).leaky_relu(LEAK);
    Decoded {
        atoms: atoms.reshape([batch, n, KINDS]),
        bonds,
    }
}
