//! Gradients for each sample of a batch.

use metaplast_tensor::{Scalar, Shape, Tensor};

use crate::{Tape, Var};

/// The gradients of a loss by the parameters for each sample by itself, along a new first axis:
/// shape `[samples, …]` for a parameter of shape `[…]`.
///
/// A sample is the rows of the same number in all of `batch`; `f` sees the parameters and those rows,
/// each without its first axis. The samples are recorded one after the other on one tape, so the
/// memory is that of one sample. What a gradient's variance, its clipping for privacy or a Fisher
/// matrix need.
///
/// ```
/// use metaplast_autodiff::operators::per_sample_grad;
/// use metaplast_tensor::tensor;
///
/// let (weights, inputs) = (tensor![1.0, 1.0], tensor![[1.0, 2.0], [3.0, 4.0], [0.0, 1.0]]);
/// let targets = tensor![2.0, 7.0, 2.0];
/// let gradients = per_sample_grad(
///     |w, sample| (w[0].dot(sample[0]) - sample[1]).square(),
///     &[weights],
///     &[inputs, targets],
/// );
/// assert_eq!(gradients, [tensor![[2.0, 4.0], [0.0, 0.0], [0.0, -2.0]]]);
/// ```
///
/// # Panics
/// When the loss of a sample has more or fewer than one element, when something in `batch` has rank
/// 0, and when their numbers of rows differ.
#[track_caller]
pub fn per_sample_grad<T, F>(f: F, parameters: &[Tensor<T>], batch: &[Tensor<T>]) -> Vec<Tensor<T>>
where
    T: Scalar,
    F: for<'t> Fn(&[Var<'t, T>], &[Var<'t, T>]) -> Var<'t, T>,
{
    let count = |x: &Tensor<T>| {
        let Some(&count) = x.dims().first() else {
            panic!(
                "per_sample_grad: a batch of shape {} has no rows",
                x.shape()
            );
        };
        count
    };
    let samples = batch.first().map_or(0, count);
    for x in batch {
        assert!(
            count(x) == samples,
            "per_sample_grad: batches of shapes {} and {}",
            batch[0].shape(),
            x.shape()
        );
    }
    let stacked = |x: &Tensor<T>| Shape::from(&*[&[samples], x.dims()].concat());
    let mut gradients: Vec<_> = parameters
        .iter()
        .map(|x| Tensor::zeros(stacked(x)))
        .collect();
    let tape = Tape::new();
    for i in 0..samples {
        tape.reset();
        let vars: Vec<_> = parameters.iter().map(|x| tape.var(x)).collect();
        let row = |x: &Tensor<T>| {
            let row = Tensor::new(Shape::from(&x.dims()[1..]), x.row(i).to_vec());
            tape.constant(&row)
        };
        let rows: Vec<_> = batch.iter().map(row).collect();
        let swept = f(&vars, &rows).backward();
        for (gradient, &var) in gradients.iter_mut().zip(&vars) {
            let from = swept.wrt(var);
            let width = from.len();
            gradient.data_mut()[i * width..][..width].copy_from_slice(from.data());
        }
    }
    gradients
}
