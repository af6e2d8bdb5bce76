//! Diagnostics: what one looks at to understand a rule, alignment of the teaching signals with those of
//! backpropagation, and how orthonormal the weights' rows are.
//!
//! Everything is measured on a batch (the query set) with the network's present weights, in f64
//! from the signals on; nothing stays on the tape.

use metaplast_autodiff::Var;

use crate::feedback::handle::Feedback;
use crate::feedback::on_tape::FeedbackOnTape;
use crate::forward::Activations;
use crate::network::Network;
use crate::number::Number;

/// Alignment angles in degrees, for `e_0..e_L`: between the mean teaching signal over the batch
/// under the network's feedback and under `B = W` (Shervani-Tabar & Rosenbaum 2023, fig. 3).
///
/// `α_L` is 0 and with symmetric feedback all are, up to the rounding of arccos near 1. An angle
/// with a zero or broken signal is NaN.
///
/// # Panics
/// When `x` is not `[n, n_0]` with one label per row.
#[track_caller]
#[must_use]
pub fn alignment_angles<'t, T: Number>(
    network: &Network<'t, T>,
    x: Var<'t, T>,
    labels: &[usize],
) -> Vec<f64> {
    measure(network, x, |activations| {
        let mean_signals = |feedback: &FeedbackOnTape<'t, T>| -> Vec<Vec<f64>> {
            let mark = network.tape().mark();
            let errors = network.batch_errors(activations, labels, feedback);
            let top = errors[errors.len() - 1];
            let input = network.error_by(feedback, 0, (errors[0], top), activations.y[0]);
            let sums = [input]
                .iter()
                .chain(&errors)
                .map(|&e| column_sums(e))
                .collect();
            // The signals of one pathway at a time: the tape of an episode is at its longest here.
            network.tape().cut(mark);
            sums
        };
        let symmetric = FeedbackOnTape::without_matrices(Feedback::symmetric());
        let own = mean_signals(network.feedback());
        let backpropagated = mean_signals(&symmetric);
        own.iter()
            .zip(&backpropagated)
            .map(|(a, b)| angle(a, b))
            .collect()
    })
}

/// The orthonormality error of each layer, `Σ_batch ‖y_(l−1) W_lᵀ − y_l W_l W_lᵀ‖²`, for l = 1..L
/// (`y_L` is the softmax output), where max pooling is the choice of units that it makes of this activity; it falls as Oja's rule makes the rows of `W_l` orthonormal
/// (Shervani-Tabar & Rosenbaum 2023, fig. 7).
///
/// # Panics
/// When `x` is not `[n, n_0]`.
#[track_caller]
#[must_use]
pub fn orthonormality_errors<'t, T: Number>(network: &Network<'t, T>, x: Var<'t, T>) -> Vec<f64> {
    measure(network, x, |activations| {
        (0..network.architecture().layers())
            .map(|layer| {
                let (below, y) = (activations.y[layer], activations.y[layer + 1]);
                let back = network.project_back(layer, y, below);
                let difference = activations.z[layer] - network.project_at(layer, back, below);
                difference.with(|d| d.iter().map(|d| d.to_f64() * d.to_f64()).sum())
            })
            .collect()
    })
}

/// Runs `f` on the activity for `x` without gradients and cuts the tape back.
fn measure<'t, T: Number, R>(
    network: &Network<'t, T>,
    x: Var<'t, T>,
    f: impl FnOnce(&Activations<'t, T>) -> R,
) -> R {
    network.tape().unrecorded(|| f(&network.forward(x)))
}

fn column_sums<T: Number>(rows: Var<'_, T>) -> Vec<f64> {
    let columns = rows.shape().dims()[1];
    let mut sums = vec![0.0; columns];
    rows.with(|data| {
        for row in data.chunks(columns) {
            for (sum, x) in sums.iter_mut().zip(row) {
                *sum += x.to_f64();
            }
        }
    });
    sums
}

/// The angle between two vectors, in degrees.
pub(crate) fn angle(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
    // The portable arccos, so that logs repeat on another machine.
    libm::acos(cosine.clamp(-1.0, 1.0)).to_degrees()
}

#[cfg(test)]
mod tests {
    use super::angle;

    #[test]
    fn angles_are_in_degrees() {
        assert!((angle(&[1.0, 0.0], &[0.0, 2.0]) - 90.0).abs() < 1e-12);
        assert!((angle(&[1.0, 1.0], &[3.0, 0.0]) - 45.0).abs() < 1e-12);
        assert!(angle(&[0.0], &[1.0]).is_nan());
    }
}
