//! Figure 2: Strict inference against the number of iterations.

use super::OpenImages;
use super::against_iterations::{AgainstIterations, Gradients, Trained};
use crate::error::PredictiveError;
use crate::loss::Loss;
use crate::method::{Method, Strict};

pub(super) fn experiment(open: OpenImages) -> AgainstIterations {
    AgainstIterations {
        open,
        name: "pc-fig2",
        title: "Strict inference against the number of iterations",
        question: "Do the gradients of Strict inference become those of backpropagation when beliefs get more time to \
                   settle, and up to which step size do beliefs settle at all?",
        published: "Figure 2, on MNIST with the signs of the article, after 400 iterations: relative errors .65, .30, \
                    .10 and .018 at η .1, and .25, .09, .03 and .007 at η .2; η .5 and 1 diverge",
        loss: Loss::MEAN_SQUARE,
        etas: &[0.1, 0.2, 0.5, 1.0],
        iterations: &[5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 400.0],
        quick_iterations: &[5.0, 10.0, 20.0, 50.0],
        arms: &[
            ("published signs", |trained, eta, n| {
                infer(trained, Strict::as_published, eta, n)
            }),
            ("corrected", |trained, eta, n| {
                infer(trained, Strict::as_released, eta, n)
            }),
        ],
        exact: None,
    }
}

fn infer(
    trained: &mut Trained<'_>,
    make: fn(f64, usize) -> Strict,
    eta: f64,
    iterations: &[usize],
) -> Result<Vec<Gradients>, PredictiveError> {
    let mut all: Vec<Gradients> = Vec::new();
    for &n in iterations {
        // More iterations of what has diverged diverge, too.
        if let Some(None) = all.last() {
            all.push(None);
            continue;
        }
        let method = Method::from(make(eta, n).keep_energies());
        let Trained {
            chain,
            input,
            target,
            loss,
        } = trained;
        all.push(match method.infer(chain, input, target, *loss) {
            Ok(inference) if climbs(&inference.energies) => None,
            Ok(inference) => Some(inference.gradients),
            Err(PredictiveError::Diverged { .. }) => None,
            Err(error) => return Err(error),
        });
    }
    Ok(all)
}

/// Whether inference ends with more energy than it began with: descent by too large a step.
fn climbs(energies: &[Vec<f64>]) -> bool {
    let sum = |step: Option<&Vec<f64>>| step.map_or(f64::NAN, |step| step.iter().sum::<f64>());
    sum(energies.last()) > sum(energies.first())
}
