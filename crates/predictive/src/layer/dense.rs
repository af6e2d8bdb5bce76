//! Dense layers on the matrix kernels, without a tape.
//!
//! ```text
//! y = σ(z),  z = g φ(x) Wᵀ + b        x [batch, in], W [out, in], b [out]
//! δ = ȳ ⊙ σ'(z)
//! x̄ = g (δ W) ⊙ φ'(x)    W̄ = g δᵀ φ(x)    b̄ = Σ_rows δ
//! ```

use metaplast_tensor::kernels::{self, Write};
use metaplast_tensor::{Random, Scalar, Shape, Tensor};

use super::{Activation, Layer, ParameterGradients, Wanted, resize};

/// `σ(g W φ(x) + b)` on each row.
///
/// With φ the identity, beliefs stand on activations; with σ the identity they stand on
/// pre-activations. The gain g is not learned; μPC uses it.
///
/// ```
/// use metaplast_predictive::{Activation, Dense};
/// use metaplast_tensor::tensor;
///
/// let layer = Dense::new(tensor![[1.0, -1.0]]).bias(tensor![0.5]).then(Activation::Relu);
/// assert_eq!(metaplast_predictive::Chain::of([layer]).predict(&tensor![[3.0, 1.0]])?, tensor![[2.5]]);
/// # Ok::<(), metaplast_predictive::PredictiveError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dense<T: Scalar> {
    /// W, and b if there is one.
    parameters: Vec<Tensor<T>>,
    before: Activation,
    after: Activation,
    gain: f64,
    /// φ(x), unless φ is the identity.
    entering: Vec<T>,
    z: Vec<T>,
    y: Vec<T>,
    delta: Vec<T>,
    /// δ W, unless φ is the identity.
    product: Vec<T>,
}

impl<T: Scalar> Dense<T> {
    /// `W x` with weights `[out, in]`.
    ///
    /// # Panics
    /// When the weights are no matrix.
    #[must_use]
    #[track_caller]
    pub fn new(weights: Tensor<T>) -> Self {
        let shape = weights.shape();
        assert!(shape.rank() == 2, "dense: weights of shape {shape}");
        Dense {
            parameters: vec![weights],
            before: Activation::Identity,
            after: Activation::Identity,
            gain: 1.0,
            entering: Vec::new(),
            z: Vec::new(),
            y: Vec::new(),
            delta: Vec::new(),
            product: Vec::new(),
        }
    }

    /// `W x + b`, all uniform in ±1/√n_in, which is how PyTorch starts a linear layer.
    #[must_use]
    pub fn random(inputs: usize, outputs: usize, random: &mut Random) -> Self {
        let bound = 1.0 / (inputs as f64).sqrt();
        let weights = Tensor::uniform([outputs, inputs], -bound, bound, random);
        Dense::new(weights).bias(Tensor::uniform([outputs], -bound, bound, random))
    }

    /// The same with a bias.
    ///
    /// # Panics
    /// When it has not one element for each output.
    #[must_use]
    #[track_caller]
    pub fn bias(mut self, bias: Tensor<T>) -> Self {
        let [outputs, _] = self.extents();
        assert!(
            bias.dims() == [outputs],
            "dense: weights of shape {}, bias of shape {}",
            self.parameters[0].shape(),
            bias.shape()
        );
        self.parameters.truncate(1);
        self.parameters.push(bias);
        self
    }

    /// The same with an activation φ of the input.
    #[must_use]
    pub fn after(mut self, activation: Activation) -> Self {
        self.before = activation;
        self
    }

    /// The same with an activation σ of the output.
    #[must_use]
    pub fn then(mut self, activation: Activation) -> Self {
        self.after = activation;
        self
    }

    /// The same with the constant g before its weights.
    #[must_use]
    pub fn gain(mut self, gain: f64) -> Self {
        self.gain = gain;
        self
    }

    /// `[out, in]`
    fn extents(&self) -> [usize; 2] {
        let dims = self.parameters[0].dims();
        [dims[0], dims[1]]
    }
}

/// φ(x), which is x itself for the identity.
fn entered<'a, T: Scalar>(kept: &'a [T], before: Activation, input: &'a Tensor<T>) -> &'a [T] {
    if before.is_identity() {
        input.data()
    } else {
        kept
    }
}

fn scale<T: Scalar>(x: &mut [T], factor: T) {
    if factor != T::ONE {
        x.iter_mut().for_each(|x| *x *= factor);
    }
}

