//! Values and meta-gradients of random small episodes against the oracle and its differences.

use proptest::prelude::*;

use crate::case::{Case, cases, relative_error};
use crate::differences::derivative;
use crate::oracle::Matrix;

/// First step of the differences; the terms' coefficients are of the order of one tenth.
const STEP: f64 = 0.02;

/// Gradients are compared relative to their norm, and that to at least this.
const FLOOR: f64 = 1e-3;

fn flat(matrices: &[Matrix]) -> Vec<f64> {
    matrices.iter().flat_map(|w| w.data.clone()).collect()
}

/// The derivative of the oracle's loss along a change of θ and of the first weights, with feedback
/// frozen where the case's is detached.
///
/// `None` where the episode explodes on the way, and where a unit gets across softplus' switch: the
/// jump there is small, but not for a difference. What is left is smooth.
fn along(case: &Case, theta: &[f64; 10], first: &[Matrix]) -> Option<(f64, f64)> {
    let base = case.base();
    let feedback = case.oracle_feedback(&base.trajectory);
    derivative(STEP, |h| {
        let mut moved = case.theta;
        for (moved, change) in moved.iter_mut().zip(theta) {
            *moved += h * change;
        }
        let w: Vec<Matrix> = case
            .w
            .iter()
            .zip(first)
            .map(|(w, dw)| w.plus(h, dw))
            .collect();
        let outcome = case.replay(&w, &moved, feedback);
        let comparable = outcome.is_tame() && outcome.beyond == base.beyond;
        comparable.then_some(outcome.loss)
    })
}

fn still(case: &Case) -> Vec<Matrix> {
    case.w
        .iter()
        .map(|w| Matrix::from_fn(w.rows, w.cols, |_, _| 0.0))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 4096, ..ProptestConfig::default() })]

    #[test]
    fn episodes_agree_with_plain_loops(case in cases()) {
        let base = case.base();
        prop_assume!(base.is_tame());
        let expected = flat(base.weights());
        let wide = case.reverse::<f64>();
        let error = relative_error(&wide.weights.concat(), &expected, FLOOR);
        prop_assert!(error <= 1e-11, "weights: {error:e}");
        prop_assert!((wide.loss - base.loss).abs() <= 1e-11 * base.loss.max(1.0));
        let narrow = case.reverse::<f32>();
        let error = relative_error(&narrow.weights.concat(), &expected, FLOOR);
        prop_assert!(error <= 1e-3, "weights in f32: {error:e}");
    }

    #[test]
    fn the_meta_gradient_agrees_with_differences(case in cases()) {
        prop_assume!(case.base().is_tame());
        let mut expected = Vec::new();
        let mut doubt = 0.0f64;
        for &term in &case.terms {
            let mut direction = [0.0; 10];
            direction[term] = 1.0;
            let difference = along(&case, &direction, &still(&case));
            prop_assume!(difference.is_some());
            let (slope, error) = difference.unwrap();
            expected.push(slope);
            doubt = doubt.max(error);
        }
        let norm = expected.iter().map(|x| x * x).sum::<f64>().sqrt();
        prop_assume!(doubt <= 1e-7 * norm.max(FLOOR));
        let error = relative_error(&case.reverse::<f64>().theta, &expected, FLOOR);
        prop_assert!(error <= 1e-6, "{error:e}, differences sure to {doubt:e}: {expected:?}");
    }

    /// Along one direction of all first weights.
    #[test]
    fn the_gradient_by_the_first_weights_agrees_with_differences(case in cases()) {
        prop_assume!(case.base().is_tame());
        let gradient = case.reverse::<f64>().by_first;
        let direction: Vec<Matrix> = case
            .w
            .iter()
            .enumerate()
            .map(|(l, w)| {
                Matrix::from_fn(w.rows, w.cols, |i, j| ((5 * i + 3 * j + l) % 7) as f64 / 3.0 - 1.0)
            })
            .collect();
        let difference = along(&case, &[0.0; 10], &direction);
        prop_assume!(difference.is_some());
        let (slope, doubt) = difference.unwrap();
        let products = gradient.iter().flatten().zip(direction.iter().flat_map(|d| &d.data));
        let (inner, size) = products.fold((0.0, 0.0), |(inner, size), (g, d)| {
            (inner + g * d, size + (g * d).powi(2))
        });
        let scale = size.sqrt().max(FLOOR);
        prop_assume!(doubt <= 1e-7 * scale);
        prop_assert!((inner - slope).abs() <= 1e-6 * scale, "{inner} instead of {slope}");
    }
}
