//! The loss of a variational autoencoder.

use metaplast_autodiff::Var;
use metaplast_tensor::{Scalar, Tensor};

/// The cross-entropy of each graph in nats, `[batch]`: `−Σ target ln softmax(logits)` over all its
/// rows, for logits and targets `[batch, …, classes]`. A row of targets that is zero is left out, as are
/// bonds on and below the diagonal.
///
/// # Panics
/// When the shapes differ.
#[must_use]
#[track_caller]
pub fn cross_entropy<'t, T: Scalar>(logits: Var<'t, T>, targets: &Tensor<T>) -> Var<'t, T> {
    let shape = logits.shape();
    assert!(
        shape == *targets.shape(),
        "cross_entropy: logits of shape {shape}, targets of shape {}",
        targets.shape()
    );
    let axis = shape.rank() - 1;
    let batch = shape.dims()[0];
    let products = logits.log_softmax(axis) * logits.tape().constant(targets);
    -products
        .reshape([batch, shape.len() / batch.max(1)])
        .sum_axes(&[1], false)
}

/// The divergence of normal distributions from the standard one, `[batch]`:
/// `−½ Σ (1 + ln σ² − μ² − σ²)` (Kingma & Welling 2014, appendix B).
#[must_use]
pub fn kl_divergence<'t, T: Scalar>(mean: Var<'t, T>, log_variance: Var<'t, T>) -> Var<'t, T> {
    let terms = log_variance + 1.0 - mean.square() - log_variance.exp();
    terms.sum_axes(&[1], false) * -0.5
}

/// `μ + σ ε` for standard normal numbers ε of the same shape, which are not differentiated.
#[must_use]
pub fn sampled_latent<'t, T: Scalar>(
    mean: Var<'t, T>,
    log_variance: Var<'t, T>,
    normal: &Tensor<T>,
) -> Var<'t, T> {
    mean + (log_variance * 0.5).exp() * mean.tape().constant(normal)
}
