//! Blocks: any function of an input and parameters, recorded on a tape of its own.

use std::fmt;

use metaplast_autodiff::{Key, Mark, Tape, Var};
use metaplast_tensor::{Scalar, Shape, Tensor};

use super::part::{Operation, Part};
use super::{Layer, ParameterGradients, Wanted, assign};

/// The function of a block: of its input, and of its parameters in their order.
type Recipe<T> = dyn for<'t> Fn(Var<'t, T>, &[Var<'t, T>]) -> Var<'t, T> + Send;

/// A layer recorded on tapes of its own, which no other layer sees.
///
/// ```
/// use metaplast_predictive::{Block, Chain};
/// use metaplast_tensor::tensor;
///
/// // Rows times themselves, times a learned matrix.
/// let block = Block::new([tensor![[1.0], [2.0]]], |x, parameters| x.square().matmul(parameters[0]));
/// assert_eq!(Chain::of([block]).predict(&tensor![[3.0, 1.0]])?, tensor![[11.0]]);
/// # Ok::<(), metaplast_predictive::PredictiveError>(())
/// ```
///
/// A convolutional block of the usual kind is a list of [`Part`]s:
///
/// ```
/// use metaplast_autodiff::Convolution;
/// use metaplast_predictive::{Activation, Block, Chain, Part};
/// use metaplast_tensor::Tensor;
///
/// let block = Block::of([
///     Part::Convolution { kernel: Tensor::ones([2, 1, 3, 3]), bias: None, how: Convolution::new() },
///     Activation::Relu.into(),
///     Part::MaxPool(2),
///     Part::Flatten,
/// ]);
/// let images = Tensor::<f64>::ones([5, 1, 8, 8]);
/// assert_eq!(Chain::of([block]).predict(&images)?.dims(), [5, 18]);
/// # Ok::<(), metaplast_predictive::PredictiveError>(())
/// ```
///
/// Only derivatives that are [`Wanted`] are recorded: the parameters are constants on one tape and
/// variables on another, each made when it is first needed and kept from call to call.
pub struct Block<T: Scalar> {
    parameters: Vec<Tensor<T>>,
    recipe: Box<Recipe<T>>,
    operations: Vec<Operation>,
    by_input: Recorded<T>,
    by_parameters: Recorded<T>,
    last: Wanted,
}

/// A tape with the parameters at its beginning, and the last call after them.
struct Recorded<T: Scalar> {
    tape: Tape<T>,
    parameters: Vec<Key>,
    /// The end of the parameters, once they are recorded as they are now.
    start: Option<Mark>,
    input: Option<Key>,
    output: Option<Key>,
}

impl<T: Scalar> Recorded<T> {
    fn new() -> Self {
        Recorded {
            tape: Tape::new(),
            parameters: Vec::new(),
            start: None,
            input: None,
            output: None,
        }
    }

    /// Forgets the last call, and the parameters too where they have changed.
    fn begin(&mut self, parameters: &[Tensor<T>], differentiate: bool) {
        match self.start {
            Some(start) => self.tape.cut(start),
            None => {
                self.tape.reset();
                self.parameters.clear();
                self.parameters.extend(parameters.iter().map(|x| {
                    let leaf = match differentiate {
                        true => self.tape.var(x),
                        false => self.tape.constant(x),
                    };
                    leaf.key()
                }));
                self.start = Some(self.tape.mark());
            }
        }
    }

    fn call(&mut self, recipe: &Recipe<T>, input: &Tensor<T>, differentiate: bool) -> Var<'_, T> {
        let parameters: Vec<_> = self.parameters.iter().map(|&p| self.tape.at(p)).collect();
        let x = match differentiate {
            true => self.tape.var(input),
            false => self.tape.constant(input),
        };
        let y = recipe(x, &parameters);
        (self.input, self.output) = (Some(x.key()), Some(y.key()));
        y
    }
}

impl<T: Scalar> Block<T> {
    /// A function of rows and of parameters.
    ///
    /// It is called again and again, so it must give the same result for the same arguments, and
    /// must treat each row by itself; the first inference tests both.
    #[must_use]
    pub fn new<F>(parameters: impl IntoIterator<Item = Tensor<T>>, recipe: F) -> Self
    where
        F: for<'t> Fn(Var<'t, T>, &[Var<'t, T>]) -> Var<'t, T> + Send + 'static,
    {
        Block {
            parameters: parameters.into_iter().collect(),
            recipe: Box::new(recipe),
            operations: Vec::new(),
            by_input: Recorded::new(),
            by_parameters: Recorded::new(),
            last: Wanted::Both,
        }
    }

    /// Parts one after the other; their parameters are the block's, in this order, weights before
    /// biases.
    #[must_use]
    pub fn of(parts: impl IntoIterator<Item = Part<T>>) -> Self {
        let (mut parameters, mut operations) = (Vec::new(), Vec::new());
        for (own, operation) in parts.into_iter().map(Part::split) {
            parameters.extend(own);
            operations.push(operation);
        }
        let listed = operations.clone();
        let mut block = Block::new(parameters, move |x, parameters| {
            let mut parameters = parameters.iter();
            operations
                .iter()
                .fold(x, |x, part| part.record(x, &mut parameters))
        });
        block.operations = listed;
        block
    }
}

impl<T: Scalar> fmt::Debug for Block<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shapes: Vec<_> = self.parameters.iter().map(Tensor::shape).collect();
        f.debug_struct("Block")
            .field("parameters", &shapes)
            .field("operations", &self.operations)
            .finish_non_exhaustive()
    }
}

impl<T: Scalar> Layer<T> for Block<T> {
    fn parameters(&self) -> &[Tensor<T>] {
        &self.parameters
    }

    fn parameters_mut(&mut self) -> &mut [Tensor<T>] {
        (self.by_input.start, self.by_parameters.start) = (None, None);
        &mut self.parameters
    }

    fn accepts(&self, input: &Shape) -> Result<(), String> {
        let Some(first) = self.operations.first() else {
            return Ok(());
        };
        first.accepts(input)
    }

    fn forward(&mut self, input: &Tensor<T>, output: &mut Tensor<T>, wanted: Wanted) {
        let recorded = match wanted {
            Wanted::Input => &mut self.by_input,
            Wanted::Parameters | Wanted::Both => &mut self.by_parameters,
        };
        recorded.begin(&self.parameters, wanted != Wanted::Input);
        let y = recorded.call(&*self.recipe, input, wanted != Wanted::Parameters);
        let shape = y.shape();
        y.with(|data| assign(output, &shape, data));
        self.last = wanted;
    }

    fn vjp(
        &mut self,
        _: &Tensor<T>,
        seed: &Tensor<T>,
        by_input: Option<&mut Tensor<T>>,
        by_parameters: Option<ParameterGradients<'_, T>>,
    ) {
        let recorded = match self.last {
            Wanted::Input => &self.by_input,
            Wanted::Parameters | Wanted::Both => &self.by_parameters,
        };
        let called = "vjp: follows a call of `forward`";
        let tape = &recorded.tape;
        let gradients = tape.at(recorded.output.expect(called)).backward_with(seed);
        if let Some(into) = by_input {
            *into = gradients.wrt(tape.at(recorded.input.expect(called)));
        }
        if let Some(by) = by_parameters {
            for (into, &key) in by.into.iter_mut().zip(&recorded.parameters) {
                *into = gradients.wrt(tape.at(key));
                if by.factor != T::ONE {
                    into.data_mut().iter_mut().for_each(|x| *x *= by.factor);
                }
            }
        }
    }

    fn is_trusted(&self) -> bool {
        !self.operations.is_empty()
    }
}
