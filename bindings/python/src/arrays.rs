//! NumPy arrays as tensors and back. What comes in is copied, so that nobody can change it while the
//! interpreter's lock is away; what goes out is moved.

use metaplast_meta::examples::{ExampleArrays, ExampleError, LabelledRows};
use metaplast_plasticity::{Number, Pathway};
use metaplast_tensor::{Tensor, kernels};
use numpy::ndarray::ArrayView2;
use numpy::{Element, PyArray1, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::errors::value;

/// Numbers in which episodes run.
pub(crate) trait Float: Number + Element {
    /// Inputs in these numbers, with labels.
    fn labelled(x: Tensor<Self>, labels: Vec<usize>) -> Result<LabelledRows, ExampleError>;
}

impl Float for f32 {
    fn labelled(x: Tensor<Self>, labels: Vec<usize>) -> Result<LabelledRows, ExampleError> {
        LabelledRows::from_f32(x, labels)
    }
}

impl Float for f64 {
    fn labelled(x: Tensor<Self>, labels: Vec<usize>) -> Result<LabelledRows, ExampleError> {
        LabelledRows::new(x, labels)
    }
}

/// Whether an array holds numbers of this type; of no arrays at all it is f32's.
pub(crate) fn holds<T: Element>(arrays: &[Bound<'_, PyAny>]) -> bool {
    let first = arrays.first();
    first.is_some_and(|array| array.extract::<PyReadonlyArray2<'_, T>>().is_ok())
}

/// `in_type_of!(weights, T => expression)`: the expression with `T` as the type of the arrays.
macro_rules! in_type_of {
    ($arrays:expr, $T:ident => $body:expr) => {
        if $crate::arrays::holds::<f32>($arrays) {
            type $T = f32;
            $body
        } else if $crate::arrays::holds::<f64>($arrays) {
            type $T = f64;
            $body
        } else {
            Err(pyo3::exceptions::PyTypeError::new_err(
                "weights must be matrices of float32 or of float64, one for each layer",
            ))
        }
    };
}
pub(crate) use in_type_of;

/// A matrix.
pub(crate) fn matrix<T: Float>(array: &Bound<'_, PyAny>, what: &str) -> PyResult<Tensor<T>> {
    let array = numbers::<T>(array, what)?;
    let view = array.as_array();
    Tensor::try_new([view.nrows(), view.ncols()], in_order(view)).map_err(value)
}

/// Matrices of all layers, which are turned as they are copied: a pathway keeps them by their inputs.
pub(crate) fn pathway<T: Float>(arrays: &[Bound<'_, PyAny>], what: &str) -> PyResult<Pathway<T>> {
    let by_input: PyResult<Vec<Tensor<T>>> = arrays
        .iter()
        .map(|array| {
            let array = numbers::<T>(array, what)?;
            let view = array.as_array();
            let (rows, cols) = view.dim();
            let data = match view.as_slice() {
                Some(slice) => {
                    let mut turned = vec![T::ZERO; slice.len()];
                    kernels::transpose(slice, rows, cols, &mut turned);
                    turned
                }
                None => in_order(view.t()),
            };
            Tensor::try_new([cols, rows], data).map_err(value)
        })
        .collect();
    Ok(Pathway::from_transposed(by_input?))
}

fn numbers<'py, T: Float>(
    array: &Bound<'py, PyAny>,
    what: &str,
) -> PyResult<PyReadonlyArray2<'py, T>> {
    array.extract().map_err(|_| {
        PyTypeError::new_err(format!(
            "{what}: needs matrices of the dtype of the weights, float32 or float64 in all"
        ))
    })
}

/// The elements, row by row.
fn in_order<T: Float>(view: ArrayView2<'_, T>) -> Vec<T> {
    match view.as_slice() {
        Some(slice) => slice.to_vec(),
        None => view.iter().copied().collect(),
    }
}

/// Inputs, one per row, and labels.
pub(crate) fn rows<T: Float>(
    x: &Bound<'_, PyAny>,
    y: &PyReadonlyArray1<'_, i64>,
    what: &str,
) -> PyResult<LabelledRows> {
    let labels: Result<Vec<usize>, i64> = y
        .as_array()
        .iter()
        .map(|&label| usize::try_from(label).map_err(|_| label))
        .collect();
    let labels = labels.map_err(|label| value(format!("{what}: label {label} is negative")))?;
    let inputs = matrix::<T>(x, what)?;
    T::labelled(inputs, labels).map_err(|error| value(format!("{what}: {error}")))
}

/// What is learned from, and what the network is judged on.
pub(crate) fn examples<T: Float>(
    support: (&Bound<'_, PyAny>, &PyReadonlyArray1<'_, i64>),
    query: Option<(&Bound<'_, PyAny>, &PyReadonlyArray1<'_, i64>)>,
) -> PyResult<ExampleArrays> {
    let support = rows::<T>(support.0, support.1, "support")?;
    let query = match query {
        Some((x, y)) => rows::<T>(x, y, "query")?,
        None => LabelledRows::none(),
    };
    Ok(ExampleArrays::new(support, query))
}

/// A tensor of rank 2 as an array.
pub(crate) fn to_array<'py, T: Float>(
    py: Python<'py>,
    tensor: Tensor<T>,
) -> PyResult<Bound<'py, PyAny>> {
    let dims = tensor.dims().to_vec();
    let flat = PyArray1::from_vec(py, tensor.into_data());
    Ok(flat.reshape(dims)?.into_any())
}

/// The matrices of all layers as arrays of the paper's shapes.
pub(crate) fn to_arrays<'py, T: Float>(
    py: Python<'py>,
    pathway: &Pathway<T>,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let matrices = pathway.matrices().into_iter();
    matrices.map(|matrix| to_array(py, matrix)).collect()
}
