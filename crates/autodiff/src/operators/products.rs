//! Gradients and products with Jacobians and Hessians.

use metaplast_tensor::{Scalar, Tensor};

use crate::{Dual, Tape, Var};

/// Panics unless there is one tangent for each input, of its shape.
#[track_caller]
pub(super) fn assert_alike<T: Scalar>(
    operator: &str,
    inputs: &[Tensor<T>],
    tangents: &[Tensor<T>],
) {
    assert!(
        inputs.len() == tangents.len(),
        "{operator}: {} inputs, {} tangents",
        inputs.len(),
        tangents.len()
    );
    for (x, v) in inputs.iter().zip(tangents) {
        assert!(
            x.shape() == v.shape(),
            "{operator}: input of shape {}, tangent of shape {}",
            x.shape(),
            v.shape()
        );
    }
}

/// `x + ẋ ε`
pub(super) fn dual<T: Scalar>(x: &Tensor<T>, tangent: &Tensor<T>) -> Tensor<Dual<T, 1>> {
    let data = x.data().iter().zip(tangent.data());
    let data = data.map(|(&x, &v)| Dual::new(x, [v])).collect();
    Tensor::new(x.shape().clone(), data)
}

pub(super) fn tangent<T: Scalar>(x: &Tensor<Dual<T, 1>>) -> Tensor<T> {
    x.map(|x| x.tangent()[0])
}

/// The value of a function of one-element result, and its gradient by every input.
///
/// ```
/// use metaplast_autodiff::operators::value_and_grad;
/// use metaplast_tensor::tensor;
///
/// let x = [tensor![3.0, 4.0], tensor![2.0]];
/// let (value, gradient) = value_and_grad(|x| (x[0] * x[1]).sum(), &x);
/// assert_eq!(value, 14.0);
/// assert_eq!(gradient, [tensor![2.0, 2.0], tensor![7.0]]);
/// ```
///
/// # Panics
/// When the result has more or fewer than one element.
#[track_caller]
pub fn value_and_grad<T, F>(f: F, inputs: &[Tensor<T>]) -> (T, Vec<Tensor<T>>)
where
    T: Scalar,
    F: for<'t> Fn(&[Var<'t, T>]) -> Var<'t, T>,
{
    let tape = Tape::new();
    let vars: Vec<_> = inputs.iter().map(|x| tape.var(x)).collect();
    let output = f(&vars);
    let value = output.item();
    let gradients = output.backward();
    (value, vars.iter().map(|&x| gradients.wrt(x)).collect())
}

/// The gradient of a function of one-element result, by every input.
///
/// ```
/// use metaplast_autodiff::operators::grad;
/// use metaplast_tensor::tensor;
///
/// assert_eq!(grad(|x| x[0].square().sum(), &[tensor![1.0, 2.0]]), [tensor![2.0, 4.0]]);
/// ```
///
/// # Panics
/// When the result has more or fewer than one element.
#[track_caller]
pub fn grad<T, F>(f: F, inputs: &[Tensor<T>]) -> Vec<Tensor<T>>
where
    T: Scalar,
    F: for<'t> Fn(&[Var<'t, T>]) -> Var<'t, T>,
{
    value_and_grad(f, inputs).1
}

/// The value `y`, and the vector-Jacobian product `Jᵀ ȳ` by every input.
///
/// ```
/// use metaplast_autodiff::operators::vjp;
/// use metaplast_tensor::tensor;
///
/// let (value, product) = vjp(|x| x[0].square(), &[tensor![1.0, 2.0]], &tensor![1.0, 10.0]);
/// assert_eq!(value, tensor![1.0, 4.0]);
/// assert_eq!(product, [tensor![2.0, 40.0]]);
/// ```
///
/// # Panics
/// When the result and `seed` differ in shape.
#[track_caller]
pub fn vjp<T, F>(f: F, inputs: &[Tensor<T>], seed: &Tensor<T>) -> (Tensor<T>, Vec<Tensor<T>>)
where
    T: Scalar,
    F: for<'t> Fn(&[Var<'t, T>]) -> Var<'t, T>,
{
    let tape = Tape::new();
    let vars: Vec<_> = inputs.iter().map(|x| tape.var(x)).collect();
    let output = f(&vars);
    let value = output.value();
    let gradients = output.backward_with(seed);
    (value, vars.iter().map(|&x| gradients.wrt(x)).collect())
}

