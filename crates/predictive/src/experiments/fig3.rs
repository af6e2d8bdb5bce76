//! Figure 3: fixed-prediction inference beside backpropagation.

use super::OpenImages;
use super::beside_backprop::{BesideBackprop, Sizes, exact_factors};
use super::setup::eta_and_n;
use crate::loss::Loss;
use crate::method::{FixedPrediction, Method};

pub(super) fn experiment(open: OpenImages) -> BesideBackprop {
    BesideBackprop {
        open,
        name: "pc-fig3",
        title: "Fixed-prediction inference beside backpropagation",
        question: "With the predictions held fixed, 20 small steps of inference give a gradient that is not \
                   backpropagation's. Is anything but its length wrong, and does it matter for learning?",
        published: "Figure 3, on MNIST: test accuracy .956, backpropagation .962; relative errors .889, .711, .423, \
                    .139 and 0 from the first layer to the last, angles 7.3, 5.9, 1.9, 1.5 and 0°. The angles are an \
                    artefact of single precision: exactly they are 0",
        published_errors: &[0.889, 0.711, 0.423, 0.139, 0.0],
        loss: Loss::CROSS_ENTROPY,
        arms: &[("fixed prediction", |settings, _| {
            let (eta, n) = eta_and_n(settings)?;
            Ok(Method::from(FixedPrediction::new(eta, n)))
        })],
        eta_and_n: Some((0.1, 20)),
        factors: Some(|settings, layers| {
            let n = settings.get_whole("n") as usize;
            exact_factors(layers, n, settings.get_number("eta"))
        }),
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
            steps: 80,
            trials: 2,
        },
    }
}
