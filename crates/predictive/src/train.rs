//! Training: a method's gradient, then a step of an optimiser.

use metaplast_autodiff::optim::Optimizer;
use metaplast_tensor::{Scalar, Tensor};

use crate::chain::Chain;
use crate::error::PredictiveError;
use crate::inference::Inference;
use crate::instances::Instances;
use crate::loss::{Loss, Target};
use crate::method::{Method, incremental};

/// Infers a batch and lets the optimiser descend the gradient. With an
/// [incremental](crate::Strict::incremental) method the optimiser steps once for each inference step.
/// What is returned was inferred before the (last) step; its [`loss`](Inference::loss) is that
/// before any.
///
/// ```
/// use metaplast_autodiff::optim::Adam;
/// use metaplast_predictive::{Activation, Chain, Dense, Loss, Method, Strict, Target, train_step};
/// use metaplast_tensor::{Random, tensor};
///
/// // Exclusive or.
/// let mut random = Random::new(3);
/// let mut chain = Chain::of([
///     Dense::<f64>::random(2, 16, &mut random).then(Activation::Tanh),
///     Dense::random(16, 2, &mut random),
/// ]);
/// let x = tensor![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
/// let target = Target::Classes(vec![0, 1, 1, 0]);
/// let (method, mut adam) = (Method::from(Strict::default()), Adam::new(0.05));
/// let mut loss = f64::INFINITY;
/// for _ in 0..100 {
///     loss = train_step(&mut chain, &method, &x, &target, Loss::CROSS_ENTROPY, &mut adam)?.loss;
/// }
/// assert!(loss < 0.05);
/// # Ok::<(), metaplast_predictive::PredictiveError>(())
/// ```
///
/// # Errors
/// As [`Method::infer`]. With incremental methods the weights may then have moved already; otherwise
/// they are as they were.
pub fn train_step<T: Scalar>(
    chain: &mut Chain<T>,
    method: &Method,
    input: &Tensor<T>,
    target: &Target<T>,
    loss: Loss,
    optimizer: &mut dyn Optimizer<T>,
) -> Result<Inference<T>, PredictiveError> {
    (Instances::get().train_step)(chain, method, input, target, loss, optimizer)
}

/// [`train_step`], compiled where it is called.
pub(crate) fn train_step_here<T: Scalar>(
    chain: &mut Chain<T>,
    method: &Method,
    input: &Tensor<T>,
    target: &Target<T>,
    loss: Loss,
    optimizer: &mut dyn Optimizer<T>,
) -> Result<Inference<T>, PredictiveError> {
    if let Method::Strict(strict) = method
        && strict.incremental
    {
        let mut step = |chain: &mut Chain<T>, gradients: &[Vec<Tensor<T>>]| {
            descend(chain, gradients.iter().flatten(), optimizer);
        };
        return incremental(strict, chain, input, target, loss, &mut step);
    }
    let inference = method.infer(chain, input, target, loss)?;
    descend(chain, inference.all_gradients(), optimizer);
    Ok(inference)
}

fn descend<'a, T: Scalar>(
    chain: &mut Chain<T>,
    gradients: impl Iterator<Item = &'a Tensor<T>>,
    optimizer: &mut dyn Optimizer<T>,
) {
    let pairs = chain.all_parameters_mut().zip(gradients);
    for (i, (parameter, gradient)) in pairs.enumerate() {
        optimizer.update(i, parameter.data_mut(), gradient.data());
    }
    optimizer.advance();
}
