//! Jacobians and Hessians as matrices.

use metaplast_tensor::{Scalar, Shape, Tensor};

use super::products::{dual, hvp, tangent};
use crate::{Dual, Tape, Var};

/// The place-th unit tensor of a shape.
fn unit<T: Scalar>(shape: &Shape, place: usize) -> Tensor<T> {
    let mut unit = Tensor::zeros(shape.clone());
    unit.data_mut()[place] = T::ONE;
    unit
}

fn joined(left: &Shape, right: &Shape) -> Shape {
    Shape::from(&*[left.dims(), right.dims()].concat())
}

/// The Jacobian `∂y_i/∂x_j` of a function of one input, in the shape of the result followed by the
/// shape of the input.
///
/// Forward mode, one pass for each element of the input, where the input is no larger than the
/// result; else reverse mode, one sweep for each element of the result.
///
/// ```
/// use metaplast_autodiff::operators::jacobian;
/// use metaplast_tensor::tensor;
///
/// let j = jacobian(|x| x.square(), &tensor![1.0, 2.0]);
/// assert_eq!(j, tensor![[2.0, 0.0], [0.0, 4.0]]);
/// ```
pub fn jacobian<T, F>(f: F, input: &Tensor<T>) -> Tensor<T>
where
    T: Scalar,
    F: for<'t> Fn(Var<'t, Dual<T, 1>>) -> Var<'t, Dual<T, 1>>,
{
    let tape = Tape::new();
    let size = input.len();
    let none = Tensor::zeros(input.shape().clone());
    // The first pass tells the result's size.
    let shape = tape.without_gradients(|| f(tape.constant(&dual(input, &none))).shape());
    let rows = shape.len();
    let mut jacobian = Tensor::zeros(joined(&shape, input.shape()));
    let data = jacobian.data_mut();
    if size <= rows {
        for column in 0..size {
            tape.reset();
            let x = dual(input, &unit(input.shape(), column));
            let product = tape.without_gradients(|| f(tape.constant(&x)).value());
            for (row, &d) in tangent(&product).data().iter().enumerate() {
                data[row * size + column] = d;
            }
        }
        return jacobian;
    }
    for row in 0..rows {
        // Again each time, since a sweep rewinds the states of a recording.
        tape.reset();
        let x = tape.var(&dual(input, &none));
        let gradient = f(x).backward_with(&unit(&shape, row)).wrt(x);
        let values = gradient.data().iter().map(|g| g.value());
        for (into, value) in data[row * size..][..size].iter_mut().zip(values) {
            *into = value;
        }
    }
    jacobian
}

/// The Hessian of a function of one input and one-element result, in the shape of the input twice:
/// one Hessian-vector product a column.
///
/// ```
/// use metaplast_autodiff::operators::hessian;
/// use metaplast_tensor::tensor;
///
/// let h = hessian(|x| x.element(0).square() * x.element(1), &tensor![3.0, 5.0]);
/// assert_eq!(h, tensor![[10.0, 6.0], [6.0, 0.0]]);
/// ```
///
/// # Panics
/// When the result has more or fewer than one element.
#[track_caller]
pub fn hessian<T, F>(f: F, input: &Tensor<T>) -> Tensor<T>
where
    T: Scalar,
    F: for<'t> Fn(Var<'t, Dual<T, 1>>) -> Var<'t, Dual<T, 1>>,
{
    let shape = input.shape();
    let mut hessian = Tensor::zeros(joined(shape, shape));
    let inputs = std::slice::from_ref(input);
    for row in 0..input.len() {
        // The Hessian is symmetric, so its columns are its rows.
        let column = hvp(|x| f(x[0]), inputs, &[unit(shape, row)]);
        hessian.data_mut()[row * input.len()..][..input.len()].copy_from_slice(column[0].data());
    }
    hessian
}
