//! Recorded derivatives: gradients and Jacobian-vector products as values on the tape, to be
//! differentiated in turn.
//!
//! ```text
//! value and gradient   y = f(x),  g = ∇f(x)      x̄ += ȳ ∇f(x) + ∇²f(x) ḡ
//! jvp                  y = f(x),  ẏ = J(x) ẋ     x̄ += Jᵀ ȳ + ∂(J ẋ)/∂xᵀ ẏ̄      ẋ̄ += Jᵀ ẏ̄
//! ```
//!
//! Each is an operation whose forward runs the function on a tape of its own and whose vjp sweeps it
//! once more on [`Dual`] numbers. The cost of a sweep through a recorded derivative is therefore
//! about three evaluations of the function's own gradient, whatever the number of inputs; nothing
//! of the inner tape is kept between.

use std::fmt;
use std::sync::Arc;

use metaplast_tensor::{Scalar, Shape, Tensor};

use super::first_value::FirstValue;
use super::function::Function;
use super::products::{assert_alike, dual, jvp, value_and_grad};
use crate::op::{Adjoints, Inputs, Op};
use crate::{Dual, Tape, Var};

/// Operands as tensors.
pub(crate) fn tensors<T: Scalar>(inputs: &Inputs<'_, T>) -> Vec<Tensor<T>> {
    let tensor = |i| Tensor::new(inputs.shape(i).clone(), inputs.value(i).to_vec());
    (0..inputs.len()).map(tensor).collect()
}

/// The adjoints of `x + ẋ ε` when those of the result's elements are `seed`.
fn dual_sweep<T: Scalar>(
    f: &impl Function,
    x: &[Tensor<T>],
    tangents: &[Tensor<T>],
    seed: Vec<Dual<T, 1>>,
) -> Vec<Tensor<Dual<T, 1>>> {
    let tape = Tape::new();
    let pairs = x.iter().zip(tangents);
    let vars: Vec<_> = pairs.map(|(x, v)| tape.var(&dual(x, v))).collect();
    let result = f.call(&vars);
    let gradients = result.backward_with(&Tensor::new(result.shape(), seed));
    vars.iter().map(|&x| gradients.wrt(x)).collect()
}

/// `[f(x), ∇f(x)]` as one vector.
struct ValueAndGradient<F>(F);

impl<F> fmt::Debug for ValueAndGradient<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ValueAndGradient")
    }
}

impl<T: Scalar, F: Function> Op<T> for ValueAndGradient<F> {
    fn name(&self) -> &'static str {
        "recorded_grad"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let elements: usize = operands.iter().map(|shape| shape.len()).sum();
        Shape::from([1 + elements])
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let (value, gradients) = value_and_grad(|x| self.0.call(x), &tensors(inputs));
        output[0] = value;
        let elements = gradients.iter().flat_map(Tensor::data);
        for (y, &g) in output[1..].iter_mut().zip(elements) {
            *y = g;
        }
    }

    fn vjp(
        &self,
        inputs: &Inputs<'_, T>,
        output: &[T],
        adjoint: &[T],
        adjoints: &mut Adjoints<'_, T>,
    ) {
        let x = tensors(inputs);
        let along = split(&x, &adjoint[1..]);
        if along.iter().all(|v| v.data().iter().all(|v| v.is_zero())) {
            // The value alone is asked for, and its gradient is at hand.
            for (i, gradient) in split(&x, &output[1..]).iter().enumerate() {
                for (into, &g) in adjoints.of(i).into_iter().flatten().zip(gradient.data()) {
                    *into += adjoint[0] * g;
                }
            }
            return;
        }
        // The gradient along x + ḡ ε has ∇f for its value and ∇²f ḡ for its tangent.
        let swept = dual_sweep(&self.0, &x, &along, vec![Dual::ONE]);
        for (i, swept) in swept.iter().enumerate() {
            for (into, dual) in adjoints.of(i).into_iter().flatten().zip(swept.data()) {
                *into += adjoint[0] * dual.value() + dual.tangent()[0];
            }
        }
    }
}

/// The elements of several tensors, cut up into their shapes.
fn split<T: Scalar>(like: &[Tensor<T>], elements: &[T]) -> Vec<Tensor<T>> {
    let mut rest = elements;
    let part = |x: &Tensor<T>| {
        let (part, after) = rest.split_at(x.len());
        rest = after;
        Tensor::new(x.shape().clone(), part.to_vec())
    };
    like.iter().map(part).collect()
}

