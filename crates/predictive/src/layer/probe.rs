//! Probe: test calls that tell a layer which is no function, or lets rows depend on each other.

use metaplast_tensor::{Scalar, Tensor};

use super::{Layer, Wanted};

/// What is wrong with a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Two calls with the same arguments differ.
    NotAFunction,
    /// The first row's output changes with another row.
    RowsInteract,
}

/// Calls the layer again, with the same input and with other last rows. `output` is what it made of
/// the input.
///
/// A batch of one row, or of equal rows, cannot tell whether rows interact.
pub(crate) fn probe<T: Scalar>(
    layer: &mut dyn Layer<T>,
    input: &Tensor<T>,
    output: &Tensor<T>,
) -> Result<(), Fault> {
    let mut again = Tensor::zeros([0]);
    layer.forward(input, &mut again, Wanted::Input);
    let same = |x: T, y: T| x == y || (x.to_f64().is_nan() && y.to_f64().is_nan());
    let mut pairs = again.data().iter().zip(output.data());
    if again.shape() != output.shape() || !pairs.all(|(&x, &y)| same(x, y)) {
        return Err(Fault::NotAFunction);
    }
    let rows = input.dims()[0];
    let (width, made) = (input.len() / rows, output.len() / rows);
    let mut other = input.clone();
    let (first, rest) = other.data_mut().split_at_mut(width);
    for row in rest.chunks_mut(width) {
        row.copy_from_slice(first);
    }
    layer.forward(&other, &mut again, Wanted::Input);
    let [was, is] = [output, &again].map(|y| &y.data()[..made]);
    // Kernels may add in another order for other rows' sake, which only rounds.
    let size = was.iter().fold(0.0, |m: f64, x| m.max(x.to_f64().abs()));
    let bound = size * T::EPSILON.sqrt();
    // What is not a number on both sides tells nothing.
    let moved = |(x, y): (&T, &T)| (x.to_f64() - y.to_f64()).abs() > bound;
    match was.iter().zip(is).any(moved) {
        true => Err(Fault::RowsInteract),
        false => Ok(()),
    }
}
