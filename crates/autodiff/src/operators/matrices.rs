//! Jacobians and Hessians as matrices.

use metaplast_tensor::{Scalar, Shape, Tensor};

use super::products::{dual, grad, tangent};
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

/// How many columns of a Hessian one sweep carries.
const COLUMNS: usize = 5;

/// The Hessian of a function of one-element result by all inputs together: block `[i][j]` is
/// `∂²f/∂x_i∂x_j`, in the shape of input i followed by that of input j.
///
/// Five columns a sweep, by dual numbers with five tangents. For a product with a Hessian that is too
/// large to form see [`hvp`](super::hvp).
///
/// ```
/// use metaplast_autodiff::operators::hessian;
/// use metaplast_tensor::tensor;
///
/// // f = x₀² x₁ y
/// let x = [tensor![3.0, 5.0], tensor![2.0]];
/// let h = hessian(|x| x[0].element(0).square() * x[0].element(1) * x[1].sum(), &x);
/// assert_eq!(h[0][0], tensor![[20.0, 12.0], [12.0, 0.0]]);
/// assert_eq!(h[0][1], tensor![[30.0], [9.0]]);
/// assert_eq!(h[1][0], tensor![[30.0, 9.0]]);
/// assert_eq!(h[1][1], tensor![[0.0]]);
/// ```
///
/// # Panics
/// When the result has more or fewer than one element.
#[track_caller]
pub fn hessian<T, F>(f: F, inputs: &[Tensor<T>]) -> Vec<Vec<Tensor<T>>>
where
    T: Scalar,
    F: for<'t> Fn(&[Var<'t, Dual<T, 5>>]) -> Var<'t, Dual<T, 5>>,
{
    let block = |i: &Tensor<T>, j: &Tensor<T>| Tensor::zeros(joined(i.shape(), j.shape()));
    let row = |i| inputs.iter().map(|j| block(i, j)).collect();
    let mut blocks: Vec<Vec<_>> = inputs.iter().map(row).collect();
    // All elements of all inputs in a row: each is a column of the whole matrix.
    let places: Vec<(usize, usize)> = inputs
        .iter()
        .enumerate()
        .flat_map(|(j, x)| (0..x.len()).map(move |place| (j, place)))
        .collect();
    for columns in places.chunks(COLUMNS) {
        let mut seeded: Vec<_> = inputs.iter().map(|x| x.map(Dual::constant)).collect();
        for (direction, &(j, place)) in columns.iter().enumerate() {
            let value = inputs[j].data()[place];
            seeded[j].data_mut()[place] = Dual::seeded(value, direction);
        }
        let gradient = grad(&f, &seeded);
        for (direction, &(j, place)) in columns.iter().enumerate() {
            for (row, gradient) in blocks.iter_mut().zip(&gradient) {
                let width = inputs[j].len();
                let elements = row[j].data_mut().chunks_exact_mut(width);
                for (element, g) in elements.zip(gradient.data()) {
                    element[place] = g.tangent()[direction];
                }
            }
        }
    }
    blocks
}