/// Part of a vector on the tape, in a shape.
pub(crate) fn part<'t, T: Scalar>(
    packed: Var<'t, T>,
    from: &mut usize,
    shape: Shape,
) -> Var<'t, T> {
    let start = *from;
    *from += shape.len();
    let part = packed.narrow(0, start..*from);
    if shape.rank() == 1 {
        part
    } else {
        part.reshape(shape)
    }
}

/// The gradient of a function of one-element result by each of `x`, as variables on the tape of
/// `x`: what is computed from it can be differentiated by `x` again.
///
/// That is what gradient penalties, physics-informed nets, meta-gradients through gradient steps
/// and learned optimisers need. Arguments of the function that are variables must be in `x`; what is
/// not wanted of the gradient is left lying. A sweep back costs one Hessian-vector product.
///
/// ```
/// use metaplast_autodiff::operators::{Function, recorded_grad};
/// use metaplast_autodiff::{Tape, Var};
/// use metaplast_tensor::{Scalar, tensor};
///
/// struct Cubes;
///
/// impl Function for Cubes {
///     fn call<'t, T: Scalar>(&self, x: &[Var<'t, T>]) -> Var<'t, T> {
///         x[0].powi(3).sum()
///     }
/// }
///
/// let tape = Tape::<f64>::new();
/// let x = tape.var(&tensor![1.0, 2.0]);
/// let g = recorded_grad(Cubes, &[x])[0]; // 3x²
/// assert_eq!(g.value(), tensor![3.0, 12.0]);
/// assert_eq!(g.sum().backward().wrt(x), tensor![6.0, 12.0]);
/// ```
///
/// # Panics
/// When the result has more or fewer than one element, and when `x` is empty.
#[track_caller]
pub fn recorded_grad<'t, T, F>(f: F, x: &[Var<'t, T>]) -> Vec<Var<'t, T>>
where
    T: Scalar,
    F: Function + 'static,
{
    recorded_value_and_grad(f, x).1
}

/// The value of a function of one-element result, rank 0, and its gradient by each of `x`, as
/// variables on the tape of `x`.
///
/// See [`recorded_grad`].
///
/// ```
/// use metaplast_autodiff::operators::{Function, recorded_value_and_grad};
/// use metaplast_autodiff::{Tape, Var};
/// use metaplast_tensor::Scalar;
///
/// struct Square;
///
/// impl Function for Square {
///     fn call<'t, T: Scalar>(&self, x: &[Var<'t, T>]) -> Var<'t, T> {
///         x[0].square()
///     }
/// }
///
/// // The loss after one gradient step of a rate that is differentiated.
/// let tape = Tape::<f64>::new();
/// let (x, rate) = (tape.scalar(3.0), tape.scalar(0.25));
/// let (before, g) = recorded_value_and_grad(Square, &[x]);
/// let after = (x - rate * g[0]).square();
/// assert_eq!((before.item(), after.item()), (9.0, 2.25));
/// let gradients = after.backward();
/// assert_eq!(gradients.wrt(rate).item(), -18.0);
/// assert_eq!(gradients.wrt(x).item(), 1.5);
/// ```
///
/// # Panics
/// When the result has more or fewer than one element, and when `x` is empty.
#[track_caller]
pub fn recorded_value_and_grad<'t, T, F>(f: F, x: &[Var<'t, T>]) -> (Var<'t, T>, Vec<Var<'t, T>>)
where
    T: Scalar,
    F: Function + 'static,
{
    let tape = first("recorded_grad", x).tape();
    let packed = tape.custom(Arc::new(ValueAndGradient(f)), x);
    let mut at = 0;
    let value = part(packed, &mut at, Shape::scalar());
    let gradients = x.iter().map(|x| part(packed, &mut at, x.shape()));
    (value, gradients.collect())
}

/// The first of the variables, on whose tape a result goes.
#[track_caller]
pub(crate) fn first<'t, T: Scalar>(operator: &str, x: &[Var<'t, T>]) -> Var<'t, T> {
    *x.first()
        .unwrap_or_else(|| panic!("{operator}: needs one variable at least"))
}

/// `[f(x), J ẋ]` as one vector; the operands are x and then ẋ.
struct Along<F, T: Scalar> {
    f: F,
    first: FirstValue<T>,
}

