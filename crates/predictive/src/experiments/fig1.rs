//! Figure 1: Strict inference beside backpropagation.

use metaplast_experiment::{Error, ExperimentSettings};

use super::OpenImages;
use super::beside_backprop::{BesideBackprop, Sizes};
use super::setup::eta_and_n;
use crate::loss::Loss;
use crate::method::{Method, Strict};

pub(super) fn experiment(open: OpenImages) -> BesideBackprop {
    BesideBackprop {
        open,
        name: "pc-fig1",
        title: "Strict predictive coding beside backpropagation",
        question: "Strict predictive coding lets beliefs settle for 20 small steps and takes the gradient of the \
                   energy there. Does a net learn as well by it, how far are its gradients from \
                   backpropagation's, and what did the wrong sign in the article's formulas change?",
        published: "Figure 1, on MNIST with the signs of the article: test accuracy .972, backpropagation .974; \
                    relative errors .98, .94, .77, .31 and .0004 from the first layer to the last, angles 32, 28, 17, \
                    5.5 and 0°",
        published_errors: &[0.98, 0.94, 0.77, 0.31, 0.0004],
        loss: Loss::MEAN_SQUARE,
        arms: &[
            ("published signs", |settings, _| {
                strict(settings, Strict::as_published)
            }),
            ("corrected, as released", |settings, _| {
                strict(settings, Strict::as_released)
            }),
            ("corrected, consistent", |settings, _| {
                strict(settings, Strict::new)
            }),
        ],
        eta_and_n: Some((0.1, 20)),
        factors: None,
        full: Sizes {
            train: 360,
            test: 40,
            batch: 300,
            steps: 240,
            trials: 5,
        },
        quick: Sizes {
            train: 60,
            test: 20,
            batch: 20,
            steps: 40,
            trials: 2,
        },
    }
}

fn strict(settings: &ExperimentSettings, make: fn(f64, usize) -> Strict) -> Result<Method, Error> {
    let (eta, n) = eta_and_n(settings)?;
    Ok(Method::from(make(eta, n)))
}
