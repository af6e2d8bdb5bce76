//! Statistics of a layer's weights.

use super::{Form, Summary};

/// The weights in a form.
#[must_use]
pub fn in_form(weights: &[f64], form: Form) -> Vec<f64> {
    let of = match form {
        Form::Absolute => f64::abs,
        Form::Raw => |v: f64| v,
        Form::Square => |v: f64| v * v,
    };
    weights.iter().map(|&v| of(v)).collect()
}

/// Statistics of weights in a form; the norm is that of the whole matrix, as the release has it of
/// undersampled weights.
///
/// # Panics
/// When there are no weights.
#[must_use]
pub fn summary(weights: &[f64], form: Form) -> Summary {
    Summary::of(&mut in_form(weights, form))
}

/// The norm of the weights from each input unit, as the release takes it of a whole matrix
/// `[n_l, n_(l−1)]`, row-major: of n_(l−1) numbers. Their mean is the released statistic; it tells the
/// size of the layer as well, see [`Summary::root_mean_square`].
///
/// # Panics
/// When the weights are no whole number of rows of `inputs`.
#[must_use]
#[track_caller]
pub fn norms_by_input(weights: &[f64], inputs: usize, form: Form) -> Vec<f64> {
    assert!(
        inputs > 0 && weights.len().is_multiple_of(inputs),
        "norms_by_input: {} weights, {inputs} inputs",
        weights.len()
    );
    let mut squares = vec![0.0; inputs];
    for row in in_form(weights, form).chunks(inputs) {
        for (sum, v) in squares.iter_mut().zip(row) {
            *sum += v * v;
        }
    }
    squares.into_iter().map(f64::sqrt).collect()
}
