//! The meta-gradient in reverse against forward mode: the same code on dual numbers.

use metaplast_plasticity::{Feedback, Preset};
use proptest::prelude::*;

use crate::case::{Case, cases, forward, relative_error};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn both_modes_agree(case in cases()) {
        prop_assume!(case.base().is_tame());
        let (loss, expected) = forward(&case, |tape, theta| {
            case.learn(&case.network(tape), theta).item()
        });
        let reverse = case.reverse::<f64>();
        prop_assert!((reverse.loss - loss).abs() <= 1e-11 * loss.max(1.0));
        let error = relative_error(&reverse.theta, &expected, 1e-3);
        prop_assert!(error <= 1e-9, "{error:e}: {expected:?}");
    }
}

/// The paper's network and number of steps, with errors that come back by other weights and by the same ones.
#[test]
fn both_modes_agree_at_full_length() {
    let sizes = vec![784, 170, 130, 100, 70, 47];
    let terms = Preset::Bio.terms().to_vec();
    for (feedback, theta) in [
        (Feedback::fixed(), [0.01, -0.03, 0.005]),
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
        let (loss, expected) = forward(&case, |tape, theta| {
            case.learn(&case.network(tape), theta).item()
        });
        assert!(loss.is_finite());
        let reverse = case.reverse::<f64>();
        assert!((reverse.loss - loss).abs() <= 1e-9 * loss);
        let error = relative_error(&reverse.theta, &expected, 1e-3);
        assert!(error <= 1e-9, "{feedback}: {error:e}: {expected:?}");
    }
}
