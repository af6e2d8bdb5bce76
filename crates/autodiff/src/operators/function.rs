//! Functions that operators take: closures, and functions for every number type.

use std::sync::Arc;

use metaplast_tensor::Scalar;

use crate::Var;

/// A function of variables for every number type, as [`recorded_grad`](super::recorded_grad) and
/// its like need it: they call it with `T` and with [`Dual`](crate::Dual) numbers over `T`, which a
/// closure, made for one number type, cannot serve.
///
/// What the function knows besides its arguments are the fields of the type that implements it;
/// [`cast`](metaplast_tensor::Tensor::cast) makes them into constants of the tape's numbers.
///
/// ```
/// use metaplast_autodiff::operators::{Function, grad};
/// use metaplast_autodiff::Var;
/// use metaplast_tensor::{Scalar, Tensor, tensor};
///
/// /// ‖A x − b‖²
/// struct Misfit {
///     a: Tensor<f64>,
///     b: Tensor<f64>,
/// }
///
/// impl Function for Misfit {
///     fn call<'t, T: Scalar>(&self, x: &[Var<'t, T>]) -> Var<'t, T> {
///         let constant = |c: &Tensor<f64>| x[0].tape().constant(&c.cast());
///         (constant(&self.a).matvec(x[0]) - constant(&self.b)).square().sum()
///     }
/// }
///
/// let misfit = Misfit { a: tensor![[1.0, 2.0]], b: tensor![4.0] };
/// assert_eq!(grad(|x| misfit.call(x), &[tensor![1.0, 1.0]]), [tensor![-2.0, -4.0]]);
/// ```
pub trait Function: Send + Sync {
    /// The function's value, on the tape of its arguments.
    fn call<'t, T: Scalar>(&self, x: &[Var<'t, T>]) -> Var<'t, T>;
}

impl<F: Function> Function for Arc<F> {
    #[track_caller]
    fn call<'t, T: Scalar>(&self, x: &[Var<'t, T>]) -> Var<'t, T> {
        F::call(self, x)
    }
}

impl<F: Function> Function for &F {
    #[track_caller]
    fn call<'t, T: Scalar>(&self, x: &[Var<'t, T>]) -> Var<'t, T> {
        F::call(self, x)
    }
}

/// The closure itself, with the lifetimes that operators ask for.
///
/// A closure that stands in a call to [`grad`](super::grad) or one of the other operators gets them
/// there. One that is kept in a `let` first does not, and the compiler then says that the lifetime
/// of its argument may not be long enough; wrap it in this.
///
/// ```
/// use metaplast_autodiff::operators::{function, grad, value_and_grad};
/// use metaplast_tensor::tensor;
///
/// let f = function(|x| x[0].square().sum());
/// assert_eq!(grad(&f, &[tensor![1.0, 2.0]]), [tensor![2.0, 4.0]]);
/// assert_eq!(value_and_grad(&f, &[tensor![3.0]]).0, 9.0);
/// ```
pub fn function<T, F>(f: F) -> F
where
    T: Scalar,
    F: for<'t> Fn(&[Var<'t, T>]) -> Var<'t, T>,
{
    f
}

/// [`function`] for a closure of one variable, as [`jacobian`](super::jacobian) takes it.
///
/// ```
/// use metaplast_autodiff::operators::{function_of_one, jacobian};
/// use metaplast_tensor::tensor;
///
/// let f = function_of_one(|x| x.square());
/// assert_eq!(jacobian(f, &tensor![1.0, 2.0]), tensor![[2.0, 0.0], [0.0, 4.0]]);
/// ```
pub fn function_of_one<T, F>(f: F) -> F
where
    T: Scalar,
    F: for<'t> Fn(Var<'t, T>) -> Var<'t, T>,
{
    f
}
