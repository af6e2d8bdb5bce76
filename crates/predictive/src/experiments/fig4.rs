//! Figure 4: fixed-prediction inference against the number of iterations.

use super::OpenImages;
use super::against_iterations::AgainstIterations;
use super::beliefs;
use crate::factor::fixed_prediction_factor;
use crate::loss::Loss;
use crate::method::{FixedPrediction, Method};

pub(super) fn experiment(open: OpenImages) -> AgainstIterations {
    AgainstIterations {
        open,
        name: "pc-fig4",
        title: "Fixed-prediction inference against the number of iterations",
        question: "Does the gradient of fixed-prediction inference become that of backpropagation with more \
                   iterations? The article's figure shows a plateau; the exact factor of each layer has none.",
        published: "Figure 4, on MNIST after 200 iterations: at η .1 a plateau of relative errors .15, .16, .06 and \
                    .03; at η 1 a fall to .003 at n = L. Both are artefacts of single precision: exactly, at η .1 \
                    it is 1.6·10⁻⁶ and less",
        loss: Loss::CROSS_ENTROPY,
        etas: &[0.1, 1.0],
        iterations: &[1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0],
        quick_iterations: &[1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0],
        arms: &[
            ("keeping beliefs, as released", |trained, eta, n| {
                let batch = (trained.input, trained.target);
                let all = beliefs::gradients(trained.chain, batch, trained.loss, eta, n)?;
                Ok(all.into_iter().map(Some).collect())
            }),
            ("keeping errors", |trained, eta, n| {
                let mut all = Vec::new();
                for &n in n {
                    let method = Method::from(FixedPrediction::new(eta, n).iterated());
                    let (input, target) = (trained.input, trained.target);
                    let inference = method.infer(trained.chain, input, target, trained.loss)?;
                    all.push(Some(inference.gradients));
                }
                Ok(all)
            }),
        ],
        exact: Some(|above, n, eta| (1.0 - fixed_prediction_factor(above, n - 1, eta)).abs()),
    }
}
