//! Skip connections: a layer beside the identity.

use metaplast_tensor::{Scalar, Shape, Tensor};

use super::{Layer, ParameterGradients, Wanted};

/// `x + f(x)` of a layer f whose output has its input's shape.
///
/// ```
/// use metaplast_predictive::{Chain, Dense, Skip};
/// use metaplast_tensor::tensor;
///
/// let mut chain = Chain::of([Skip::new(Dense::new(tensor![[0.0, 2.0], [1.0, 0.0]]))]);
/// assert_eq!(chain.predict(&tensor![[1.0, 10.0]])?, tensor![[21.0, 11.0]]);
/// # Ok::<(), metaplast_predictive::PredictiveError>(())
/// ```
#[derive(Debug)]
pub struct Skip<L>(L);

impl<L> Skip<L> {
    /// A layer with the identity beside it.
    pub fn new(layer: L) -> Self {
        Skip(layer)
    }
}

#[track_caller]
fn add<T: Scalar>(x: &Tensor<T>, into: &mut Tensor<T>) {
    assert!(
        x.shape() == into.shape(),
        "skip: input of shape {}, output of shape {}",
        x.shape(),
        into.shape()
    );
    let pairs = into.data_mut().iter_mut().zip(x.data());
    pairs.for_each(|(y, &x)| *y += x);
}

impl<T: Scalar, L: Layer<T>> Layer<T> for Skip<L> {
    fn parameters(&self) -> &[Tensor<T>] {
        self.0.parameters()
    }

    fn parameters_mut(&mut self) -> &mut [Tensor<T>] {
        self.0.parameters_mut()
    }

    fn accepts(&self, input: &Shape) -> Result<(), String> {
        self.0.accepts(input)
    }

    fn forward(&mut self, input: &Tensor<T>, output: &mut Tensor<T>, wanted: Wanted) {
        self.0.forward(input, output, wanted);
        add(input, output);
    }

    fn vjp(
        &mut self,
        input: &Tensor<T>,
        seed: &Tensor<T>,
        by_input: Option<&mut Tensor<T>>,
        by_parameters: Option<ParameterGradients<'_, T>>,
    ) {
        match by_input {
            Some(into) => {
                self.0.vjp(input, seed, Some(&mut *into), by_parameters);
                add(seed, into);
            }
            None => self.0.vjp(input, seed, None, by_parameters),
        }
    }

    fn is_trusted(&self) -> bool {
        self.0.is_trusted()
    }
}
