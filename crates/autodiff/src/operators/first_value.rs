//! First value of an operation that must be run to know its shape.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use metaplast_tensor::{Scalar, Shape, Tensor};

/// The value of an operation as it was when the operation was made. Its shape stays; its elements go
/// to the first `forward`, so that recording the operation does not run it twice.
pub(crate) struct FirstValue<T: Scalar> {
    shape: Shape,
    elements: Mutex<Option<Vec<T>>>,
}

impl<T: Scalar> FirstValue<T> {
    pub(crate) fn new(value: Tensor<T>) -> Self {
        FirstValue {
            shape: value.shape().clone(),
            elements: Mutex::new(Some(value.into_data())),
        }
    }

    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Writes the value, computing it where it has been taken before.
    pub(crate) fn write(&self, output: &mut [T], again: impl FnOnce() -> Tensor<T>) {
        let first = self.elements.lock();
        let first = first.unwrap_or_else(PoisonError::into_inner).take();
        output.copy_from_slice(&first.unwrap_or_else(|| again().into_data()));
    }
}

impl<T: Scalar> fmt::Debug for FirstValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shape, f)
    }
}
