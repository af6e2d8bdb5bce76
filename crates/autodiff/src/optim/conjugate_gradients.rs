//! Conjugate gradients: linear systems of which only products with the matrix are known.

use metaplast_tensor::{Scalar, Tensor, kernels};

use super::{joined, write};

/// Solves `A x = b` for a symmetric positive definite `A`, of which `product` gives `A v`: the method of
/// Hestenes & Stiefel (1952). With [`hvp`](crate::operators::hvp) for the product and the gradient for
/// `b` it is a step of Newton's method without the Hessian (Nocedal & Wright 2006, algorithm 7.1).
///
/// `x`, `b` and `v` are lists of tensors of the same shapes, as operators on functions have them. It
/// ends when `‖b − A x‖ ≤ tolerance · ‖b‖`, after ten times as many products as there are elements, and
/// where a direction has no positive curvature, `vᵀ A v ≤ 0`: with what was reached, or with `b` itself
/// when it is the first direction, so that `−x` leads downhill in any case.
///
/// ```
/// use metaplast_autodiff::operators::{function, grad, hvp};
/// use metaplast_autodiff::Var;
/// use metaplast_autodiff::optim::conjugate_gradients;
/// use metaplast_tensor::{Scalar, tensor};
///
/// fn bowl<'t, T: Scalar>(x: &[Var<'t, T>]) -> Var<'t, T> {
///     (x[0] - 1.0).square().sum() + (x[0] * x[1]).sum() + 3.0 * x[1].square().sum()
/// }
///
/// // One step of Newton's method to the minimum of a quadratic.
/// let mut x = [tensor![3.0, -2.0], tensor![1.0, 1.0]];
/// let step = conjugate_gradients(|v| hvp(bowl, &x, v), &grad(bowl, &x), 1e-12);
/// for (x, step) in x.iter_mut().zip(&step) {
///     *x -= step;
/// }
/// assert!(grad(bowl, &x).iter().all(|g| g.norm() < 1e-9));
/// ```
///
/// # Panics
/// When the tolerance is negative or not finite, and when the products are not of the number and shapes
/// of `b`.
#[track_caller]
pub fn conjugate_gradients<T: Scalar>(
    mut product: impl FnMut(&[Tensor<T>]) -> Vec<Tensor<T>>,
    b: &[Tensor<T>],
    tolerance: f64,
) -> Vec<Tensor<T>> {
    super::assert_not_negative("tolerance", tolerance);
    let mut direction = b.to_vec();
    let mut residual = joined(b);
    let (mut x, mut v) = (vec![T::ZERO; residual.len()], residual.clone());
    let mut squares = kernels::dot(&residual, &residual);
    let enough = tolerance * squares.to_f64().sqrt();
    let mut first = true;
    for _ in 0..10 * residual.len() {
        if squares.to_f64().sqrt() <= enough {
            break;
        }
        let curved = product(&direction);
        let wanted = b.iter().map(Tensor::shape);
        assert!(
            curved.iter().map(Tensor::shape).eq(wanted),
            "conjugate_gradients: products are not of the number and shapes of the right-hand side"
        );
        let curved = joined(&curved);
        let curvature = kernels::dot(&v, &curved);
        if curvature.to_f64().is_nan() || curvature.to_f64() <= 0.0 {
            if first {
                return direction;
            }
            break;
        }
        first = false;
        let length = squares / curvature;
        kernels::axpy(length, &v, &mut x);
        kernels::axpy(-length, &curved, &mut residual);
        let before = std::mem::replace(&mut squares, kernels::dot(&residual, &residual));
        let keep = squares / before;
        for (v, &r) in v.iter_mut().zip(&residual) {
            *v = r + keep * *v;
        }
        write(&v, &mut direction);
    }
    write(&x, &mut direction);
    direction
}
