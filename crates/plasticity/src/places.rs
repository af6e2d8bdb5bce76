//! Places of a kernel: what a memory holds for all of them, and means over them.
//!
//! At a kernel a memory has one value for all places: a column one for each channel, or for each element of a
//! patch, a matrix one for each weight of the kernel. Where signals have a row for each place it is the same in
//! all rows, and it becomes the mean of what its update gives at each.

use metaplast_autodiff::Var;
use metaplast_tensor::{Scalar, Tensor};

use crate::signals::LayerSignals;
use crate::text::SignalShape;

impl<'t, T: Scalar> LayerSignals<'_, 't, T> {
    /// A column or number that is held, as signals are: of a kernel with a row for each place.
    pub(crate) fn at_every_place(&self, held: Var<'t, T>) -> Var<'t, T> {
        match self.places() {
            Some(places) if held.rank() == 1 => at_places(held, places),
            _ => held,
        }
    }

    /// What is held of a column or number that has been computed: the mean over places.
    pub(crate) fn mean_over_places(&self, shape: SignalShape, x: Var<'t, T>) -> Var<'t, T> {
        match (shape, x.rank()) {
            (SignalShape::Number, 2) => x.mean(),
            (SignalShape::Post | SignalShape::Pre, 2) => x.mean_axes(&[0], false),
            _ => x,
        }
    }
}

/// A column `[n]` at so many places, `[places, n]`.
pub(crate) fn at_places<T: Scalar>(x: Var<'_, T>, places: usize) -> Var<'_, T> {
    let ones = x.tape().constant(&Tensor::ones([places, 1]));
    ones * x.reshape([1, x.shape().len()])
}
