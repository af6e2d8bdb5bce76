//! Checkpoint: a part of a graph that is computed again when the sweep gets there.

use std::fmt;
use std::sync::Arc;

use metaplast_tensor::{Scalar, Shape, Tensor};

use super::first_value::FirstValue;
use super::recorded::{first, tensors};
use crate::op::{Adjoints, Inputs, Op};
use crate::{Tape, Var};

/// A function of which the tape keeps arguments and result.
struct Checkpoint<F, T: Scalar> {
    f: F,
    first: FirstValue<T>,
}

impl<F, T: Scalar> fmt::Debug for Checkpoint<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checkpoint({:?})", self.first)
    }
}

fn evaluate<T, F>(f: &F, x: &[Tensor<T>]) -> Tensor<T>
where
    T: Scalar,
    F: for<'t> Fn(&[Var<'t, T>]) -> Var<'t, T>,
{
    let tape = Tape::new();
    tape.without_gradients(|| {
        let vars: Vec<_> = x.iter().map(|x| tape.constant(x)).collect();
        f(&vars).value()
    })
}

impl<T, F> Op<T> for Checkpoint<F, T>
where
    T: Scalar,
    F: for<'t> Fn(&[Var<'t, T>]) -> Var<'t, T> + Send + Sync,
{
    fn name(&self) -> &'static str {
        "checkpoint"
    }

    fn shape(&self, _: &[&Shape]) -> Shape {
        self.first.shape().clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        self.first
            .write(output, || evaluate(&self.f, &tensors(inputs)));
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        let tape = Tape::new();
        let x = tensors(inputs).into_iter().enumerate();
        let vars: Vec<_> = x
            .map(|(i, x)| match inputs.needs_gradient(i) {
                true => tape.var(&x),
                false => tape.constant(&x),
            })
            .collect();
        let seed = Tensor::new(self.first.shape().clone(), adjoint.to_vec());
        let gradients = (self.f)(&vars).backward_with(&seed);
        for (i, &var) in vars.iter().enumerate() {
            if let Some(into) = adjoints.of(i) {
                for (into, &g) in into.iter_mut().zip(gradients.wrt(var).data()) {
                    *into += g;
                }
            }
        }
    }
}

/// `f(x)`, of which the tape keeps arguments and result alone: what lies between is computed again
/// when the sweep gets there.
///
/// The gradients are those of the plain function, bit for bit where each argument is used by this
/// call alone. A net of `n` layers, each in a checkpoint, needs the memory of one layer and of `n`
/// results, and one more evaluation; for loops of many steps see [`scan`](crate::scan).
///
/// `f` must be a function of its arguments, since it is called twice. It is kept until the
/// recording is gone, so it owns what it uses; variables that it uses are arguments, since only
/// arguments are differentiated. Several results are joined by [`concat`](crate::concat).
///
/// ```
/// use metaplast_autodiff::Tape;
/// use metaplast_autodiff::operators::checkpoint;
/// use metaplast_tensor::Tensor;
///
/// let tape = Tape::<f64>::new();
/// let weights = tape.var(&Tensor::eye(3));
/// let mut x = tape.constant(&Tensor::ones([5, 3]));
/// for _ in 0..10 {
///     x = checkpoint(|x| (x[0].matmul(x[1]).tanh() + x[0]).sin(), &[x, weights]);
/// }
/// assert_eq!(tape.len(), 2 + 10);
/// assert!(x.sum().backward().wrt(weights).norm() > 0.0);
/// ```
///
/// # Panics
/// When `x` is empty.
#[track_caller]
pub fn checkpoint<'t, T, F>(f: F, x: &[Var<'t, T>]) -> Var<'t, T>
where
    T: Scalar,
    F: for<'a> Fn(&[Var<'a, T>]) -> Var<'a, T> + Send + Sync + 'static,
{
    let tape = first("checkpoint", x).tape();
    let values: Vec<_> = x.iter().map(|x| x.value()).collect();
    let first = FirstValue::new(evaluate(&f, &values));
    tape.custom(Arc::new(Checkpoint { f, first }), x)
}
