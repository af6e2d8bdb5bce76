//! The meta-gradient in reverse against forward mode: the same code on dual numbers.

use metaplast_autodiff::{Dual, Tape};
use metaplast_plasticity::{Feedback, Preset, TANGENTS};
use proptest::prelude::*;

use crate::case::{Case, cases, relative_error};

/// The loss and its derivatives by the case's coefficients, as many at a time as a number has tangents.
fn forward(case: &Case) -> (f64, Vec<f64>) {
    let mut derivatives = Vec::new();
    let mut value = f64::NAN;
    for first in (0..case.terms.len()).step_by(TANGENTS) {
        let tape = Tape::<Dual<f64, TANGENTS>>::new();
        let network = case.network(&tape);
        let coefficient = |(place, &term): (usize, &usize)| {
            let theta = case.theta[term];
            match place.checked_sub(first) {
                Some(k) if k < TANGENTS => tape.scalar(Dual::seeded(theta, k)),
                _ => tape.scalar(Dual::constant(theta)),
            }
        };
        let theta: Vec<_> = case.terms.iter().enumerate().map(coefficient).collect();
        let loss = case.learn(&network, &theta).item();
        let count = TANGENTS.min(case.terms.len() - first);
        derivatives.extend(&loss.tangent()[..count]);
        value = loss.value();
    }
    (value, derivatives)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn both_modes_agree(case in cases()) {
        prop_assume!(case.base().is_tame());
        let (loss, expected) = forward(&case);
        let reverse = case.reverse::<f64>();
        prop_assert!((reverse.loss - loss).abs() <= 1e-11 * loss.max(1.0));
        let error = relative_error(&reverse.theta, &expected, 1e-3);
        prop_assert!(error <= 1e-9, "{error:e}: {expected:?}");
    }
}

/// The paper's network and number of steps, with every kind of feedback.
#[test]
fn both_modes_agree_at_full_length() {
    let sizes = vec![784, 170, 130, 100, 70, 47];
    let terms = Preset::Bio.terms().to_vec();
    for (feedback, theta) in [
        (Feedback::fixed(), [0.01, -0.03, 0.005]),
        (Feedback::symmetric(), [0.01, -0.002, 0.002]),
        (Feedback::attached(), [0.01, -0.002, 0.002]),
    ] {
        let mut case = Case::new(sizes.clone(), 250, terms.clone(), feedback.clone(), 10.0, 7);
        for (&term, theta) in terms.iter().zip(theta) {
            case.theta[term] = theta;
        }
        // Few classes, as in a task.
        for sample in case.support.iter_mut().chain(&mut case.query) {
            sample.label %= 5;
        }
        let (loss, expected) = forward(&case);
        assert!(loss.is_finite());
        let reverse = case.reverse::<f64>();
        assert!((reverse.loss - loss).abs() <= 1e-9 * loss);
        let error = relative_error(&reverse.theta, &expected, 1e-3);
        assert!(error <= 1e-9, "{feedback}: {error:e}: {expected:?}");
    }
}