impl<T: Scalar> Layer<T> for Dense<T> {
    fn parameters(&self) -> &[Tensor<T>] {
        &self.parameters
    }

    fn parameters_mut(&mut self) -> &mut [Tensor<T>] {
        &mut self.parameters
    }

    fn accepts(&self, input: &Shape) -> Result<(), String> {
        let [_, inputs] = self.extents();
        match *input.dims() {
            [_, width] if width == inputs => Ok(()),
            _ => Err(format!("rows of {inputs} numbers")),
        }
    }

    fn forward(&mut self, input: &Tensor<T>, output: &mut Tensor<T>, _: Wanted) {
        let [outputs, inputs] = self.extents();
        let rows = input.dims()[0];
        resize(output, &Shape::from([rows, outputs]));
        if !self.before.is_identity() {
            self.entering.resize(input.len(), T::ZERO);
            self.before.map(input.data(), &mut self.entering);
        }
        let x = entered(&self.entering, self.before, input);
        let weights = self.parameters[0].data();
        let direct = self.after.is_identity();
        if !direct {
            self.z.resize(rows * outputs, T::ZERO);
        }
        let z: &mut [T] = if direct {
            output.data_mut()
        } else {
            &mut self.z
        };
        if rows == 1 {
            kernels::matvec(weights, x, z, Write::Set);
        } else {
            kernels::matmul_nt(x, weights, z, rows, inputs, outputs, Write::Set);
        }
        scale(z, T::from_f64(self.gain));
        if let Some(bias) = self.parameters.get(1) {
            for row in z.chunks_mut(outputs) {
                row.iter_mut().zip(bias.data()).for_each(|(z, &b)| *z += b);
            }
        }
        if !direct {
            self.after.map(&self.z, output.data_mut());
            self.y.resize(rows * outputs, T::ZERO);
            self.y.copy_from_slice(output.data());
        }
    }

    fn vjp(
        &mut self,
        input: &Tensor<T>,
        seed: &Tensor<T>,
        by_input: Option<&mut Tensor<T>>,
        by_parameters: Option<ParameterGradients<'_, T>>,
    ) {
        let rows = input.dims()[0];
        self.delta.resize(seed.len(), T::ZERO);
        self.after
            .pull_back(&self.z, &self.y, seed.data(), &mut self.delta);
        if let Some(into) = by_input {
            resize(into, input.shape());
            self.pull_to_input(rows, input.data(), into.data_mut());
        }
        if let Some(by) = by_parameters {
            scale(&mut self.delta, by.factor);
            if let Some(bias) = by.into.get_mut(1) {
                bias.data_mut().fill(T::ZERO);
                kernels::sum_columns(&self.delta, bias.data_mut());
            }
            scale(&mut self.delta, T::from_f64(self.gain));
            self.pull_to_weights(rows, input, by.into[0].data_mut());
        }
    }

    fn is_trusted(&self) -> bool {
        true
    }
}

impl<T: Scalar> Dense<T> {
    /// `x̄ ← g (δ W) ⊙ φ'(x)`
    fn pull_to_input(&mut self, rows: usize, x: &[T], into: &mut [T]) {
        let [outputs, inputs] = self.extents();
        let weights = self.parameters[0].data();
        let product: &mut [T] = if self.before.is_identity() {
            into
        } else {
            self.product.resize(x.len(), T::ZERO);
            &mut self.product
        };
        if rows == 1 {
            kernels::matvec_transposed(weights, &self.delta, product, Write::Set);
        } else {
            let delta = &self.delta;
            kernels::matmul(delta, weights, product, rows, outputs, inputs, Write::Set);
        }
        scale(product, T::from_f64(self.gain));
        if !self.before.is_identity() {
            self.before
                .pull_back(x, &self.entering, &self.product, into);
        }
    }

    /// `W̄ ← δᵀ φ(x)`
    fn pull_to_weights(&self, rows: usize, input: &Tensor<T>, into: &mut [T]) {
        let [outputs, inputs] = self.extents();
        let x = entered(&self.entering, self.before, input);
        if rows == 1 {
            // One product each, so that the old content need not be read.
            for (row, &delta) in into.chunks_mut(inputs).zip(&self.delta) {
                row.iter_mut().zip(x).for_each(|(w, &x)| *w = delta * x);
            }
        } else {
            kernels::matmul_tn(&self.delta, x, into, outputs, rows, inputs, Write::Set);
        }
    }
}