impl<F, T: Scalar> fmt::Debug for Along<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Along({:?})", self.first)
    }
}

fn value_and_tangent<T: Scalar>(
    f: &impl Function,
    x: &[Tensor<T>],
    tangents: &[Tensor<T>],
) -> (Shape, Tensor<T>) {
    let (value, tangent) = jvp(|x| f.call(x), x, tangents);
    let shape = value.shape().clone();
    let mut packed = value.into_data();
    packed.extend_from_slice(tangent.data());
    (shape, Tensor::new([packed.len()], packed))
}

impl<T: Scalar, F: Function> Op<T> for Along<F, T> {
    fn name(&self) -> &'static str {
        "recorded_jvp"
    }

    fn shape(&self, _: &[&Shape]) -> Shape {
        self.first.shape().clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        self.first.write(output, || {
            let operands = tensors(inputs);
            let (x, tangents) = operands.split_at(operands.len() / 2);
            value_and_tangent(&self.f, x, tangents).1
        });
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        let operands = tensors(inputs);
        let (x, tangents) = operands.split_at(operands.len() / 2);
        let (by_value, by_tangent) = adjoint.split_at(adjoint.len() / 2);
        // J(x + ẋ ε)ᵀ (ẏ̄ + ȳ ε) = Jᵀ ẏ̄ + (∂(J ẋ)/∂xᵀ ẏ̄ + Jᵀ ȳ) ε
        let seed = by_tangent.iter().zip(by_value);
        let seed = seed.map(|(&t, &v)| Dual::new(t, [v])).collect();
        let swept = dual_sweep(&self.f, x, tangents, seed);
        for (i, swept) in swept.iter().enumerate() {
            for (into, dual) in adjoints.of(i).into_iter().flatten().zip(swept.data()) {
                *into += dual.tangent()[0];
            }
            let direction = adjoints.of(x.len() + i);
            for (into, dual) in direction.into_iter().flatten().zip(swept.data()) {
                *into += dual.value();
            }
        }
    }
}

/// The value `y = f(x)` and the Jacobian-vector product `ẏ = J ẋ`, as variables on the tape of `x`
/// that can be differentiated by `x` and by `ẋ`.
///
/// For higher derivatives along a line, and where the function can be written with
/// [`Jet`](crate::Jet)s, those are faster: their coefficients are recorded as plain values.
///
/// ```
/// use metaplast_autodiff::operators::{Function, recorded_jvp};
/// use metaplast_autodiff::{Tape, Var};
/// use metaplast_tensor::{Scalar, tensor};
///
/// struct Sine;
///
/// impl Function for Sine {
///     fn call<'t, T: Scalar>(&self, x: &[Var<'t, T>]) -> Var<'t, T> {
///         x[0].sin()
///     }
/// }
///
/// let tape = Tape::<f64>::new();
/// let (x, dx) = (tape.var(&tensor![0.0]), tape.var(&tensor![2.0]));
/// let (y, dy) = recorded_jvp(Sine, &[x], &[dx]);
/// assert_eq!((y.value(), dy.value()), (tensor![0.0], tensor![2.0]));
/// let gradients = (y + dy).sum().backward();
/// assert_eq!(gradients.wrt(x), tensor![1.0]);
/// assert_eq!(gradients.wrt(dx), tensor![1.0]);
/// ```
///
/// # Panics
/// When the tangents are not of the arguments' number and shapes, and when `x` is empty.
#[track_caller]
pub fn recorded_jvp<'t, T, F>(
    f: F,
    x: &[Var<'t, T>],
    tangents: &[Var<'t, T>],
) -> (Var<'t, T>, Var<'t, T>)
where
    T: Scalar,
    F: Function + 'static,
{
    let tape = first("recorded_jvp", x).tape();
    let values = |x: &[Var<'t, T>]| x.iter().map(|x| x.value()).collect::<Vec<_>>();
    let (at, along) = (values(x), values(tangents));
    assert_alike("recorded_jvp", &at, &along);
    let (shape, packed) = value_and_tangent(&f, &at, &along);
    let op = Along {
        f,
        first: FirstValue::new(packed),
    };
    let packed = tape.custom(Arc::new(op), &[x, tangents].concat());
    let mut at = 0;
    let value = part(packed, &mut at, shape.clone());
    (value, part(packed, &mut at, shape))
}
