//! Figure 5: fixed-prediction inference that is backpropagation.

use super::OpenImages;
use super::beside_backprop::{BesideBackprop, Sizes, exact_factors};
use crate::loss::Loss;
use crate::method::{FixedPrediction, Method};

pub(super) fn experiment(open: OpenImages) -> BesideBackprop {
    BesideBackprop {
        open,
        name: "pc-fig5",
        title: "Fixed-prediction inference with η = 1 and as many iterations as layers",
        question: "With a step of 1, errors travel down by one layer in each iteration. Is the gradient after as \
                   many iterations as there are layers that of backpropagation?",
        published: "Figure 5, on MNIST: test accuracy .962, backpropagation .963; relative errors of at most .015. \
                    Exactly they are 0",
        published_errors: &[],
        loss: Loss::CROSS_ENTROPY,
        arms: &[("fixed prediction, iterated", |_, layers| {
            Ok(Method::from(FixedPrediction::new(1.0, layers).iterated()))
        })],
        eta_and_n: None,
        factors: Some(|_, layers| exact_factors(layers, layers, 1.0)),
        full: Sizes {
            train: 360,
            test: 40,
            batch: 300,
            steps: 400,
            trials: 5,
        },
        quick: Sizes {
            train: 100,
            test: 40,
            batch: 50,
            steps: 60,
            trials: 2,
        },
    }
}