/// The value `y`, and the Jacobian-vector product `J ẋ`, in one forward pass.
///
/// Nothing is kept for a sweep. A long function also frees what it has finished with when it wraps
/// its steps in [`Tape::iterate`].
///
/// ```
/// use metaplast_autodiff::operators::jvp;
/// use metaplast_tensor::tensor;
///
/// let (value, product) = jvp(|x| x[0].square(), &[tensor![1.0, 2.0]], &[tensor![1.0, 10.0]]);
/// assert_eq!(value, tensor![1.0, 4.0]);
/// assert_eq!(product, tensor![2.0, 40.0]);
/// ```
///
/// # Panics
/// When the tangents are not of the inputs' number and shapes.
#[track_caller]
pub fn jvp<T, F>(f: F, inputs: &[Tensor<T>], tangents: &[Tensor<T>]) -> (Tensor<T>, Tensor<T>)
where
    T: Scalar,
    F: for<'t> Fn(&[Var<'t, Dual<T, 1>>]) -> Var<'t, Dual<T, 1>>,
{
    assert_alike("jvp", inputs, tangents);
    let tape = Tape::new();
    tape.without_gradients(|| {
        let inputs = inputs.iter().zip(tangents);
        let vars: Vec<_> = inputs.map(|(x, v)| tape.constant(&dual(x, v))).collect();
        let output = f(&vars).value();
        (output.map(|y| y.value()), tangent(&output))
    })
}

/// The Hessian-vector product `∇²f(x) v` of a function of one-element result, over all inputs
/// together: the derivative of the gradient along `v`, forward over reverse.
///
/// ```
/// use metaplast_autodiff::operators::hvp;
/// use metaplast_tensor::tensor;
///
/// // f = x²y: Hessian [[2y, 2x], [2x, 0]].
/// let product = hvp(
///     |x| (x[0].square() * x[1]).sum(),
///     &[tensor![3.0], tensor![5.0]],
///     &[tensor![1.0], tensor![10.0]],
/// );
/// assert_eq!(product, [tensor![70.0], tensor![6.0]]);
/// ```
///
/// # Panics
/// When the result has more or fewer than one element, or the tangents are not of the inputs'
/// number and shapes.
#[track_caller]
pub fn hvp<T, F>(f: F, inputs: &[Tensor<T>], tangents: &[Tensor<T>]) -> Vec<Tensor<T>>
where
    T: Scalar,
    F: for<'t> Fn(&[Var<'t, Dual<T, 1>>]) -> Var<'t, Dual<T, 1>>,
{
    assert_alike("hvp", inputs, tangents);
    let inputs: Vec<_> = inputs
        .iter()
        .zip(tangents)
        .map(|(x, v)| dual(x, v))
        .collect();
    grad(f, &inputs).iter().map(tangent).collect()
}

impl<T: Scalar> Tape<T> {
    /// Applies `body` over and over to its own results; where gradients are
    /// [off](Tape::without_gradients) only the latest results are kept, as constants.
    ///
    /// With gradients on it is a plain loop, so that one function serves both modes, and forward
    /// mode holds one step at a time, however many there are. `body` gets the number of the step.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// let tape = Tape::<f64>::new();
    /// tape.without_gradients(|| {
    ///     let [x] = tape.iterate([tape.scalar(0.5)], 1000, |_, [x]| [(x * 0.9).sin()]);
    ///     assert!(x.item() > 0.0);
    /// });
    /// assert!(tape.len() < 10);
    /// ```
    pub fn iterate<'t, const N: usize>(
        &'t self,
        start: [Var<'t, T>; N],
        steps: usize,
        mut body: impl FnMut(usize, [Var<'t, T>; N]) -> [Var<'t, T>; N],
    ) -> [Var<'t, T>; N] {
        let mark = self.mark();
        let keep_all = self.recording_gradients.get();
        let mut latest = start;
        for step in 0..steps {
            latest = body(step, latest);
            if !keep_all {
                let values = latest.map(|result| result.value());
                self.cut(mark);
                latest = values.map(|value| self.constant(&value));
            }
        }
        latest
    }
}
