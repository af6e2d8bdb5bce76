//! Layers: functions of an input and of parameters of their own, each differentiated by itself.
//!
//! | type | function |
//! |---|---|
//! | [`Dense`] | `σ(g W φ(x) + b)` on rows, on the matrix kernels |
//! | [`Block`] | a list of [`Part`]s, or any closure over [`Var`](metaplast_autodiff::Var)s, on a tape of its own |
//! | [`Skip`] | `x + f(x)` of another layer |
//!
//! No derivative crosses from one layer to the next but through [`Layer::vjp`], so that whatever a
//! method does with errors and beliefs is local by construction.

mod activation;
mod block;
mod dense;
mod part;
pub(crate) mod probe;
mod skip;

use std::fmt;

use metaplast_tensor::{Scalar, Shape, Tensor};

pub use activation::Activation;
pub use block::Block;
pub use dense::Dense;
pub use part::Part;
pub use skip::Skip;

/// Which vector-Jacobian products follow a [`forward`](Layer::forward).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Those by the input alone.
    Input,
    /// Those by the parameters alone.
    Parameters,
    /// Those by both.
    Both,
}

/// Gradients by a layer's parameters, as [`Layer::vjp`] writes them.
#[derive(Debug)]
pub struct ParameterGradients<'a, T: Scalar> {
    /// What they are multiplied by.
    pub factor: T,
    /// One tensor for each parameter, of its shape; what it held before is lost.
    pub into: &'a mut [Tensor<T>],
}

/// A function of a batch of rows and of parameters: one link of a [`Chain`](crate::Chain).
///
/// Input and output have the batch as their first axis, and row i of the output depends on row i of
/// the input alone. The same input and parameters always give the same output.
pub trait Layer<T: Scalar>: fmt::Debug + Send {
    /// Its parameters θ, in the order in which their gradients come.
    fn parameters(&self) -> &[Tensor<T>];

    /// The same, to be changed in place; their shapes stay.
    fn parameters_mut(&mut self) -> &mut [Tensor<T>];

    /// What it takes instead, if an input of this shape does not fit.
    ///
    /// # Errors
    /// With a few words such as "rows of 5 numbers". The default accepts everything.
    fn accepts(&self, input: &Shape) -> Result<(), String> {
        let _ = input;
        Ok(())
    }

    /// `output ← f(input; θ)`, remembering what the products `wanted` need. The output's memory is
    /// used again where its shape is right.
    fn forward(&mut self, input: &Tensor<T>, output: &mut Tensor<T>, wanted: Wanted);

    /// The products of `seed`, of the output's shape, with the Jacobians of the last
    /// [`forward`](Self::forward), whose `input` is given again: `by_input ← J_xᵀ seed` and
    /// `by_parameters ← factor · J_θᵀ seed`. Only what that forward pass was told of may be asked for.
    fn vjp(
        &mut self,
        input: &Tensor<T>,
        seed: &Tensor<T>,
        by_input: Option<&mut Tensor<T>>,
        by_parameters: Option<ParameterGradients<'_, T>>,
    );

    /// Whether it is known to be a function that treats each row by itself, so that no test calls
    /// are needed; the default says no.
    fn is_trusted(&self) -> bool {
        false
    }
}

/// Copies a value into a tensor, whose memory is used again where the shape is right.
pub(crate) fn assign<T: Scalar>(into: &mut Tensor<T>, shape: &Shape, data: &[T]) {
    if into.shape() == shape {
        into.data_mut().copy_from_slice(data);
    } else {
        *into = Tensor::new(shape.clone(), data.to_vec());
    }
}

/// Gives a tensor this shape; what it holds then is not specified.
pub(crate) fn resize<T: Scalar>(into: &mut Tensor<T>, shape: &Shape) {
    if into.shape() != shape {
        *into = Tensor::zeros(shape.clone());
    }
}
