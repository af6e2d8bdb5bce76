//! Parts: the operations of which blocks are usually made.

use metaplast_autodiff::{Convolution, Var};
use metaplast_tensor::{Scalar, Shape, Tensor};

use super::Activation;

/// One operation of a [`Block`](super::Block).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Part<T: Scalar> {
    /// `x Wᵀ + b` on rows `[batch, in]`.
    Linear {
        /// `[out, in]`
        weights: Tensor<T>,
        /// `[out]`
        bias: Option<Tensor<T>>,
    },
    /// The cross-correlation of images `[batch, channels, height, width]` with a kernel.
    Convolution {
        /// `[out, channels / groups, rows, columns]`
        kernel: Tensor<T>,
        /// `[out]`
        bias: Option<Tensor<T>>,
        /// Stride, border, dilation, groups.
        how: Convolution,
    },
    /// The greatest element of square windows beside each other; what remains at the ends is dropped.
    MaxPool(usize),
    /// `[batch, …]` to `[batch, product]`, row-major: channel, row, column.
    Flatten,
    /// An elementwise function.
    Activation(Activation),
}

impl<T: Scalar> From<Activation> for Part<T> {
    fn from(activation: Activation) -> Self {
        Part::Activation(activation)
    }
}

impl<T: Scalar> Part<T> {
    /// Its parameters, moved out, and what is left.
    pub(super) fn split(self) -> (Vec<Tensor<T>>, Operation) {
        match self {
            Part::Linear { weights, bias } => {
                let shape = weights.shape().clone();
                let (biased, parameters) = with_bias(weights, bias);
                (parameters, Operation::Linear { shape, biased })
            }
            Part::Convolution { kernel, bias, how } => {
                let shape = kernel.shape().clone();
                let (biased, parameters) = with_bias(kernel, bias);
                (parameters, Operation::Convolution { shape, biased, how })
            }
            Part::MaxPool(window) => (Vec::new(), Operation::MaxPool(window)),
            Part::Flatten => (Vec::new(), Operation::Flatten),
            Part::Activation(activation) => (Vec::new(), Operation::Activation(activation)),
        }
    }
}

fn with_bias<T: Scalar>(weights: Tensor<T>, bias: Option<Tensor<T>>) -> (bool, Vec<Tensor<T>>) {
    let biased = bias.is_some();
    (biased, std::iter::once(weights).chain(bias).collect())
}

/// A part without its parameters.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    Linear {
        shape: Shape,
        biased: bool,
    },
    Convolution {
        shape: Shape,
        biased: bool,
        how: Convolution,
    },
    MaxPool(usize),
    Flatten,
    Activation(Activation),
}

impl Operation {
    /// Records the part; takes its parameters from the front of the list.
    pub(super) fn record<'t, T: Scalar>(
        &self,
        x: Var<'t, T>,
        parameters: &mut std::slice::Iter<'_, Var<'t, T>>,
    ) -> Var<'t, T> {
        let mut next = || *parameters.next().expect("as many as were split off");
        match self {
            Operation::Linear { biased, .. } => {
                let z = x.matmul_transposed(next());
                if *biased { z + next() } else { z }
            }
            Operation::Convolution { biased, how, shape } => {
                let z = x.conv2d_with(next(), *how);
                match *biased {
                    true => z + next().reshape([shape.dims()[0], 1, 1]),
                    false => z,
                }
            }
            Operation::MaxPool(window) => x.max_pool2d([*window; 2], [*window; 2]),
            Operation::Flatten => {
                let shape = x.shape();
                let rows = shape.dims()[0];
                x.reshape([rows, shape.dims()[1..].iter().product()])
            }
            Operation::Activation(activation) => activation.record(x),
        }
    }

    /// What it takes instead, if an input of this shape does not fit.
    pub(super) fn accepts(&self, input: &Shape) -> Result<(), String> {
        let dims = input.dims();
        match self {
            Operation::Linear { shape, .. } => match *dims {
                [_, width] if width == shape.dims()[1] => Ok(()),
                _ => Err(format!("rows of {} numbers", shape.dims()[1])),
            },
            Operation::Convolution { shape, .. } => match *dims {
                [_, _, _, _] => Ok(()),
                _ => Err(format!("images for a kernel of shape {shape}")),
            },
            Operation::MaxPool(window) => match *dims {
                [_, _, height, width] if height.min(width) >= *window => Ok(()),
                _ => Err(format!("images of at least {window} × {window}")),
            },
            Operation::Flatten | Operation::Activation(_) => Ok(()),
        }
    }
}
